// What boxes of one look have in common: colours by look, so that many can be drawn together.
import { look } from "./marks.mjs";
import { inkOn } from "./scales.mjs";
import { rgbOf } from "./theme.mjs";
import { fillOf } from "./tint.mjs";

// The look of a box, a key for `toneOf`.
export const lookOf = ({ scene, overlay }, box) => (overlay ? overlay.look(box) : look(scene.kind(box), scene.columns.box_marks[box]));

// { fill, edge } of a look.
export const toneOf = (view, name) => (view.overlay ? { edge: view.theme.operation.edge, fill: fillOf(view, name) } : view.theme[name]);

// Of all boxes, for pictures of pixels: { edges, fills } as of theme.mjs `rgbOf`, and of an overlay with classes { bars, inks }; found anew only
// when they change.
export function tonesOf(view) {
  const { scene, theme, overlay } = view;
  if (view.colors?.scene === scene && view.colors.theme === theme && view.colors.overlay === overlay) return view.colors;
  const tones = new Map();
  const toned = (name) => {
    if (!tones.has(name)) {
      const tone = toneOf(view, name);
      const fill = rgbOf(tone.fill);
      tones.set(name, { edge: overlay ? fill : rgbOf(tone.edge), fill, ink: overlay ? rgbOf(inkOn(tone.fill)) : 0, bars: overlay?.bars(name) ?? [] });
    }
    return tones.get(name);
  };
  const all = Array.from({ length: scene.count }, (_, box) => toned(lookOf(view, box)));
  const bars = overlay?.classes ? all.map((tone) => tone.bars) : null;
  const column = (part) => Uint32Array.from(all, (tone) => tone[part]);
  return (view.colors = { scene, theme, overlay, edges: column("edge"), fills: column("fill"), inks: bars && column("ink"), bars });
}
