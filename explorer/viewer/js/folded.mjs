// The drawing of any open set, put together from the drawings of each fold depth: boxes and frames from the sheets of what is open, wires from
// all drawings in which their ends can be seen.
import { gather } from "./gather.mjs";
import { OUTSIDE } from "./level.mjs";
import { routes } from "./routes.mjs";
import { at, every, sheets } from "./sheets.mjs";

const FEW_BOXES = 60;
const ADDED = new Set(["saved", "result"]); // what comes to the boxes of the graph itself

// A scene, or null where a drawing that it takes is not there. `levels`: the Level of each fold depth; `wrap`: whether what is long is cut into columns.
export function folded(levels, names, wrap) {
  const root = sheets(levels, names, wrap);
  if (!root) return null;
  const open = [...every(root)];
  const boxes = boxesOf(open);
  const wires = wiresOf(levels.slice(0, 1 + Math.max(...open.map(({ depth }) => depth))), root, boxes);
  const drawn = readable(connected(boxes, wires));
  const shown = new Set(drawn);
  return gather(root, open.slice(1), drawn, routes(wires.filter(({ source, target }) => shown.has(source) && shown.has(target))));
}

// The boxes that are not open, each { sheet, box, x, y }.
function boxesOf(open) {
  return open.flatMap((sheet) => sheet.boxes.filter((box) => !sheet.open.has(box)).map((box) => {
    const { scene } = sheet.level;
    const [x, y] = at(sheet, scene.x[box], scene.y[box]);
    return { sheet, box, x, y };
  }));
}

// One wire for each pair of boxes that some drawing has a wire between, or between what lies in them: { source, target, level, wires }, with
// those of `level`, the first drawing that has any.
function wiresOf(levels, root, boxes) {
  const numbers = new Map(boxes.map(({ sheet, box }, number) => [sheet.depth * 2 ** 32 + box, number]));
  const found = new Map();
  for (const level of levels) {
    const ends = new Ends(level, root);
    level.scene.wires.source.forEach((from, wire) => {
      const to = level.scene.wires.target[wire];
      const [source, target] = [ends.shown(from, to), ends.shown(to, from)].map((end) => end && numbers.get(end.sheet.depth * 2 ** 32 + end.box));
      if (source === undefined || target === undefined || source === null || target === null || source === target) return;
      const key = source * boxes.length + target;
      const before = found.get(key);
      if (!before) found.set(key, { source: boxes[source], target: boxes[target], level, ends, wires: [wire] });
      else if (before.level === level) before.wires.push(wire);
    });
  }
  return [...found.values()];
}

// A leaf is drawn where it is used, which depends on what is open: a box of it that has lost its use is left out.
function connected(boxes, wires) {
  const used = new Set(wires.flatMap(({ source, target }) => [source, target]));
  return boxes.filter((each) => {
    const { scene } = each.sheet.level;
    return used.has(each) || !["leaf", "input", "saved"].includes(scene.kind(each.box)) || !scene.wires.count;
  });
}

// A drawing of many boxes, or with many inputs that need no gradient, leaves those inputs out: as `compose` of explorer/graph/picture.py.
function readable(boxes) {
  const count = { inputs: 0, others: 0 };
  const isInput = ({ sheet, box }) => sheet.level.scene.kind(box) === "input";
  for (const each of boxes) {
    if (isInput(each)) count.inputs++;
    else if (!ADDED.has(each.sheet.level.scene.kind(each.box))) count.others++;
  }
  return Math.max(count.inputs, count.others) > FEW_BOXES ? boxes.filter((each) => !isInput(each)) : boxes;
}

// What shows the boxes of one drawing where other things are open.
class Ends {
  constructor(level, root) {
    this.level = level;
    this.root = root;
    this.frames = new Map();
  }

  // { sheet, box }, or null where it is open now. `other`: the box at the other end of a wire.
  shown(box, other) {
    const { sheet, folded } = this.#around(this.level.home[box]);
    if (folded !== null) return { sheet, box: folded };
    const own = this.image(box, other, sheet.level);
    return own === undefined || sheet.open.has(own) ? null : { sheet, box: own };
  }

  // The sheet that a frame of this drawing is in, and the box there that holds it folded, or null.
  #around(frame) {
    if (frame === OUTSIDE) return { sheet: this.root, folded: null };
    if (this.frames.has(frame)) return this.frames.get(frame);
    const above = this.#around(this.level.around[frame]);
    let found = above;
    if (above.folded === null) {
      const box = above.sheet.level.scene.boxOfId.get(this.level.scene.text("frame_id", frame));
      const inner = above.sheet.open.get(box);
      found = inner ? { sheet: inner, folded: null } : { sheet: above.sheet, folded: box ?? null };
    }
    this.frames.set(frame, found);
    return found;
  }

  // The box of a drawing of less depth that shows or holds one of this drawing; undefined where there is none.
  image(box, other, coarse) {
    const { level } = this;
    if (coarse === level) return box;
    const chain = level.chain(box);
    const { boxOfId } = coarse.scene;
    if (chain.length > coarse.depth) return boxOfId.get(level.scene.text("frame_id", chain[coarse.depth]));
    if (level.scene.kind(box) !== "leaf") return boxOfId.get(level.scene.id(box));
    return leafAt(coarse, level.scene.node(box), this.#toward(other, coarse));
  }

  // As `image`, for the end of a wire that is no leaf.
  #toward(box, coarse) {
    const chain = this.level.chain(box);
    const id = chain.length > coarse.depth ? this.level.scene.text("frame_id", chain[coarse.depth]) : this.level.scene.id(box);
    return coarse.scene.boxOfId.get(id);
  }

  // The wire of a drawing of less depth that stands for one of this drawing, or undefined.
  wire(wire, coarse) {
    const { source, target } = this.level.scene.wires;
    const [from, to] = [this.image(source[wire], target[wire], coarse), this.image(target[wire], source[wire], coarse)];
    return from === undefined || to === undefined ? undefined : coarse.wire(from, to);
  }
}

// The box of a leaf from which a wire leads to `consumer`.
function leafAt({ scene }, node, consumer) {
  if (consumer === undefined) return undefined;
  const { wires } = scene;
  const wire = wires.into.list.subarray(wires.into.at[consumer], wires.into.at[consumer + 1]).find((each) => scene.node(wires.source[each]) === node && scene.kind(wires.source[each]) === "leaf");
  return wire === undefined ? undefined : wires.source[wire];
}
