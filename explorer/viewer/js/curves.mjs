// A wire as a smooth line through its points: each piece a cubic that leaves and arrives along the flow (vertically at both ends, and
// at the points between with the slope that keeps x from overshooting), so wires never swing past the points the layout gave them.

// dx/dy at each interior point: none where the wire turns back in x, else the harmonic mean of the slopes on both sides.
function slopeAt(x, y, point, first, last) {
  if (point === first || point === last) return 0;
  const before = (x[point] - x[point - 1]) / (y[point] - y[point - 1] || 1);
  const after = (x[point + 1] - x[point]) / (y[point + 1] - y[point] || 1);
  return before * after <= 0 ? 0 : (2 * before * after) / (before + after);
}

// Adds wire `wire` to the path under construction; `straight` for what is too small to show curves.
export function traceWire(path, { at, x, y }, wire, straight) {
  const first = at[wire];
  const last = at[wire + 1] - 1;
  path.moveTo(x[first], y[first]);
  for (let point = first; point < last; point++) {
    const next = point + 1;
    if (straight) {
      path.lineTo(x[next], y[next]);
      continue;
    }
    const reach = (y[next] - y[point]) / 2.4;
    path.bezierCurveTo(
      x[point] + slopeAt(x, y, point, first, last) * reach, y[point] + reach,
      x[next] - slopeAt(x, y, next, first, last) * reach, y[next] - reach,
      x[next], y[next],
    );
  }
}

// The arrowhead at the consumer's end, pointing down as wires arrive.
export function traceArrow(path, { at, x, y }, wire, size) {
  const tip = at[wire + 1] - 1;
  path.moveTo(x[tip], y[tip]);
  path.lineTo(x[tip] - size * 0.5, y[tip] - size);
  path.lineTo(x[tip] + size * 0.5, y[tip] - size);
  path.closePath();
}
