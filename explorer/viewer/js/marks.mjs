// Small signs on boxes whose node is peculiar: a hook, a retained gradient, a missing saved tensor, a checkpointed segment.
// The bits are those of explorer/viewer/evidence.py; a second or later order shows as another tone of the box instead.
export const HIGHER = 8;
export const SIGNS = [
  { bit: 4, name: "missing", color: "alarm" },
  { bit: 1, name: "hooks", color: "accent" },
  { bit: 2, name: "retains", color: "accent" },
  { bit: 16, name: "segment", color: "muted" },
];
const [SIZE, GAP] = [6.5, 3];

// The look of a box: its kind, or `second` for an operation of a second or later order.
export const look = (kind, marks) => (marks & HIGHER && kind === "operation" ? "second" : kind);

// Along the upper edge of the box around (x, y), from its right end.
export function paintMarks(context, marks, x, y, w, h, theme) {
  let at = x + w / 2 - 14;
  for (const sign of SIGNS) {
    if (!(marks & sign.bit)) continue;
    paintSign(context, sign, at, y - h / 2, theme);
    at -= 2 * SIZE + GAP;
  }
}

// A disc of paper with a line drawing of 7 px.
export function paintSign(context, { name, color }, x, y, theme) {
  context.fillStyle = theme.paper;
  context.strokeStyle = theme[color];
  context.lineWidth = 1.1;
  context.beginPath();
  context.arc(x, y, SIZE, 0, 2 * Math.PI);
  context.fill();
  context.stroke();
  context.lineWidth = 1.4;
  context.lineCap = "round";
  context.beginPath();
  DRAWINGS[name](context, x, y);
  context.stroke();
  context.lineCap = "butt";
}

// What the reader pinned: a pin's head and needle.
export function paintPin(context, theme, x, y) {
  paintSign(context, { name: "pin", color: "accent" }, x, y, theme);
}

const DRAWINGS = {
  pin(context, x, y) {
    context.moveTo(x + 1.9, y - 1.6);
    context.arc(x, y - 1.6, 1.9, 0, 2 * Math.PI);
    context.moveTo(x, y + 0.4);
    context.lineTo(x, y + 4);
  },
  missing(context, x, y) {
    context.moveTo(x, y - 3.4);
    context.lineTo(x, y + 0.6);
    context.moveTo(x, y + 3.2);
    context.lineTo(x, y + 3.3);
  },
  hooks(context, x, y) {
    context.moveTo(x + 1.8, y - 3.4);
    context.lineTo(x + 1.8, y + 0.8);
    context.arc(x, y + 0.8, 1.8, 0, Math.PI);
  },
  retains(context, x, y) {
    context.moveTo(x, y - 3.2);
    context.lineTo(x, y + 1.4);
    context.moveTo(x - 2.2, y - 0.6);
    context.lineTo(x, y + 1.6);
    context.lineTo(x + 2.2, y - 0.6);
    context.moveTo(x - 2.8, y + 3.4);
    context.lineTo(x + 2.8, y + 3.4);
  },
  segment(context, x, y) {
    context.arc(x, y, 2.8, 0.9, 2 * Math.PI - 0.3);
    context.moveTo(x + 0.4, y - 2);
    context.lineTo(x + 2.8, y - 0.9);
    context.lineTo(x + 3.4, y - 3.4);
  },
};
