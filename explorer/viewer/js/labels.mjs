// What wires say of backward: the gradient that flowed back along each, and how many edges it stands for. Python chose the places.
import { stale } from "./recorded.mjs";

const LEGIBLE = 0.6;
// Px that a label reaches from its centre, at most.
const REACH = 100;

// Without gradients, or seen forward, only the counts are left. `dimmed`: opacity of what is not related to the selection.
export function drawLabels(context, { scene, camera, theme, selection, motion, settings }, { seen: [left, top, right, bottom], origin: [ox, oy] }, dimmed) {
  if (camera.k < LEGIBLE || !scene.labels) return;
  const marks = selection.related?.wires;
  const { label_wire: wires, label_x: xs, label_y: ys } = scene.columns;
  const gradients = settings.gradients && settings.view !== "forward" && !stale(scene);
  setFace(context, theme);
  for (let label = 0; label < scene.labels; label++) {
    if (xs[label] < left - REACH || xs[label] > right + REACH || ys[label] < top - REACH || ys[label] > bottom + REACH) continue;
    const text = scene.label(label, gradients);
    if (!text) continue;
    context.globalAlpha = motion.arrived * (marks && !marks[wires[label]] ? dimmed : 1);
    writeLabel(context, theme, text, xs[label] - ox, ys[label] - oy);
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
