// Bars over the colours of classes, so that one can be told from another without seeing colours where a box is too small for its letter.
// Each is [left, top, right, bottom] in parts of the box.
const PATTERNS = [
  [],
  [[0, 0.38, 1, 0.62]],
  [[0.4, 0, 0.6, 1]],
  [[0, 0, 0.5, 1]],
  [[0.2, 0, 0.36, 1], [0.64, 0, 0.8, 1]],
  [[0, 0.5, 1, 1]],
  [[0, 0.38, 1, 0.62], [0.4, 0, 0.6, 1]],
];
export const INK = 0.62; // their opacity

export const barsOf = (place) => PATTERNS[place % PATTERNS.length];

// Adds the bars of a box around (x, y) to a path.
export function traceBars(path, bars, x, y, w, h) {
  for (const [left, top, right, bottom] of bars) path.rect(x + (left - 0.5) * w, y + (top - 0.5) * h, (right - left) * w, (bottom - top) * h);
}
