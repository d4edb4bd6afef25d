// What lies in a stretch of the drawing, without looking at everything. Typed arrays only, so that 100,000 boxes cost a few megabytes.
const SMALLEST = 256;
const MOST_CELLS = 4;

// Rectangles by place. Each lies in one cell: that of its centre, in the grid whose cells are just larger than it. A question therefore looks
// half a cell further on all sides, and what is too small to be seen is left out grid by grid.
export class Grid {
  constructor(left, top, right, bottom) {
    Object.assign(this, { left, top, right, bottom, found: new Uint32Array(left.length), all: Uint32Array.from(left.keys()) });
    if (!left.length) return;
    [this.x, this.y] = [lowest(left), lowest(top)];
    [this.width, this.height] = [Math.max(1, highest(right) - this.x), Math.max(1, highest(bottom) - this.y)];
    const smallest = this.#smallestCell(left.length);
    const level = numbers(left.length, (item) => Math.max(0, Math.ceil(Math.log2(Math.max(right[item] - left[item], bottom[item] - top[item], 1) / smallest))));
    this.levels = [...new Set(level)].sort((a, b) => a - b).map((each) => this.#fill(smallest * 2 ** each, level, each));
  }

  // What touches the rectangle: indices, not to be written to. `detail`: the size below which nothing needs to be found.
  within(left, top, right, bottom, detail = 0) {
    if (!this.all.length) return this.all;
    if (left <= this.x && top <= this.y && right >= this.x + this.width && bottom >= this.y + this.height) return this.all;
    let count = 0;
    for (const { cell, columns, rows, at, items } of this.levels) {
      if (cell < detail) continue;
      const column = (x) => Math.min(columns - 1, Math.max(0, Math.floor((x - this.x) / cell)));
      const row = (y) => Math.min(rows - 1, Math.max(0, Math.floor((y - this.y) / cell)));
      const [first, last] = [column(left - cell / 2), column(right + cell / 2)];
      const lowestRow = row(bottom + cell / 2);
      for (let line = row(top - cell / 2); line <= lowestRow; line++) {
        for (let place = at[line * columns + first]; place < at[line * columns + last + 1]; place++) {
          const item = items[place];
          if (this.right[item] >= left && this.left[item] <= right && this.bottom[item] >= top && this.top[item] <= bottom) this.found[count++] = item;
        }
      }
    }
    return this.found.slice(0, count);
  }

  // So that there are not many more cells than things, however far these lie apart.
  #smallestCell(count) {
    let cell = SMALLEST;
    while ((this.width / cell + 1) * (this.height / cell + 1) > MOST_CELLS * count + 1024) cell *= 2;
    return cell;
  }

  // Compressed rows: items[at[c]] to items[at[c + 1]] lie in cell c = row * columns + column.
  #fill(cell, level, wanted) {
    const [columns, rows] = [Math.ceil(this.width / cell) + 1, Math.ceil(this.height / cell) + 1];
    const place = (item) => {
      const x = (this.left[item] + this.right[item]) / 2 - this.x;
      const y = (this.top[item] + this.bottom[item]) / 2 - this.y;
      return Math.floor(y / cell) * columns + Math.floor(x / cell);
    };
    const at = new Uint32Array(columns * rows + 1);
    for (let item = 0; item < level.length; item++) if (level[item] === wanted) at[place(item) + 1]++;
    for (let index = 0; index < columns * rows; index++) at[index + 1] += at[index];
    const [next, items] = [at.slice(), new Uint32Array(at.at(-1))];
    for (let item = 0; item < level.length; item++) if (level[item] === wanted) items[next[place(item)]++] = item;
    return { cell, columns, rows, at, items };
  }
}

// The boxes, frames and wires of a scene.
export class Bins {
  constructor(scene) {
    const { columns, wires } = scene;
    this.boxes = around(scene.x, scene.y, scene.w, scene.h);
    this.frames = around(columns.frame_x, columns.frame_y, columns.frame_width, columns.frame_height);
    this.pieces = piecesOf(wires);
    this.ways = between(wires, this.pieces.point);
  }

  // An array of its own, for questions about a few; those about many ask `boxes` itself.
  boxesIn(left, top, right, bottom) { return Array.from(this.boxes.within(left, top, right, bottom)); }
  // Outer frames first.
  framesIn(left, top, right, bottom, detail) { return Array.from(this.frames.within(left, top, right, bottom, detail)).sort((a, b) => a - b); }
  // Pieces of wires: piece p is that of wire pieces.wire[p], from point pieces.point[p] to the next.
  piecesIn(left, top, right, bottom, detail) { return this.ways.within(left, top, right, bottom, detail); }
}

function around(x, y, w, h) {
  const edge = (centre, size, side) => numbers(centre.length, (item) => centre[item] + (side * size[item]) / 2);
  return new Grid(edge(x, w, -1), edge(y, h, -1), edge(x, w, 1), edge(y, h, 1));
}

function piecesOf({ count, at }) {
  const [wire, point] = [new Uint32Array(at[count] - count), new Uint32Array(at[count] - count)];
  let piece = 0;
  for (let each = 0; each < count; each++) {
    for (let start = at[each]; start < at[each + 1] - 1; start++) [wire[piece], point[piece++]] = [each, start];
  }
  return { wire, point };
}

function between({ x, y }, point) {
  const edge = (ends, choose) => numbers(point.length, (piece) => choose(ends[point[piece]], ends[point[piece] + 1]));
  return new Grid(edge(x, Math.min), edge(y, Math.min), edge(x, Math.max), edge(y, Math.max));
}

// A plain loop: Float64Array.from takes ten times as long.
function numbers(count, make) {
  const made = new Float64Array(count);
  for (let index = 0; index < count; index++) made[index] = make(index);
  return made;
}

const lowest = (values) => values.reduce((a, b) => (b < a ? b : a), Infinity);
const highest = (values) => values.reduce((a, b) => (b > a ? b : a), -Infinity);
