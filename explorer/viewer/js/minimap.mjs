// The whole drawing in a corner, with the part that is seen: shown while some of it is out of sight.
import { element } from "./dom.mjs";
import { tonesOf } from "./looks.mjs";
import { Raster } from "./raster.mjs";

const WIDEST = 128;
const HIGHEST = 168;
const SLIMMEST = 40;

export class Minimap {
  // `go(x, y)` centres a point of the drawing.
  constructor(go) {
    this.go = go;
    this.canvas = element("canvas", { class: "minimap", "aria-hidden": "true" });
    this.picture = null;
    this.canvas.addEventListener("pointerdown", (event) => {
      this.canvas.setPointerCapture(event.pointerId);
      this.#go(event);
    });
    this.canvas.addEventListener("pointermove", (event) => event.buttons && this.#go(event));
  }

  // Draws the boxes once, in the colours of the drawing; moving the camera then only moves the rectangle. A drawing far taller than wide (or the other way) is stretched to
  // a strip in which something can be seen.
  show(view) {
    const { scene, theme } = view;
    const k = Math.min(WIDEST / Math.max(1, scene.width), HIGHEST / Math.max(1, scene.height));
    this.theme = theme;
    this.kx = Math.max(k, SLIMMEST / Math.max(1, scene.width));
    this.ky = Math.max(k, SLIMMEST / Math.max(1, scene.height));
    const [width, height] = [Math.ceil(scene.width * this.kx), Math.ceil(scene.height * this.ky)];
    const ratio = window.devicePixelRatio || 1;
    Object.assign(this.canvas, { width: Math.round(width * ratio), height: Math.round(height * ratio) });
    Object.assign(this.canvas.style, { width: `${width}px`, height: `${height}px` });
    this.canvas.title = scene.words.minimap;
    this.#draw(view, ratio);
  }

  // Pixel by pixel: 100,000 boxes as rectangles of a canvas would take a tenth of a second.
  #draw(view, ratio) {
    const { scene } = view;
    const raster = new Raster();
    raster.begin(this.canvas.width, this.canvas.height);
    const { edges } = tonesOf(view);
    const [kx, ky] = [this.kx * ratio, this.ky * ratio];
    for (let box = 0; box < scene.count; box++) {
      const [x, y, w, h] = [scene.x[box] * kx, scene.y[box] * ky, (scene.w[box] * kx) / 2, (scene.h[box] * ky) / 2];
      raster.rect(x - w, y - h, x + w, y + h, edges[box], 255);
    }
    this.picture = raster.end();
  }

  look(camera, scene) {
    const [left, top, right, bottom] = camera.seen();
    const hidden = left > 0 || top > 0 || right < scene.width || bottom < scene.height;
    this.canvas.hidden = !hidden || scene.count < 2;
    if (this.canvas.hidden) return;
    const context = this.canvas.getContext("2d");
    const ratio = window.devicePixelRatio || 1;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    context.globalAlpha = 0.7;
    context.drawImage(this.picture, 0, 0);
    context.globalAlpha = 1;
    context.scale(ratio, ratio);
    const [width, height] = [this.canvas.width / ratio, this.canvas.height / ratio];
    const [x0, y0] = [Math.max(1, left * this.kx), Math.max(1, top * this.ky)];
    const [x1, y1] = [Math.min(width - 1, right * this.kx), Math.min(height - 1, bottom * this.ky)];
    context.strokeStyle = this.theme.accent;
    context.lineWidth = 1.5;
    context.strokeRect(x0, y0, Math.max(3, x1 - x0), Math.max(3, y1 - y0));
  }

  #go(event) {
    const place = this.canvas.getBoundingClientRect();
    this.go((event.clientX - place.left) / this.kx, (event.clientY - place.top) / this.ky);
  }
}
