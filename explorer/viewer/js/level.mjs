// One drawing in which everything is open down to one depth, taken apart: what lies in each frame, and where each wire runs. A module that is
// open there holds only folded ones, so each module's own sheet can be read off one of these drawings: see folded.mjs.
import { Bins } from "./bins.mjs";

export const OUTSIDE = -1; // in place of a frame: what lies in none

export class Level {
  constructor(scene, depth) {
    this.scene = scene;
    this.depth = depth;
    const { boxes, frames } = this.#homes(new Bins(scene));
    this.home = boxes; // by box and by frame: the frame right around it
    this.around = frames;
    this.inside = new Map();
    boxes.forEach((frame, box) => this.inside.has(frame) ? this.inside.get(frame).push(box) : this.inside.set(frame, [box]));
    this.wires = new Map(Array.from(scene.wires.source, (source, wire) => [this.#key(source, scene.wires.target[wire]), wire]));
  }

  // Frames never overlap but for those in one another, the outer ones first.
  #homes(bins) {
    const { scene } = this;
    const { frame_x: xs, frame_y: ys, frame_width: ws, frame_height: hs } = scene.columns;
    const boxes = new Int32Array(scene.count).fill(OUTSIDE);
    const frames = new Int32Array(scene.frames).fill(OUTSIDE);
    for (let frame = 0; frame < scene.frames; frame++) {
      const edges = [xs[frame] - ws[frame] / 2, ys[frame] - hs[frame] / 2, xs[frame] + ws[frame] / 2, ys[frame] + hs[frame] / 2];
      const holds = (x, y) => x > edges[0] && x < edges[2] && y > edges[1] && y < edges[3];
      for (const box of bins.boxes.within(...edges)) if (holds(scene.x[box], scene.y[box])) boxes[box] = frame;
      for (const other of bins.frames.within(...edges)) if (other !== frame && holds(xs[other], ys[other]) && ws[other] < ws[frame]) frames[other] = frame;
    }
    return { boxes, frames };
  }

  #key(source, target) { return source * this.scene.count + target; }

  // The wire from one box to another, or undefined.
  wire(source, target) { return this.wires.get(this.#key(source, target)); }

  // [left, top, right, bottom] of a frame; of the whole drawing for OUTSIDE.
  edges(frame) {
    const { scene } = this;
    if (frame === OUTSIDE) return [0, 0, scene.width, scene.height];
    const { frame_x: xs, frame_y: ys, frame_width: ws, frame_height: hs } = scene.columns;
    return [xs[frame] - ws[frame] / 2, ys[frame] - hs[frame] / 2, xs[frame] + ws[frame] / 2, ys[frame] + hs[frame] / 2];
  }

  // The frames around a box, outermost first.
  chain(box) {
    const found = [];
    for (let frame = this.home[box]; frame !== OUTSIDE; frame = this.around[frame]) found.unshift(frame);
    return found;
  }

  // The wires that begin or end right in a frame.
  wiresIn(frame) {
    this.ending ??= this.#endings();
    return this.ending.get(frame) ?? [];
  }

  #endings() {
    const { source, target } = this.scene.wires;
    const found = new Map();
    source.forEach((from, wire) => {
      for (const frame of new Set([this.home[from], this.home[target[wire]]])) found.has(frame) ? found.get(frame).push(wire) : found.set(frame, [wire]);
    });
    return found;
  }

  // The part of a wire from y = `top` to y = `bottom`, as [x, y] each.
  part(wire, top, bottom) {
    const { at, x, y } = this.scene.wires;
    const way = Array.from({ length: at[wire + 1] - at[wire] }, (_, point) => [x[at[wire] + point], y[at[wire] + point]]);
    const found = [];
    way.forEach(([left, down], place) => {
      const before = way[place - 1];
      for (const border of [top, bottom]) {
        if (before && before[1] < border && border < down) found.push([before[0] + ((left - before[0]) * (border - before[1])) / (down - before[1]), border]);
      }
      if (down >= top && down <= bottom) found.push([left, down]);
    });
    return found;
  }
}
