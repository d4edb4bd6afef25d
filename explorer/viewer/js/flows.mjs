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

// The shape of what each wire hands on, near its consumer, on the side where no other text stands.
export function drawFlowing(context, { scene, camera, theme, selection, settings, motion }, wires) {
  if (camera.k < LEGIBLE || !(settings.shapes || settings.view === "both")) return;
  const marks = selection.related?.wires;
  setFace(context, theme);
  const taken = settings.gradients && settings.view !== "forward" ? labelPlaces(context, scene, wires) : [];
  context.textAlign = "left";
  const { at, x, y } = scene.wires;
  for (const wire of wires) {
    const text = scene.text("wire_shape", wire);
    if (!text || (text === "()" && !settings.shapes)) continue; // that it is a single number goes without saying
    const end = at[wire + 1] - 1;
    if (y[end] - y[at[wire]] < 24) continue;
    const said = `↓ ${text}`;
    const wide = context.measureText(said).width;
    const places = [x[end] + 6, x[end] - wide - ASIDE - 6].map((left) => ({ left, top: y[end] - 19, right: left + wide + 4, bottom: y[end] - 5 }));
    const place = places.find((each) => !taken.some((other) => meet(each, other)));
    if (!place) continue;
    taken.push(place);
    context.globalAlpha = motion.arrived * (marks && !marks[wire] ? FADED : 1);
    writeLabel(context, theme, said, place.left, y[end] - 12);
  }
  context.globalAlpha = 1;
}

// What the labels of gradients take.
function labelPlaces(context, scene, wires) {
  const { label_x: xs, label_y: ys } = scene.columns;
  return wires.map((wire) => scene.labelOfWire.get(wire)).filter((label) => label !== undefined).map((label) => {
    const half = context.measureText(scene.label(label, true)).width / 2 + 3;
    return { left: xs[label] - half, top: ys[label] - 7, right: xs[label] + half, bottom: ys[label] + 7 };
  });
}

const meet = (one, other) => one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom;
