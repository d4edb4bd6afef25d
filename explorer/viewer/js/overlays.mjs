// What boxes can be coloured by. An overlay of numbers has a scale; one of classes has a colour and a letter for each. A folded module shows
// the largest number in it, or the sum of bytes and seconds as the inspector has it, or the class that most of it belongs to.
import { bytes, format, percent, seconds } from "./numbers.mjs";
import { barsOf } from "./patterns.mjs";
import { HUES, scaleOf, shade, stepOf } from "./scales.mjs";
import { FLAGS, NOTHING } from "./subjects.mjs";

const number = (value) => format(value, 3);
const NUMBERS = {
  recorded: { log: true, largest: "recorded", write: number },
  grad: { log: true, largest: "gradient", write: number },
  ratio: { log: true, largest: "ratio", write: number },
  zeros: { from: 0, to: 1, largest: "zeros", write: percent },
  saved: { log: true, sum: (subjects, those) => (those.some((one) => subjects.kept(one).length) ? subjects.keptBytes(those) : NOTHING), write: bytes },
  forward: { log: true, sum: (subjects, those) => subjects.forwardSeconds(those), write: seconds },
  backward: { log: true, sum: total, write: seconds },
};
const CLASSES = {
  odd: { names: (words) => [words["overlay.odd.finite"], "inf", "NaN"], letters: ["", "∞", "N"], colors: [null, HUES[1], HUES[6]], of: odd, worst: true },
  state: { names: (words) => ["unknown", "trained", "computed", "frozen.taken", "plain", "frozen"].map((name) => words[`overlay.state.${name}`]), letters: ["", "T", "C", "F", "P", "X"], colors: [null, HUES[2], HUES[0], HUES[1], null, HUES[6]], of: (subjects, one) => subjects.scene.columns.subject_state[one], worst: true },
  dtype: { of: (subjects, one) => subjects.scene.columns.subject_dtype[one] },
  device: { of: (subjects, one) => subjects.scene.columns.subject_device[one] },
  module: { of: null },
};
export const OVERLAYS = [...Object.keys(NUMBERS), ...Object.keys(CLASSES)];
const MOST_LISTED = 14;
// Looks of a box without a value, and of one that is NaN or infinite.
const NONE = -1;
const ODD = -2;

// The overlay of that name over a scene, or null where none is wanted.
export function overlay(name, scene) {
  if (Object.hasOwn(NUMBERS, name)) return new Numbers(name, NUMBERS[name], scene);
  return Object.hasOwn(CLASSES, name) ? new Classes(name, CLASSES[name], scene) : null;
}

// A scene without a single value for it need not offer it.
export function offered(scene) {
  const { columns, subjects } = scene;
  const there = {
    recorded: columns.subject_recorded,
    grad: columns.subject_gradient,
    ratio: columns.subject_ratio,
    zeros: columns.subject_zeros,
    saved: columns.kept.length > 0,
    forward: columns.subject_forward,
    backward: columns.subject_backward,
    odd: true,
    state: true,
    dtype: columns.subject_dtype.some(Boolean),
    device: columns.subject_device.some(Boolean),
    module: columns.node_module.some(Boolean),
  };
  return subjects.count ? OVERLAYS.filter((each) => there[each]) : [];
}

class Numbers {
  constructor(name, { log, from, to, largest, sum, write }, scene) {
    const { subjects } = scene;
    const of = largest ? (those) => greatest(subjects, largest, those) : (those) => sum(subjects, those);
    this.name = name;
    this.aggregate = largest ? "largest" : "sum";
    this.write = write;
    this.values = Float64Array.from({ length: scene.count }, (_, box) => of(subjects.of(box)));
    // Largest numbers do not depend on what is folded, so their colours should not either.
    const all = name === "recorded" ? rangeOf(scene) : largest ? scene.columns[`subject_${largest}`] ?? [] : this.values;
    this.scale = scaleOf(Array.from(all), { log, from, to });
    this.looks = Int16Array.from(this.values, (value) => (value === NOTHING || !this.scale ? NONE : Number.isFinite(value) ? stepOf(this.scale.place(value)) : ODD));
    this.frames = name === "recorded" ? framesOf(scene, this.scale) : null;
    this.odd = this.looks.includes(ODD);
    this.missing = this.looks.includes(NONE);
  }

  // What boxes of one colour have in common: a step of the scale, or one of the two below.
  look(box) { return this.looks[box]; }
  fill(look, theme) { return look === NONE ? null : look === ODD ? theme.alarm : shade(look); }
  text(box) { return this.values[box] === NOTHING ? "" : Number.isFinite(this.values[box]) ? this.write(this.values[box]) : format(String(this.values[box])); }
  letter() { return ""; }
  bars() { return []; } // more is lighter
}

class Classes {
  constructor(name, { names, letters, colors, of, worst }, scene) {
    const { subjects, words } = scene;
    const named = of ? null : modulesOf(scene);
    const classOf = of ? (one) => of(subjects, one) : (one) => named.of[one];
    const numbered = names ? names(words) : (named?.names ?? scene.header.texts);
    this.name = name;
    this.aggregate = worst ? "worst" : "most";
    const found = Array.from({ length: scene.count }, (_, box) => together(subjects.of(box), classOf, worst));
    this.values = Int32Array.from(found, ({ value }) => value);
    this.mixed = Uint8Array.from(found, ({ mixed }) => (mixed ? 1 : 0));
    // Of all there are, drawn or folded away, so that colours and letters outlive folding.
    const used = names ? [...new Set(this.values)].sort((a, b) => a - b) : [...new Set(Array.from({ length: subjects.count }, (_, one) => classOf(one)))].filter(Boolean).sort((a, b) => numbered[a].localeCompare(numbered[b], "en", { numeric: true }));
    this.classes = new Map(used.map((value, at) => [value, {
      name: numbered[value],
      letter: letters ? letters[value] : letterOf(at),
      color: colors ? colors[value] : HUES[at % HUES.length],
      bars: barsOf(at),
    }]));
    this.missing = this.values.includes(0) && !names;
  }

  // As many as a legend holds, and how many more there are.
  get listed() { return [[...this.classes.values()].slice(0, MOST_LISTED), Math.max(0, this.classes.size - MOST_LISTED)]; }

  look(box) { return this.classes.has(this.values[box]) ? this.values[box] : NONE; }
  fill(look, theme) { return look === NONE ? null : (this.classes.get(look).color ?? theme.operation.fill); }
  text(box) {
    const found = this.classes.get(this.values[box]);
    return found ? found.name + (this.mixed[box] ? " +" : "") : "";
  }
  letter(box) { return this.classes.get(this.values[box])?.letter ?? ""; }
  bars(look) { return this.classes.get(look)?.bars ?? []; }
}

// Of each open module the look of the largest number in it, so that a replay's colours are seen on what holds the parameters too.
const MOST_COMPARED = 2_000_000;

function framesOf(scene, scale) {
  const { subjects, frames } = scene;
  const looks = new Int16Array(frames).fill(NONE);
  const known = Array.from({ length: subjects.nodes }, (_, one) => one).filter((one) => subjects.number("recorded", one) !== NOTHING);
  if (!scale || known.length * frames > MOST_COMPARED) return looks;
  const paths = known.map((one) => `${pathOf(subjects, one)}.`);
  for (let frame = 0; frame < frames; frame++) {
    const path = scene.text("frame_module", frame);
    if (!path) continue;
    const value = greatest(subjects, "recorded", known.filter((_, at) => paths[at].startsWith(`${path}.`)));
    if (value !== NOTHING) looks[frame] = Number.isFinite(value) ? stepOf(scale.place(value)) : ODD;
  }
  return looks;
}

// Over all steps of a replay, and the step that was recorded in full: one colour means the same at each.
function rangeOf({ recorded, columns }) {
  return recorded ? [recorded.low, recorded.high, ...(columns.subject_gradient ?? [])] : [];
}

// NaN before infinities before what is finite, since the worst has to be seen.
function odd(subjects, one) {
  const flags = subjects.flags(one);
  if (flags & (FLAGS.nanGradient | FLAGS.nanValue)) return 2;
  return flags & (FLAGS.infGradient | FLAGS.infValue) ? 1 : 0;
}

function together(those, classOf, worst) {
  const counts = new Map();
  for (const one of those) {
    const value = classOf(one);
    counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  if (!counts.size) return { value: 0, mixed: false };
  const known = [...counts].filter(([value]) => worst || value !== 0);
  if (!known.length) return { value: 0, mixed: false };
  const better = worst ? ([a], [b]) => b - a : ([, a], [, b]) => b - a;
  return { value: known.sort(better)[0][0], mixed: known.length > 1 };
}

function greatest(subjects, column, those) {
  let best = NOTHING;
  for (const one of those) {
    const value = subjects.number(column, one);
    if (Number.isNaN(value)) return NaN;
    if (value > best) best = value;
  }
  return best;
}

function total(subjects, those) {
  let sum = NOTHING;
  for (const one of those) {
    const value = subjects.number("backward", one);
    if (value !== NOTHING) sum = Math.max(sum, 0) + value;
  }
  return sum;
}

// The modules one level below the path that all have in common, so that a model of one trunk still falls apart into its parts.
function modulesOf(scene) {
  const { subjects } = scene;
  const paths = Array.from({ length: subjects.count }, (_, one) => pathOf(subjects, one).split(".").filter(Boolean));
  const known = paths.filter((path) => path.length);
  let depth = 1;
  while (depth < 6 && new Set(known.map((path) => path.slice(0, depth).join("."))).size < 2 && known.some((path) => path.length > depth)) depth++;
  const names = ["", ...new Set(known.map((path) => path.slice(0, depth).join(".")))];
  const at = new Map(names.map((name, index) => [name, index]));
  return { names, of: paths.map((path) => at.get(path.slice(0, depth).join("."))) };
}

function pathOf(subjects, one) {
  const { scene } = subjects;
  const node = subjects.node(one);
  if (node === null) return "";
  const path = scene.text("node_module", node);
  if (path || subjects.kind(node) !== "leaf") return path;
  const name = scene.text("node_variable", node);
  return name.slice(0, Math.max(0, name.lastIndexOf(".")));
}

function letterOf(at) {
  const letter = String.fromCharCode(65 + (at % 26));
  return at < 26 ? letter : `${letter}${Math.floor(at / 26)}`;
}
