// What lies in a stretch of the drawing, without looking at everything: boxes and wires sorted into strips by y. Graphs flow downwards, so
// a strip holds few of them. A wire through many strips is kept apart and looked at every time.
const STRIP = 320;
const FAR = 12;

export class Bins {
  constructor(scene) {
    this.scene = scene;
    this.strips = Math.max(1, Math.ceil(scene.height / STRIP) + 1);
    this.boxes = Array.from({ length: this.strips }, () => []);
    this.wires = Array.from({ length: this.strips }, () => []);
    this.far = [];
    this.taken = new Uint32Array(scene.wires.count);
    this.round = 0;
    this.tallest = 0;
    for (let box = 0; box < scene.count; box++) {
      this.tallest = Math.max(this.tallest, scene.h[box]);
      this.boxes[this.#strip(scene.y[box])].push(box);
    }
    const { wires } = scene;
    for (let wire = 0; wire < wires.count; wire++) {
      const ys = wires.y.subarray(wires.at[wire], wires.at[wire + 1]);
      const first = this.#strip(Math.min(...ys));
      const last = this.#strip(Math.max(...ys));
      if (last - first > FAR) this.far.push(wire);
      else for (let strip = first; strip <= last; strip++) this.wires[strip].push(wire);
    }
  }

  // Boxes that touch the rectangle, in px of the drawing.
  boxesIn(left, top, right, bottom) {
    const { x, y, w, h } = this.scene;
    const found = [];
    const last = this.#strip(bottom + this.tallest);
    for (let strip = this.#strip(top - this.tallest); strip <= last; strip++) {
      for (const box of this.boxes[strip]) {
        if (x[box] + w[box] / 2 >= left && x[box] - w[box] / 2 <= right && y[box] + h[box] / 2 >= top && y[box] - h[box] / 2 <= bottom) found.push(box);
      }
    }
    return found;
  }

  // Wires that may touch it, each once: a wire in several strips is taken where the first of them is seen.
  wiresIn(left, top, right, bottom) {
    const found = this.far.slice();
    const last = this.#strip(bottom);
    this.round++;
    for (let strip = this.#strip(top); strip <= last; strip++) {
      for (const wire of this.wires[strip]) {
        if (this.taken[wire] === this.round) continue;
        this.taken[wire] = this.round;
        found.push(wire);
      }
    }
    return found;
  }

  #strip(y) { return Math.min(this.strips - 1, Math.max(0, Math.floor(y / STRIP))); }
}
