// Which modules are open, each as a sheet: a frame with what lies right in it. A sheet is read off the drawing in which all it holds is
// folded, stretched where something in it is open, and cut into columns where it is long and that is wanted.
import { OUTSIDE } from "./level.mjs";
import { Stretch } from "./stretch.mjs";
import { columnsOf } from "./wrapping.mjs";

// The outermost sheet with all others in it, placed; null where a drawing for an open module is missing. `levels`: the Level of each fold depth;
// `names`: the open set, see explorer/graph/folding.py; `wrap`: whether what is long is cut into columns.
export function sheets(levels, names, wrap) {
  const root = open({ levels, names, wrap }, "", 0, null, null);
  if (root) place(root, 0, 0);
  return root;
}

function open(wanted, id, depth, parent, fold) {
  const level = wanted.levels[depth];
  if (!level) return null;
  const { scene } = level;
  const frame = parent ? scene.frameOfId.get(id) : OUTSIDE;
  const edges = level.edges(frame);
  const sheet = { id, depth, level, frame, parent, fold, boxes: level.inside.get(frame) ?? [], open: new Map(), origin: edges.slice(0, 2) };
  for (const box of sheet.boxes) {
    const name = opener(scene, box, wanted.names);
    if (!name) continue;
    const inner = open(wanted, scene.id(box), depth + 1, sheet, name);
    if (!inner) return null;
    sheet.open.set(box, inner);
  }
  const stretch = (axis) => new Stretch([...sheet.open].map(([box, inner]) => {
    const [middle, half] = [[scene.x, scene.y][axis][box] - sheet.origin[axis], [scene.w, scene.h][axis][box] / 2];
    return { from: middle - half, to: middle + half, wanted: inner.size[axis] };
  }));
  sheet.stretches = [stretch(0), stretch(1)];
  sheet.size = [0, 1].map((axis) => sheet.stretches[axis].at(edges[axis + 2] - edges[axis]));
  sheet.columns = wanted.wrap ? columnsOf(sheet.size, rooms(sheet), () => ways(sheet)) : null;
  if (sheet.columns) sheet.size = sheet.columns.size;
  return sheet;
}

// [left, top, right, bottom] of each box, with the room for what is open in it.
function rooms(sheet) {
  const { x, y, w, h } = sheet.level.scene;
  return sheet.boxes.map((box) => [-1, 1].flatMap((side) => stretched(sheet, [x[box] + (side * w[box]) / 2, y[box] + (side * h[box]) / 2])));
}

// What lies in a sheet of each wire that begins or ends there.
function ways(sheet) {
  const { level, frame } = sheet;
  const [, top, , bottom] = level.edges(frame);
  return level.wiresIn(frame).map((wire) => level.part(wire, top, bottom).map((point) => stretched(sheet, point)));
}

// The name that opens a folded module, or null: as `Call.opened_by` of explorer/graph/modules.py.
function opener(scene, box, names) {
  const own = scene.text("box_fold", box);
  const every = scene.text("box_module", box);
  return own === "" ? null : names.has(every) ? every : names.has(own) ? own : null;
}

function place(sheet, left, top) {
  sheet.corner = [left, top];
  const { x, y } = sheet.level.scene;
  for (const [box, inner] of sheet.open) {
    const [middle, centre] = at(sheet, x[box], y[box]);
    place(inner, middle - inner.size[0] / 2, centre - inner.size[1] / 2);
  }
}

// Where a point of a sheet's own drawing is now.
export function at(sheet, x, y) {
  const point = stretched(sheet, [x, y]);
  return moved(sheet, sheet.columns ? sheet.columns.point(...point) : point);
}

// Where the piece of a wire runs now, from above to below in the sheet's own drawing.
export function way(sheet, points) {
  const found = points.map((point) => stretched(sheet, point));
  return (sheet.columns ? sheet.columns.way(found) : found).map((point) => moved(sheet, point));
}

const stretched = ({ origin, stretches }, [x, y]) => [stretches[0].at(x - origin[0]), stretches[1].at(y - origin[1])];
const moved = ({ corner }, [x, y]) => [corner[0] + x, corner[1] + y];

// A sheet and all in it, outer ones first.
export function* every(sheet) {
  yield sheet;
  for (const inner of sheet.open.values()) yield* every(inner);
}
