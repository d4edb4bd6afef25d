// Where the drawing lies in the window: screen = drawing * k + (x, y), all in CSS px.
const CLOSEST = 4;
export const READABLE = 0.6;
export const COMFORTABLE = 0.85;
const MARGIN = 28;
// Px of a window up to which a drawing is never drawn larger than life, and how much larger at most.
const LIFE = 900;
const LARGEST = 1.6;

export class Camera {
  x = 0;
  y = 0;
  k = 1;
  width = 1;
  height = 1;
  bar = 44; // px at the top that the tools cover

  toDrawing(px, py) { return [(px - this.x) / this.k, (py - this.y) / this.k]; }
  toScreen(x, y) { return [x * this.k + this.x, y * this.k + this.y]; }

  // The rectangle of the drawing that is seen: left, top, right, bottom.
  seen() { return [...this.toDrawing(0, 0), ...this.toDrawing(this.width, this.height)]; }

  pan(dx, dy) { this.x += dx; this.y += dy; }

  // Scales by `factor`, keeping what lies under the screen point (px, py) there.
  zoom(factor, px = this.width / 2, py = this.height / 2) {
    const k = Math.min(CLOSEST, Math.max(this.farthest ?? 0.01, this.k * factor));
    this.x = px - ((px - this.x) * k) / this.k;
    this.y = py - ((py - this.y) * k) / this.k;
    this.k = k;
  }

  // Scale at which all of width x height px is seen. A small drawing is life-size, and larger in a large window, which is looked at from afar.
  fitting(width, height) {
    const life = Math.min(LARGEST, Math.max(1, this.width / LIFE));
    return Math.min(life, this.across(width), (this.height - 2 * MARGIN - this.bar) / Math.max(1, height));
  }

  // Scale at which `width` px of the drawing are as wide as the window.
  across(width) { return (this.width - 2 * MARGIN) / Math.max(1, width); }

  fit(width, height) {
    this.k = Math.max(0.00001, this.fitting(width, height));
    this.centre(width / 2, height / 2);
    this.y += this.bar / 2;
  }

  centre(x, y) {
    this.x = this.width / 2 - x * this.k;
    this.y = this.height / 2 - y * this.k;
  }

  // Moves as little as needed for the rectangle (centre x, y; w, h) to be seen.
  reveal(x, y, w, h) {
    const nudge = (low, high, from, to) => (high - low > to - from ? (from + to - low - high) / 2 : low < from ? from - low : high > to ? to - high : 0);
    const [left, top] = this.toScreen(x - w / 2, y - h / 2);
    const dx = nudge(left, left + w * this.k, MARGIN, this.width - MARGIN);
    this.pan(dx, nudge(top, top + h * this.k, MARGIN + this.bar, this.height - MARGIN));
  }

  state() { return { x: this.x, y: this.y, k: this.k }; }
}
