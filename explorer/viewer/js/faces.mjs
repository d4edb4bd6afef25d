// From which side an operation is seen. Backward: its call, and the grad_fn that it made. Forward: its call, and the shape of what it gives.
// Both: two halves of one box, the call above and its grad_fn below, and on the line between them what forward saved for backward.
export const FACES = ["backward", "forward", "both"];
const OPERATIONS = new Set(["operation", "custom"]);

const hasHalves = ({ scene, settings }, box) => settings.view === "both" && OPERATIONS.has(scene.kind(box)) && scene.subtitle(box) !== "";

// What stands in a box: the upper line, the lower line ("" for none), and what stands between the halves (null where there are none).
export function linesOf(view, box) {
  const { scene, settings } = view;
  const [title, subtitle] = [scene.title(box), scene.subtitle(box)];
  if (hasHalves(view, box)) return [title, subtitle, scene.text("node_keeps", scene.node(box))];
  if (settings.view !== "forward" || !OPERATIONS.has(scene.kind(box)) || !subtitle) return [title, subtitle, null];
  const { subjects } = scene;
  const node = scene.node(box);
  return [title, [subjects.text("shape", node), subjects.text("dtype", node)].filter(Boolean).join(" · ") || subtitle, null];
}

// The lower half in the colour of backward, and the line between the two.
export function paintHalves(context, view, box, x, y, w, h) {
  if (!hasHalves(view, box)) return;
  const { theme, overlay } = view;
  context.save();
  context.beginPath();
  context.roundRect(x - w / 2 + 0.6, y, w - 1.2, h / 2 - 0.6, [0, 0, 6, 6]);
  context.globalAlpha *= 0.14;
  context.fillStyle = theme.accent;
  if (!overlay) context.fill();
  context.restore();
  context.strokeStyle = theme[view.scene.kind(box)].edge;
  context.lineWidth = 1;
  context.beginPath();
  context.moveTo(x - w / 2, y);
  context.lineTo(x + w / 2, y);
  context.stroke();
}

// On the line between the halves: what was saved, in the colour and the dashes of saved tensors; or the number of an overlay.
export function paintBetween(context, view, text, x, y, w, fit, kept = true) {
  const { theme } = view;
  context.font = `9px ${theme.mono}`;
  const said = fit(text, w - 28);
  const wide = context.measureText(said).width + 10;
  context.beginPath();
  context.roundRect(x - wide / 2, y - 5.5, wide, 11, 3);
  context.fillStyle = kept ? theme.saved.fill : theme.paper;
  context.strokeStyle = kept ? theme.saved.edge : theme.operation.edge;
  context.lineWidth = 1;
  context.fill();
  context.setLineDash(kept ? [3, 2] : []);
  context.stroke();
  context.setLineDash([]);
  context.fillStyle = theme.ink;
  context.fillText(said, x, y + 0.5);
}
