// What a mouse or a finger does on the canvas of a graph view, and what is pointed at: its ring, and a tip where its text is too small to read.
import { READABLE } from "./camera.mjs";
import { element } from "./dom.mjs";
import { listen } from "./input.mjs";
import { pick } from "./pick.mjs";
import { around } from "./surface.mjs";
import { tagAt } from "./tags.mjs";

// Px around a box that a ring around it may take.
const RING = 8;
const NOWHERE = { box: null, frame: null };

export class Pointing {
  constructor(view) {
    this.view = view;
    this.hover = NOWHERE;
    this.tip = element("p", { class: "tip", hidden: true, "aria-hidden": "true" });
    this.unmount = listen(view.surface.canvas, this.#gestures());
  }

  // Another scene has come: nothing of it was pointed at yet.
  forget() { this.hover = NOWHERE; }

  #gestures() {
    const { view, view: { surface } } = this;
    const under = (x, y) => pick(view, ...view.camera.toDrawing(x, y));
    return {
      pan: (dx, dy) => surface.move((camera) => camera.pan(dx, dy)),
      zoom: (factor, x, y) => surface.zoom(factor, x, y),
      point: (x, y) => view.scene && this.#point(x === null ? NOWHERE : under(x, y), x, y),
      click: (x, y, further) => view.scene && this.#click(under(x, y), tagAt(view, ...view.camera.toDrawing(x, y)), further),
      open: (x, y) => view.scene && view.open(under(x, y)),
    };
  }

  #click({ box, frame }, storage, further) {
    const { selecting } = this.view;
    if (storage !== null) selecting.chooseStorage(storage);
    else if (further && box !== null && selecting.now.boxes.length) selecting.routeTo(box);
    else if (box !== null) selecting.chooseBox(box);
    else selecting.choose([], frame, true);
  }

  #point(hover, x, y) {
    const { scene, surface } = this.view;
    surface.canvas.style.cursor = hover.box !== null || hover.frame !== null ? "pointer" : "";
    this.tip.hidden = hover.box === null;
    if (hover.box !== null) this.#showTip(x, y);
    if (hover.box === this.hover.box && hover.frame === this.hover.frame) return;
    const parts = [this.hover, hover].map((each) => this.#ringed(each)).filter(Boolean);
    const frames = this.hover.frame !== hover.frame;
    this.hover = hover;
    if (hover.box !== null) this.tip.textContent = [scene.title(hover.box), scene.subtitle(hover.box), this.view.coloured(hover.box)].filter(Boolean).join("\n");
    surface.redraw(frames ? null : parts.reduce(around));
  }

  // The rectangle that the ring around a box that is pointed at takes, or null.
  #ringed({ box }) {
    if (box === null) return null;
    const { scene, camera } = this.view;
    const [w, h] = [scene.w[box], scene.h[box]].map((side) => side / 2 + RING / Math.min(1, camera.k));
    return [scene.x[box] - w, scene.y[box] - h, scene.x[box] + w, scene.y[box] + h];
  }

  #showTip(x, y) {
    const { camera } = this.view;
    const far = x > camera.width * 0.6;
    Object.assign(this.tip.style, { left: far ? "" : `${x + 14}px`, right: far ? `${camera.width - x + 10}px` : "", top: `${y + 16}px` });
    this.tip.hidden = camera.k >= READABLE;
  }
}
