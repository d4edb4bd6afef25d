// Where boxes are right now: at their places, or on the way from where a box of the same id was in the drawing before.
import { reducedMotion } from "./theme.mjs";

const SECONDS = 0.32;
const MOST_BOXES = 4000;

export class Motion {
  constructor(scene, before = null, shift = [0, 0]) {
    this.scene = scene;
    this.x = scene.x;
    this.y = scene.y;
    this.arrived = 1;
    this.started = null;
    if (before && scene.count <= MOST_BOXES && !reducedMotion()) this.#depart(before, shift);
  }

  // `shift` is what the camera moved by meanwhile, in px of the drawing.
  #depart(before, [dx, dy]) {
    const { scene } = this;
    this.from = { x: Float64Array.from(scene.x), y: Float64Array.from(scene.y), known: new Uint8Array(scene.count) };
    for (let box = 0; box < scene.count; box++) {
      const old = before.scene.boxOfId.get(scene.id(box));
      if (old === undefined) continue;
      this.from.x[box] = before.x[old] + dx;
      this.from.y[box] = before.y[old] + dy;
      this.from.known[box] = 1;
    }
    this.x = this.from.x.slice();
    this.y = this.from.y.slice();
    this.arrived = 0;
  }

  // A box that was not there before appears; all others stay opaque.
  alpha(box) { return this.arrived === 1 || this.from.known[box] ? 1 : this.arrived; }

  // Moves on to `now` (seconds); true while there is more to come.
  step(now) {
    if (this.arrived === 1) return false;
    this.started ??= now;
    const passed = Math.min(1, (now - this.started) / SECONDS);
    this.arrived = 1 - (1 - passed) ** 3;
    for (let box = 0; box < this.scene.count; box++) {
      this.x[box] = this.from.x[box] + (this.scene.x[box] - this.from.x[box]) * this.arrived;
      this.y[box] = this.from.y[box] + (this.scene.y[box] - this.from.y[box]) * this.arrived;
    }
    return passed < 1;
  }
}
