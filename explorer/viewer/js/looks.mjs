// What boxes of one look have in common: colours by look, so that many can be drawn together.
import { look } from "./marks.mjs";
import { fillOf } from "./tint.mjs";

// The look of a box, a key for `toneOf`.
export const lookOf = ({ scene, overlay }, box) => (overlay ? overlay.look(box) : look(scene.kind(box), scene.columns.box_marks[box]));

// { fill, edge } of a look.
export const toneOf = (view, name) => (view.overlay ? { edge: view.theme.operation.edge, fill: fillOf(view, name) } : view.theme[name]);
