// How an overlay colours boxes: their fill and the ink on it, a hatch where there is no value, and the letter of a class.
import { inkOn } from "./scales.mjs";

const hatches = new WeakMap();
const inks = new Map();
const SIDE = 6;
const LETTER = 7;

// The colours of one box for shapes.mjs, in place of the theme's; `kind` is the look that it would have without an overlay.
export function colorsOf(context, { overlay, theme }, box, kind) {
  if (!overlay) return theme;
  const fill = overlay.fill(overlay.look(box), theme) ?? hatch(context, theme);
  return { [kind]: { fill, edge: theme[kind].edge } };
}

// The fill of a group of boxes of one look, seen from afar.
export function fillOf({ overlay, theme }, look) {
  return overlay.fill(look, theme) ?? theme["frame-edge"];
}

export function inkOf({ overlay, theme }, box) {
  const fill = overlay ? overlay.fill(overlay.look(box), theme) : null;
  if (fill === null || fill === theme.operation.fill) return theme.ink;
  if (!inks.has(fill)) inks.set(fill, inkOn(fill));
  return inks.get(fill);
}

// Lines from corner to corner: grey, so that nobody takes it for a number.
export function hatch(context, theme) {
  if (!hatches.has(theme)) {
    const tile = document.createElement("canvas");
    tile.width = tile.height = SIDE * 2;
    const brush = tile.getContext("2d");
    brush.fillStyle = theme.paper;
    brush.fillRect(0, 0, SIDE * 2, SIDE * 2);
    brush.strokeStyle = theme["frame-edge"];
    brush.lineWidth = 2;
    for (const at of [-SIDE, SIDE, SIDE * 3]) {
      brush.beginPath();
      brush.moveTo(at - SIDE * 2, SIDE * 2 + 1);
      brush.lineTo(at + 1, -1);
      brush.stroke();
    }
    const pattern = context.createPattern(tile, "repeat");
    pattern.setTransform(new DOMMatrix().scale(0.5));
    hatches.set(theme, pattern);
  }
  return hatches.get(theme);
}

// The letter of its class, on the left edge of the box.
export function paintLetter(context, view, box, x, y, w) {
  const letter = view.overlay?.letter(box);
  if (!letter) return;
  const { theme, overlay } = view;
  context.beginPath();
  context.arc(x - w / 2, y, LETTER, 0, 2 * Math.PI);
  context.fillStyle = overlay.fill(overlay.look(box), theme) ?? theme.paper;
  context.strokeStyle = theme.paper;
  context.lineWidth = 1.5;
  context.fill();
  context.stroke();
  context.font = `700 9px ${theme.mono}`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillStyle = inkOf(view, box);
  context.fillText(letter, x - w / 2, y + 0.5);
}
