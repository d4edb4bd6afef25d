// The canvas of a graph view: its camera, moved by the person or to what is to be seen, and when which part is painted anew.
import { Camera, COMFORTABLE, READABLE } from "./camera.mjs";
import { draw } from "./draw.mjs";
import { element } from "./dom.mjs";
import { lowest } from "./pick.mjs";

// Ms after the last movement until what was drawn simply is drawn in full.
const REST_MS = 140;
// The first view of a drawing, all of it, or a place that the person went to.
const [FIRST, WHOLE, PLACE] = ["first", "whole", "place"];

export class Surface {
  // Paints `view`, see draw.mjs.
  constructor(view) {
    this.view = view;
    this.canvas = element("canvas", { class: "graph", tabindex: "0", role: "application" });
    this.context = this.canvas.getContext("2d", { alpha: false });
    this.camera = new Camera();
    this.held = FIRST; // what the camera keeps to while the window changes its size
    this.moving = false;
    this.frame = null; // the animation frame asked for, and which part of the drawing it will draw anew: null is all of it
    this.stale = null;
  }

  unmount() {
    cancelAnimationFrame(this.frame);
    clearTimeout(this.rest);
  }

  // A scene has come: it is seen from where the one before was, after its first `shift` px, or as a first one is.
  use(shift) {
    const { camera, view: { scene } } = this;
    const size = `${scene.width} x ${scene.height}`;
    this.#setLimits();
    if (shift) camera.pan(-shift[0] * camera.k, -shift[1] * camera.k);
    else this.#firstView();
    if (shift && size !== this.size) this.held = PLACE;
    this.size = size;
  }

  fit() {
    this.move((camera) => this.#fit(camera));
    this.held = WHOLE;
  }

  // By a factor, towards a point of the window or its middle.
  zoom(factor, x, y) {
    this.move((camera) => camera.zoom(factor, x, y));
  }

  // Moves the camera by `change(camera)`. What is drawn simply meanwhile is drawn in full once it rests.
  move(change) {
    this.held = PLACE;
    this.moving = true;
    change(this.camera);
    this.redraw();
    clearTimeout(this.rest);
    this.rest = setTimeout(() => {
      this.moving = false;
      if (this.coarse || this.frame !== null) this.redraw();
    }, REST_MS);
  }

  reveal(box) {
    const { scene } = this.view;
    this.move((camera) => camera.reveal(scene.x[box], scene.y[box], scene.w[box], scene.h[box]));
  }

  // The upper edge of a frame, where its name stands: the frame itself may be larger than the window.
  revealFrame(frame) {
    const { frame_x: x, frame_y: y, frame_width: w, frame_height: h } = this.view.scene.columns;
    this.move((camera) => camera.reveal(x[frame], y[frame] - h[frame] / 2 + 30, Math.min(w[frame], 200), 60));
  }

  // What is in sight of the drawing: left, top, width, height.
  area() {
    const [left, top, right, bottom] = this.camera.seen();
    return [left, top, right - left, bottom - top];
  }

  sees(box) {
    const [left, top, right, bottom] = this.camera.seen();
    const { x, y } = this.view.scene;
    return x[box] > left && x[box] < right && y[box] > top && y[box] < bottom;
  }

  // Takes the size that the page gives it; `covered` px at its top lie below the tools. Returns whether the pixels lie closer or farther apart now.
  resize(covered) {
    const { camera, canvas } = this;
    camera.bar = covered;
    const ratio = window.devicePixelRatio || 1;
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    if (width === camera.width && height === camera.height && ratio === this.ratio) return false;
    const first = camera.width < 2;
    const [dx, dy] = [(width - camera.width) / 2, (height - camera.height) / 2];
    Object.assign(camera, { width, height });
    Object.assign(canvas, { width: Math.round(width * ratio), height: Math.round(height * ratio) });
    const denser = ratio !== this.ratio;
    this.ratio = ratio;
    if (!this.view.scene) return false;
    this.#setLimits();
    if (first || this.held === FIRST) this.#firstView();
    else if (this.held === WHOLE) this.#fit(camera);
    else camera.pan(dx, dy);
    this.#paint();
    return denser;
  }

  // Draws in the next animation frame, which a hidden page never gets: all, or only a part [left, top, right, bottom] of the drawing.
  redraw(part = null) {
    this.stale = part && (this.frame === null ? part : this.stale && around(this.stale, part));
    this.frame ??= requestAnimationFrame((now) => {
      this.frame = null;
      if (this.view.motion?.step(now / 1000)) this.redraw();
      this.#paint(this.frame === null ? this.stale : null);
    });
  }

  #paint(part = null) {
    const { view, camera } = this;
    if (!view.scene || camera.width < 2) return;
    const { boxes, coarse } = draw(this.context, view, part);
    if (part) return;
    this.coarse = coarse;
    view.painted(boxes);
  }

  // A readable piece at the result's end where the whole would be too small to read; of an overview as large a piece as can be read.
  #firstView() {
    const { camera, view: { scene, overview } } = this;
    if (camera.width < 2) return;
    this.held = FIRST;
    this.#fit(camera);
    if (camera.k >= READABLE || scene.count === 0) return;
    camera.k = overview ? READABLE : Math.min(COMFORTABLE, Math.max(READABLE, camera.across(scene.width)));
    const result = lowest(scene);
    const fits = scene.width * camera.k < camera.width;
    camera.centre(fits ? scene.width / 2 : scene.x[result], scene.y[result] - (camera.height / 2 - 60) / camera.k);
  }

  #fit(camera) {
    const { width, height } = this.view.scene;
    camera.fit(width, height);
  }

  #setLimits() {
    const { camera, view: { scene } } = this;
    camera.farthest = Math.min(0.2, camera.fitting(scene.width, scene.height) * 0.6);
  }
}

// The smallest rectangle [left, top, right, bottom] around two.
export function around(one, other) {
  return [Math.min(one[0], other[0]), Math.min(one[1], other[1]), Math.max(one[2], other[2]), Math.max(one[3], other[3])];
}
