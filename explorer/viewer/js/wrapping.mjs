// A long sheet cut into columns side by side, for an overview: as explorer/graph/wrapping.py does it, for a sheet that is put together in the page.
// Cuts run where no box stands. A wire that meets one goes out below its column, up between the columns and in again above the next: the only places
// where a wire runs upwards.
const LONG = 4000; // px: a sheet that is less high stays as it is
const ASPECT = 1.6; // width to height that a sheet in columns should have
const CHANNEL = 64; // px between two columns
const LANE = 5; // px from one wire in it to the next
const TURN = 28; // px above and below a column where wires turn

// The columns of a sheet, or null where it stays in one piece. `boxes`: [left, top, right, bottom] of what stands in it; `ways()`: the points of each
// wire in it, from above to below.
export function columnsOf([width, height], boxes, ways) {
  if (height < LONG) return null;
  const wanted = Math.round(Math.sqrt((ASPECT * height) / (width + CHANNEL)));
  const cuts = cutsOf(height, boxes, wanted);
  return cuts.length ? new Columns(width, height, cuts, boxes, ways()) : null;
}

// Where to cut, as near to equal heights as gaps between boxes allow.
function cutsOf(height, boxes, columns) {
  const gaps = [];
  let reached = Infinity;
  for (const [, top, , bottom] of [...boxes].sort(([, one], [, other]) => one - other)) {
    if (top > reached + 2) gaps.push((top + reached) / 2);
    reached = reached === Infinity ? bottom : Math.max(reached, bottom);
  }
  const wishes = Array.from({ length: gaps.length ? columns - 1 : 0 }, (_, at) => (height * (at + 1)) / columns);
  const nearest = (wish) => gaps.reduce((best, gap) => (Math.abs(gap - wish) < Math.abs(best - wish) ? gap : best));
  return [...new Set(wishes.map(nearest))].sort((one, other) => one - other);
}

// Each as wide as what stands in it.
class Columns {
  constructor(width, height, cuts, boxes, ways) {
    this.cuts = cuts;
    this.end = height;
    this.up = [0, ...cuts.map((cut) => cut - TURN)]; // by column: how far it moves up
    this.lanes = this.up.map(() => 0);
    const sides = this.#sides(boxes, ways);
    const [left, right] = [Math.min(...sides.map(([from]) => from)), Math.max(...sides.map(([, to]) => to))];
    const begin = [left];
    for (const [from, to] of sides) begin.push(begin.at(-1) + to - from + CHANNEL);
    this.aside = sides.map(([from], column) => begin[column] - from);
    this.channel = begin.slice(1).map((next) => next - CHANNEL); // by column: where the room beside it begins
    this.size = [this.channel.at(-1) + width - right, TURN + Math.max(...[...cuts, height].map((end, column) => end - this.up[column]))];
  }

  // By column how far left and right its boxes and wires reach.
  #sides(boxes, ways) {
    const found = this.up.map(() => [Infinity, -Infinity]);
    const widen = (column, x) => (found[column] = [Math.min(found[column][0], x), Math.max(found[column][1], x)]);
    for (const [left, top, right, bottom] of boxes) for (const x of [left, right]) widen(this.#column((top + bottom) / 2), x);
    for (const way of ways) for (const { column, points } of this.#pieces(way)) for (const [x] of points) widen(column, x);
    return found;
  }

  // Where a point of the sheet is now.
  point(x, y) { return this.#moved(this.#column(y), [x, y]); }

  // Where a wire runs now: all its pieces, and what leads from the foot of one to the head of the next.
  way(points) {
    const pieces = this.#pieces(points);
    const found = [];
    let channel = null;
    pieces.forEach(({ column, points: piece }, place) => {
      const moved = piece.map((point) => this.#moved(column, point));
      if (place) found.push([channel, moved[0][1] - TURN]);
      found.push(...moved);
      if (place === pieces.length - 1) return;
      channel = this.channel[column] + LANE + ((this.lanes[column]++ * LANE) % (CHANNEL - 2 * LANE));
      found.push([channel, moved.at(-1)[1] + TURN]);
    });
    if (points.at(-1)?.[1] >= this.end) found.push([found.at(-1)[0], this.size[1]]); // out of the sheet, whose lower border lies deeper than this column
    return found;
  }

  #column(y) {
    const found = this.cuts.findIndex((cut) => y <= cut);
    return found < 0 ? this.cuts.length : found;
  }

  #moved(column, [x, y]) { return [x + this.aside[column], y - this.up[column]]; }

  // A wire cut where it leaves a column.
  #pieces(points) {
    if (!points.length) return [];
    const found = [{ column: this.#column(points[0][1]), points: [points[0]] }];
    points.slice(1).forEach((lower, place) => {
      const upper = points[place];
      for (let { column } = found.at(-1); lower[1] > this.cuts[column]; column++) {
        const cut = this.cuts[column];
        const meets = [upper[0] + ((lower[0] - upper[0]) * (cut - upper[1])) / (lower[1] - upper[1]), cut];
        found.at(-1).points.push(meets);
        found.push({ column: column + 1, points: [meets] });
      }
      found.at(-1).points.push(lower);
    });
    return found;
  }
}
