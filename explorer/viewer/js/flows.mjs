// What flows along wires, drawn where it is asked for: bands as wide as the gradient is large, the way back of the gradient beside the way of
// the data, and the shapes of the tensors.
import { traceWire } from "./curves.mjs";
import { setFace, writeLabel } from "./labels.mjs";
import { scaleOf } from "./scales.mjs";
import { NOTHING } from "./subjects.mjs";

const LEGIBLE = 0.6;
const WIDEST = 14;
const BANDS = 6;
const ASIDE = 6;
const FADED = 0.36;
const CROWDED = 48;
const bands = new WeakMap();

// Under the wires: one band a wire, in a few widths, by the logarithm of the largest norm along it; what is not finite is an alarm.
export function drawBands(context, view, wires) {
  const { scene, theme, settings } = view;
  const norms = scene.columns.wire_gradient;
  if (!settings.widths || !norms) return;
  const paths = new Map();
  for (const wire of wires) {
    const band = bandOf(scene, wire);
    if (band === null) continue;
    if (!paths.has(band)) paths.set(band, new Path2D());
    traceWire(paths.get(band), scene.wires, wire, view.camera.k < 0.16);
  }
  for (const [band, path] of paths) {
    context.globalAlpha = 0.3;
    context.strokeStyle = band === "odd" ? theme.alarm : theme.accent;
    context.lineWidth = band === "odd" ? WIDEST : 2 + (band * (WIDEST - 2)) / (BANDS - 1);
    context.stroke(path);
  }
  context.globalAlpha = 1;
}

// 0 to BANDS - 1 by the logarithm of its gradient; "odd" where it is not finite, null where there is none.
export function bandOf(scene, wire) {
  const norm = scene.columns.wire_gradient[wire];
  if (norm === NOTHING) return null;
  if (!Number.isFinite(norm)) return "odd";
  if (!bands.has(scene)) bands.set(scene, scaleOf(Array.from(scene.columns.wire_gradient), { log: true }));
  const scale = bands.get(scene);
  return scale ? Math.round(scale.place(norm) * (BANDS - 1)) : 0;
}

// Whether a gradient flows back along a wire: not to what needs none, and not from a saved tensor.
function returns(scene, wire) {
  return !["input", "saved"].includes(scene.kind(scene.wires.source[wire]));
}

// Beside each wire the way back, with its arrow at the producer.
export function drawReturns(context, { scene, camera, theme, selection, settings, motion }, wires) {
  if (settings.view !== "both") return;
  const marks = selection.related?.wires;
  context.save();
  context.translate(-ASIDE, 0);
  for (const lit of marks ? [false, true] : [true]) {
    const [path, tips] = [new Path2D(), new Path2D()];
    for (const wire of wires) {
      if (!returns(scene, wire) || (marks && Boolean(marks[wire]) !== lit)) continue;
      traceWire(path, scene.wires, wire, camera.k < 0.16);
      traceTip(tips, scene.wires, wire, 7);
    }
    context.globalAlpha = (lit ? 0.8 : FADED) * motion.arrived;
    context.strokeStyle = context.fillStyle = theme.accent;
    context.lineWidth = Math.max(1.1, 0.6 / camera.k);
    context.stroke(path);
    if (camera.k >= 0.25) context.fill(tips);
  }
  context.restore();
}

function traceTip(path, { at, x, y }, wire, size) {
  const start = at[wire];
  path.moveTo(x[start], y[start]);
  path.lineTo(x[start] - size * 0.5, y[start] + size);
  path.lineTo(x[start] + size * 0.5, y[start] + size);
}

// The shape of what each wire hands on, near its consumer, so that it keeps clear of the gradient's label near the producer.
export function drawFlowing(context, { scene, camera, theme, selection, settings, motion }, wires) {
  if (camera.k < LEGIBLE || !(settings.shapes || settings.view === "both")) return;
  const marks = selection.related?.wires;
  setFace(context, theme);
  context.textAlign = "left";
  const { at, x, y } = scene.wires;
  const taken = [];
  for (const wire of wires) {
    const text = scene.text("wire_shape", wire);
    if (!text || (text === "()" && !settings.shapes)) continue; // that it is a single number goes without saying
    const end = at[wire + 1] - 1;
    const said = `↓ ${text}`;
    const wide = context.measureText(said).width;
    const left = y[end] - y[at[wire]] < CROWDED ? x[end] - wide - ASIDE - 6 : x[end] + 6; // beside the gradient's label where one is below the other
    const place = { left, top: y[end] - 19, right: left + wide + 4, bottom: y[end] - 5 };
    if (y[end] - y[at[wire]] < 24 || taken.some((other) => place.left < other.right && other.left < place.right && place.top < other.bottom && other.top < place.bottom)) continue;
    taken.push(place);
    context.globalAlpha = motion.arrived * (marks && !marks[wire] ? FADED : 1);
    writeLabel(context, theme, said, place.left, y[end] - 12);
  }
  context.globalAlpha = 1;
}
