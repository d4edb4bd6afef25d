// What each kind of box looks like. Shape says the kind as well as colour does: leaves are pills, inputs have sharp corners, saved tensors are dashed with a folded
// corner, custom functions have a double border, results a heavy one, folded modules lie on a stack of cards.
const CORNER = 7;
const FOLD = 9;

// Adds the outline of a box of `kind` to the path under construction; x and y are its centre.
export function trace(path, kind, x, y, w, h, grow = 0) {
  const left = x - w / 2 - grow;
  const top = y - h / 2 - grow;
  const width = w + 2 * grow;
  const height = h + 2 * grow;
  if (kind === "saved") {
    path.moveTo(x, top); // closed along an edge, not by closePath: see curves.mjs
    path.lineTo(left + width - FOLD, top);
    path.lineTo(left + width, top + FOLD);
    path.lineTo(left + width, top + height);
    path.lineTo(left, top + height);
    path.lineTo(left, top);
    path.lineTo(x, top);
  } else {
    path.roundRect(left, top, width, height, kind === "leaf" ? height / 2 : kind === "input" ? 0 : CORNER + grow);
  }
}

// Draws one box without its text.
export function paint(context, kind, x, y, w, h, colors) {
  const { fill, edge } = colors[kind];
  context.lineWidth = kind === "result" ? 2.5 : 1.25;
  context.strokeStyle = edge;
  context.fillStyle = fill;
  if (kind === "module") paintStack(context, x, y, w, h);
  context.beginPath();
  trace(context, kind, x, y, w, h);
  context.fill();
  context.setLineDash(kind === "saved" ? [4, 3] : []);
  context.stroke();
  context.setLineDash([]);
  if (kind === "custom") {
    context.beginPath();
    trace(context, kind, x, y, w, h, -3.5);
    context.stroke();
  }
}

// Two cards that look out behind a folded module.
function paintStack(context, x, y, w, h) {
  for (const step of [6, 3]) {
    context.beginPath();
    trace(context, "module", x + step, y + step, w, h);
    context.fill();
    context.stroke();
  }
}
