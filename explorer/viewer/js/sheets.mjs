// Which modules are open, each as a sheet: a frame with what lies right in it. A sheet is read off the drawing in which all it holds is
// folded, and stretched where something in it is open.
import { OUTSIDE } from "./level.mjs";
import { Stretch } from "./stretch.mjs";

// The outermost sheet with all others in it, placed; null where a drawing for an open module is missing. `levels`: the Level of each fold depth;
// `names`: the open set, see explorer/graph/folding.py.
export function sheets(levels, names) {
  const root = open(levels, names, "", 0, null, null);
  if (root) place(root, 0, 0);
  return root;
}

function open(levels, names, id, depth, parent, fold) {
  const level = levels[depth];
  if (!level) return null;
  const { scene } = level;
  const frame = parent ? scene.frameOfId.get(id) : OUTSIDE;
  const edges = level.edges(frame);
  const sheet = { id, depth, level, frame, parent, fold, boxes: level.inside.get(frame) ?? [], open: new Map(), origin: edges.slice(0, 2) };
  for (const box of sheet.boxes) {
    const name = opener(scene, box, names);
    if (!name) continue;
    const inner = open(levels, names, scene.id(box), depth + 1, sheet, name);
    if (!inner) return null;
    sheet.open.set(box, inner);
  }
  const stretch = (axis) => new Stretch([...sheet.open].map(([box, inner]) => {
    const [middle, half] = [[scene.x, scene.y][axis][box] - sheet.origin[axis], [scene.w, scene.h][axis][box] / 2];
    return { from: middle - half, to: middle + half, wanted: inner.size[axis] };
  }));
  sheet.stretches = [stretch(0), stretch(1)];
  sheet.size = [0, 1].map((axis) => sheet.stretches[axis].at(edges[axis + 2] - edges[axis]));
  return sheet;
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
export function at({ origin, corner, stretches }, x, y) {
  return [corner[0] + stretches[0].at(x - origin[0]), corner[1] + stretches[1].at(y - origin[1])];
}

// A sheet and all in it, outer ones first.
export function* every(sheet) {
  yield sheet;
  for (const inner of sheet.open.values()) yield* every(inner);
}
