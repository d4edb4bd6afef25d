// What wires say of backward: the gradient that flowed back along each, and how many edges it stands for. Python chose the places.
const LEGIBLE = 0.6;

// `wires` are those that may be seen; without gradients, or seen forward, only the counts are left.
export function drawLabels(context, { scene, camera, theme, selection, motion, settings }, wires, dimmed) {
  if (camera.k < LEGIBLE || !scene.labels) return;
  const marks = selection.related?.wires;
  setFace(context, theme);
  for (const wire of wires) {
    const label = scene.labelOfWire.get(wire);
    if (label === undefined) continue;
    const text = scene.label(label, settings.gradients && settings.view !== "forward");
    if (!text) continue;
    context.globalAlpha = motion.arrived * (marks && !marks[wire] ? dimmed : 1);
    writeLabel(context, theme, text, scene.columns.label_x[label], scene.columns.label_y[label]);
  }
  context.globalAlpha = 1;
}

export function setFace(context, theme) {
  context.font = `600 11px ${theme.sans}`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.lineJoin = "round";
}

// With a rim of paper, so that a wire behind it does not cross the digits. What is not finite is an alarm.
export function writeLabel(context, theme, text, x, y) {
  context.lineWidth = 4;
  context.strokeStyle = theme.paper;
  context.strokeText(text, x, y);
  context.fillStyle = /nan|inf/.test(text) ? theme.alarm : text.includes("↑") ? theme.accent : theme.muted;
  context.fillText(text, x, y);
}
