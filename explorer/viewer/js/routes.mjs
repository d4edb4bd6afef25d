// Where wires run in a drawing that is put together from sheets: out of the producer's frames, across, into the consumer's. Each piece is
// what the sheet's own drawing has in that frame.
import { at } from "./sheets.mjs";

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
  const found = clipped(sheet.level.points(own), above ? -Infinity : top, below ? Infinity : bottom);
  return found.map(([x, y]) => at(sheet, x, y));
}

// The part of a way from y = `top` to y = `bottom`.
function clipped(way, top, bottom) {
  const found = [];
  way.forEach(([x, y], place) => {
    for (const border of [top, bottom]) {
      const before = way[place - 1];
      if (before && before[1] < border && border < y) found.push([before[0] + ((x - before[0]) * (border - before[1])) / (y - before[1]), border]);
    }
    if (y >= top && y <= bottom) found.push([x, y]);
  });
  return found;
}

// From the lower side of one box to the upper side of another, whatever the room around them.
function ended(way, [fromX, fromY], [toX, toY]) {
  const inner = way.slice(1, -1).filter(([, y]) => y > fromY && y < toY);
  return [[fromX, fromY], ...inner, [toX, toY]];
}
