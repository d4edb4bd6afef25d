// A scene out of parts of others: the columns of scene.py, row by row from the drawing that each box, frame and wire comes from.
import { Scene, sums, wiresOf } from "./scene.mjs";
import { NOTHING } from "./subjects.mjs";

const SECOND = new Set(["input", "saved", "result"]);
const TEXTS = { box: ["id", "title", "subtitle", "module", "fold"], frame: ["title", "id", "module"] };
const NUMBERS = ["kind", "node", "saved", "input", "inside", "marks"];
const SUBJECT_TEXTS = new Set(["subject_shape", "subject_dtype", "subject_device"]);
// Px between two labels of one producer, across and down.
const APART = [60, 14];

// `root`: the outermost sheet; `frames`: the open ones; `boxes`: { sheet, box, x, y }; `wires`: { source, target, level, wires, points }.
export function gather(root, frames, boxes, wires) {
  const { known, header } = root.level.scene;
  const texts = new Texts(known);
  const pieces = [...boxes.map(({ sheet, box }) => () => sheet.level.scene.boxDetail(box)), ...frames.map(({ level, frame }) => () => level.scene.frameDetail(frame))];
  const columns = {
    ...boxColumns(boxes, texts),
    ...frameColumns(frames, texts, boxes.length),
    ...subjectColumns(boxes, texts),
    ...wireColumns(wires, texts),
  };
  const places = new Map(boxes.map((box, place) => [box, place]));
  const own = { ...header, texts: texts.further, width: root.size[0], height: root.size[1], open_modules: frames.map(({ fold }) => fold) };
  return new Scene(known, own, columns, joined(wires, places), (place) => pieces[place]());
}

// Every text once: those of the run, and further ones.
class Texts {
  constructor({ header }) {
    this.further = [];
    this.places = new Map(header.texts.map((text, place) => [text, place]));
  }

  place(text) {
    if (!this.places.has(text)) {
      this.places.set(text, this.places.size);
      this.further.push(text);
    }
    return this.places.get(text);
  }
}

function boxColumns(boxes, texts) {
  const of = (column) => boxes.map(({ sheet, box }) => sheet.level.scene.columns[column][box]);
  const named = TEXTS.box.map((name) => [`box_${name}`, boxes.map(({ sheet, box }) => texts.place(sheet.level.scene.text(`box_${name}`, box)))]);
  return {
    box_x: Float64Array.from(boxes, ({ x }) => x),
    box_y: Float64Array.from(boxes, ({ y }) => y),
    box_width: Float64Array.from(of("box_width")),
    box_height: Float64Array.from(of("box_height")),
    ...Object.fromEntries(NUMBERS.map((name) => [`box_${name}`, Uint32Array.from(of(`box_${name}`))])),
    ...Object.fromEntries(named),
    inside: Uint32Array.from(boxes.flatMap(({ sheet, box }) => (sheet.level.scene.node(box) === null ? [...sheet.level.scene.nodesOf(box)] : []))),
    box_detail: boxes.map((_, place) => place),
  };
}

function frameColumns(frames, texts, before) {
  const named = TEXTS.frame.map((name) => [`frame_${name}`, frames.map(({ level, frame }) => texts.place(level.scene.text(`frame_${name}`, frame)))]);
  return {
    frame_x: frames.map(({ corner, size }) => corner[0] + size[0] / 2),
    frame_y: frames.map(({ corner, size }) => corner[1] + size[1] / 2),
    frame_width: frames.map(({ size }) => size[0]),
    frame_height: frames.map(({ size }) => size[1]),
    frame_depth: frames.map(({ level, frame }) => level.scene.columns.frame_depth[frame]),
    frame_fold: frames.map(({ fold }) => texts.place(fold)),
    frame_detail: frames.map((_, place) => before + place),
    ...Object.fromEntries(named),
  };
}

// Rows of the boxes that are subjects of their own.
function subjectColumns(boxes, texts) {
  const own = boxes.filter(({ sheet, box }) => SECOND.has(sheet.level.scene.kind(box))).map(({ sheet, box }) => [sheet.level.scene, sheet.level.scene.subjects.ofSecond.get(box)]);
  const names = new Set(own.flatMap(([scene]) => Object.keys(scene.columns)).filter((name) => name.startsWith("subject_")));
  names.add("subject_kind"); // by which their number is told
  const column = (name) => {
    const rows = own.map(([scene, subject]) => (SUBJECT_TEXTS.has(name) ? texts.place(scene.text(name, subject)) : scene.columns[name]?.[subject] ?? NOTHING));
    return own.some(([scene]) => scene.columns[name] instanceof Float32Array) ? Float32Array.from(rows) : Uint32Array.from(rows);
  };
  const list = (name) => Uint32Array.from(own.flatMap(([scene, subject]) => [...scene.subjects[name](subject)]));
  return { ...Object.fromEntries([...names].map((name) => [name, column(name)])), held: list("held"), kept: list("kept") };
}

function wireColumns(wires, texts) {
  const each = (column) => wires.map(({ level, wires: some }) => some.map((wire) => level.scene.columns[column]?.[wire]));
  const shapes = wires.map(({ level, wires: some }) => [...new Set(some.map((wire) => level.scene.text("wire_shape", wire)))].filter(Boolean).join(", "));
  const gradients = each("wire_gradient").map((norms) => (norms.some(Number.isNaN) ? NaN : Math.max(...norms)));
  const labels = labelsOf(wires);
  return {
    wire_shape: shapes.map((text) => texts.place(text)),
    ...(wires.some(({ level }) => level.scene.columns.wire_gradient) ? { wire_gradient: Float32Array.from(gradients) } : {}),
    label_wire: labels.map(({ wire }) => wire),
    label_x: labels.map(({ x }) => x),
    label_y: labels.map(({ y }) => y),
    label_gradient: labels.map(({ gradient }) => texts.place(gradient)),
    label_count: labels.map(({ count }) => texts.place(count)),
  };
}

// Each as far from the producer as the label of its wire in the producer's own sheet, where that wire may end in a folded module. A wire that
// stands for several, here or there, bears none: it would say whose it is of none of them.
function labelsOf(all) {
  const found = [];
  const taken = new Map();
  all.forEach(({ source, level, ends, wires, points }, wire) => {
    const { scene } = level;
    const label = scene.labelOfWire.get(wires[0]);
    const away = beside(source.sheet.level, level, ends, wires[0]);
    if (wires.length > 1 || label === undefined || !away) return;
    const [x, y] = [points[0][0] + away[0], points[0][1] + away[1]];
    const others = taken.get(source) ?? [];
    if (others.some(([left, top]) => Math.abs(left - x) < APART[0] && Math.abs(top - y) < APART[1])) return;
    taken.set(source, [...others, [x, y]]);
    found.push({ wire, x, y, gradient: scene.text("label_gradient", label), count: scene.text("label_count", label) });
  });
  return found;
}

// How far from its beginning the label of a wire of `level` stands in the producer's own drawing; null where it has none, or shares one.
function beside(own, level, ends, wire) {
  const { scene } = own;
  const there = own === level ? wire : ends.wire(wire, own);
  const label = scene.labelOfWire.get(there);
  if (label === undefined || (own !== level && scene.text("label_count", label))) return null;
  const start = scene.wires.at[there];
  return [scene.columns.label_x[label] - scene.wires.x[start], scene.columns.label_y[label] - scene.wires.y[start]];
}

function joined(wires, places) {
  const points = wires.flatMap(({ points: way }) => way);
  return wiresOf(places.size, {
    source: Uint32Array.from(wires, ({ source }) => places.get(source)),
    target: Uint32Array.from(wires, ({ target }) => places.get(target)),
    at: sums(wires.map(({ points: way }) => way.length)),
    x: Float64Array.from(points, ([x]) => x),
    y: Float64Array.from(points, ([, y]) => y),
  });
}
