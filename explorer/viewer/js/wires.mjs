// Draws wires near enough to be lines: all of one look go into one path, since a path costs little and a stroke costs much.
import { traceArrow, tracePiece } from "./curves.mjs";

// Scale below which there are no arrowheads.
const ARROWS = 0.25;

// `pieces`: those that may be seen. `dimmed`: opacity of what is not related to the selection.
export function drawWires(context, view, { pieces, seen, origin: [ox, oy] }, dimmed) {
  const { scene, bins, camera, theme, selection, motion } = view;
  const marks = selection.related?.wires;
  const arrows = camera.k >= ARROWS;
  const looks = [new Look(), new Look()];
  const input = scene.header.kinds.indexOf("input");
  for (const piece of pieces) {
    const [wire, point] = [bins.pieces.wire[piece], bins.pieces.point[piece]];
    const dashed = scene.columns.box_kind[scene.wires.source[wire]] === input;
    const look = looks[marks && marks[wire] ? 1 : 0];
    if (look.drawn(scene.wires, point, seen, dashed)) continue;
    tracePiece(dashed ? look.dashes : look.lines, scene.wires, wire, point, ox, oy);
    if (arrows && point + 2 === scene.wires.at[wire + 1]) traceArrow(look.heads, scene.wires, wire, 7, ox, oy);
  }
  const stroke = (look, color, width, alpha) => {
    context.globalAlpha = alpha * motion.arrived;
    context.strokeStyle = context.fillStyle = color;
    context.lineWidth = Math.max(width, (0.55 * width) / camera.k);
    context.stroke(look.lines);
    context.setLineDash([4, 3]);
    context.stroke(look.dashes);
    context.setLineDash([]);
    context.fill(look.heads);
  };
  stroke(looks[0], theme.wire, 1.1, marks ? dimmed : 1);
  if (marks) stroke(looks[1], theme.accent, 1.4, 0.75);
  context.globalAlpha = 1;
}

class Look {
  lines = new Path2D();
  dashes = new Path2D();
  heads = new Path2D();
  #columns = new Set();

  // Whether a wire that runs straight through from edge to edge was drawn before on the same column: a bundle of thousands is one line.
  drawn({ x, y }, point, [, top, , bottom], dashed) {
    if (x[point] !== x[point + 1] || y[point] > top || y[point + 1] < bottom) return false;
    const column = dashed ? -x[point] - 1 : x[point];
    const before = this.#columns.has(column);
    this.#columns.add(column);
    return before;
  }
}
