// A wire as a smooth line through its points: each piece a cubic that leaves and arrives along the flow (vertically at both ends, and
// at the points between with the slope that keeps x from overshooting), so wires never swing past the points the layout gave them.

// dx/dy at each interior point: none where the wire turns back in x, else the harmonic mean of the slopes on both sides.
function slopeAt(x, y, point, first, last) {
  if (point === first || point === last) return 0;
  const before = (x[point] - x[point - 1]) / (y[point] - y[point - 1] || 1);
  const after = (x[point + 1] - x[point]) / (y[point + 1] - y[point] || 1);
  return before * after <= 0 ? 0 : (2 * before * after) / (before + after);
}

// Adds the piece of `wire` from `point` to the next to the path under construction, (ox, oy) being its origin.
export function tracePiece(path, { at, x, y }, wire, point, ox, oy) {
  const next = point + 1;
  path.moveTo(x[point] - ox, y[point] - oy);
  if (x[point] === x[next]) {
    path.lineTo(x[next] - ox, y[next] - oy);
    return;
  }
  const [first, last] = [at[wire], at[wire + 1] - 1];
  const reach = (y[next] - y[point]) / 2.4;
  path.bezierCurveTo(
    x[point] - ox + slopeAt(x, y, point, first, last) * reach, y[point] - oy + reach,
    x[next] - ox - slopeAt(x, y, next, first, last) * reach, y[next] - oy - reach,
    x[next] - ox, y[next] - oy,
  );
}

// Adds all of a wire; `straight` for what is too small to show curves.
export function traceWire(path, wires, wire, straight) {
  const { at, x, y } = wires;
  for (let point = at[wire]; point < at[wire + 1] - 1; point++) {
    if (!straight) tracePiece(path, wires, wire, point, 0, 0);
    else {
      path.moveTo(x[point], y[point]);
      path.lineTo(x[point + 1], y[point + 1]);
    }
  }
}

// The arrowhead at the consumer's end, pointing down as wires arrive: to be filled. It is not closed, since Chromium measures the whole path
// whenever a part of it is closed, which makes a path of thousands take seconds.
export function traceArrow(path, { at, x, y }, wire, size, ox, oy) {
  const tip = at[wire + 1] - 1;
  path.moveTo(x[tip] - ox, y[tip] - oy);
  path.lineTo(x[tip] - ox - size * 0.5, y[tip] - oy - size);
  path.lineTo(x[tip] - ox + size * 0.5, y[tip] - oy - size);
}
