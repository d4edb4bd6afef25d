// Where wires run in a drawing that is put together from sheets: out of the producer's frames, across, into the consumer's. Each piece is
// what the sheet's own drawing has in that frame.
import { way } from "./sheets.mjs";

// Adds `points`, [x, y] each, to wires as of folded.mjs.
export function routes(wires) {
  return wires.map((wire) => ({ ...wire, points: points(wire) }));
}

function points(wire) {
  const { source, target } = wire;
  const [out, into] = [line(source.sheet), line(target.sheet)];
  while (out.length > 1 && into.length > 1 && out.at(-2) === into.at(-2)) {
    out.pop();
    into.pop();
  }
  const across = out.at(-1);
  const pieces = [
    ...out.slice(0, -1).map((sheet) => piece(wire, sheet, { below: false })),
    piece(wire, across, {}),
    ...into.slice(0, -1).reverse().map((sheet) => piece(wire, sheet, { above: false })),
  ];
  // At a border the piece inside says where it is crossed.
  const last = out.length - 1;
  const joined = pieces.flatMap((each, place) => each.slice(place > 0 && place <= last ? 1 : 0, place >= last && place < pieces.length - 1 ? -1 : undefined));
  const own = ({ sheet, box, x, y }, side) => [x, y + (side * sheet.level.scene.h[box]) / 2];
  return ended(joined, own(source, 1), own(target, -1));
}

// A sheet and those around it, innermost first.
function line(sheet) {
  const found = [];
  for (let each = sheet; each; each = each.parent) found.push(each);
  return found;
}

// What lies of a wire in a sheet, where it is now. Without a wire to go by it runs straight.
function piece({ level, ends, wires: [wire] }, sheet, { above = true, below = true }) {
  const own = sheet.level === level ? wire : ends.wire(wire, sheet.level);
  if (own === undefined) return [];
  const [, top, , bottom] = sheet.level.edges(sheet.frame);
  return way(sheet, sheet.level.part(own, above ? -Infinity : top, below ? Infinity : bottom));
}

// From the lower side of one box to the upper side of another, whatever the room around them.
function ended(way, [fromX, fromY], [toX, toY]) {
  const inner = way.slice(1, -1);
  const from = inner.findIndex(([, y]) => y > fromY);
  const to = inner.findLastIndex(([, y]) => y < toY);
  return [[fromX, fromY], ...(from < 0 ? [] : inner.slice(from, to + 1)), [toX, toY]];
}
