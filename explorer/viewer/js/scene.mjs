// Reads what explorer/viewer/scene.py writes: the drawing as typed arrays; details parsed, or asked of the server, only when wanted.
import { askDetail } from "./asked.mjs";
import { unpack } from "./blob.mjs";
import { Known } from "./known.mjs";
import { Subjects } from "./subjects.mjs";

const utf8 = new TextDecoder();

// Throws an Error for what is not a scene, is cut off, or contradicts itself: a wire to a box that is not there, points of no wire. `known`, the
// Known of its run, and `detail`, as of Scene, are what the scene does not carry itself.
export function decode(bytes, known = null, detail = null) { return build(read(bytes), known, detail); }

// The two steps of it: a blob with the names of what it asks for, and the scene.
export function read(bytes) { return unpack(bytes, "AXS1"); }

export function build({ header, columns, rest }, known, detail = null) {
  const pieces = rest.subarray(header.known);
  check(columns, pieces.length);
  const about = header.known ? new Known(rest.subarray(0, header.known)) : known;
  const { places, further } = about.continued(header.texts);
  const named = header.columns.filter(({ texts }) => texts).map(({ name }) => [name, renumbered(columns[name], places)]);
  const own = { ...columns, ...Object.fromEntries(named), inside: stretched(columns) };
  return new Scene(about, { ...header, texts: further }, own, readWires(columns), header.asks ? null : detail ?? piecesOf(pieces, columns.detail_end));
}

function renumbered(column, places) {
  const found = new Uint32Array(column.length);
  for (let row = 0; row < column.length; row++) found[row] = places[column[row]];
  return found;
}

function check(columns, details) {
  const boxes = columns.box_x.length;
  for (const end of ["wire_source", "wire_target"]) if (columns[end].some((box) => box >= boxes)) throw new Error("a wire ends in no box");
  if (columns.wire_points.some((points) => points < 2)) throw new Error("a wire has no length");
  if (columns.wire_points.reduce((sum, points) => sum + points, 0) !== columns.point_x.length) throw new Error("points and wires do not agree");
  if ((columns.detail_end.at(-1) ?? 0) > details) throw new Error("the details are cut off");
}

// `header` and `columns` are the drawing's own, its texts those that `known` lacks; `detail(place)` is a piece of what is known, null where the server has it; `wires` as of `readWires`.
export class Scene {
  constructor(known, header, columns, wires, detail) {
    this.known = known;
    this.complete = known.complete; // false while the page waits for what is known of the run
    this.header = { ...known.header, ...header, texts: known.header.texts.concat(header.texts) };
    this.words = known.header.words;
    this.width = header.width;
    this.height = header.height;
    this.columns = { ...known.columns, ...columns, ...known.subjects(columns) };
    this.wires = wires;
    this.detail = detail;
    this.count = columns.box_x.length;
    this.x = columns.box_x;
    this.y = columns.box_y;
    this.w = columns.box_width;
    this.h = columns.box_height;
    this.frames = columns.frame_x.length;
    this.labels = columns.label_wire.length;
    this.labelOfWire = new Map(Array.from(columns.label_wire, (wire, label) => [wire, label]));
    this.insideAt = sums(columns.box_inside);
    this.asked = new Map(); // details that are not in the scene, by place, once they have come
    this.indices = {};
  }

  // Indices are made once they are asked for: the first picture needs none.
  get subjects() { return (this.indices.subjects ??= new Subjects(this)); }
  get boxesOfNode() { return (this.indices.nodes ??= this.#indexNodes()); }
  get frameOfId() { return (this.indices.frames ??= new Map(Array.from({ length: this.frames }, (_, frame) => [this.text("frame_id", frame), frame]))); }
  get boxOfId() { return (this.indices.boxes ??= new Map(Array.from({ length: this.count }, (_, box) => [this.id(box), box]))); }

  text(column, index) { return this.header.texts[this.columns[column][index]]; }
  kind(box) { return this.header.kinds[this.columns.box_kind[box]]; }
  node(box) { return this.columns.box_node[box] ? this.columns.box_node[box] - 1 : null; }
  id(box) { return this.text("box_id", box) || `n${this.node(box)}`; }
  title(box) { return this.text("box_title", box); }
  subtitle(box) { return this.text("box_subtitle", box); }
  label(label, gradients) { return [this.text("label_count", label), gradients ? this.text("label_gradient", label) : ""].filter(Boolean).join(" "); }
  // Name of the variable that the node of a box stands in; empty for a folded module.
  variable(box) { return this.columns.box_node[box] ? this.text("node_variable", this.node(box)) : ""; }
  line(node) { return this.columns.node_line[node] || null; }

  // The nodes that a box stands for: its own, or all those in a folded module.
  nodesOf(box) {
    const node = this.node(box);
    return node === null ? this.columns.inside.subarray(this.insideAt[box], this.insideAt[box + 1]) : [node];
  }

  // What is known of a box or a frame; undefined where that has to be asked for first.
  boxDetail(box) { return this.#detail(this.columns.box_detail[box]); }
  frameDetail(frame) { return this.#detail(this.columns.frame_detail[frame]); }

  // The same as a promise, from the server where it is not here. It fails where the server does not answer.
  askBoxDetail(box) { return this.#ask(this.columns.box_detail[box]); }
  askFrameDetail(frame) { return this.#ask(this.columns.frame_detail[frame]); }

  // The saved tensor of the owner's details that a box of kind "saved" shows.
  savedOf(box, facts) { return facts.saved?.[this.columns.box_saved[box] - 1]; }

  // The input of the same call that a box of kind "input" shows.
  inputOf(box, facts) { return facts.inputs?.[this.columns.box_input[box] - 1]; }

  nodesOfLine(line) {
    const lines = this.columns.node_line;
    return Array.from(lines.keys()).filter((node) => lines[node] === line);
  }

  // The first node made in a module or in one inside it; null where there is none.
  nodeOfModule(path) {
    const modules = this.columns.node_module;
    const found = modules.findIndex((_, node) => `${this.text("node_module", node)}.`.startsWith(`${path}.`));
    return found < 0 ? null : found;
  }

  async #ask(place) {
    if (this.#detail(place) === undefined) this.asked.set(place, await askDetail(this.header.asks.details, place));
    return this.#detail(place);
  }

  #detail(place) { return this.detail ? this.detail(place) : this.asked.get(place); }

  // node -> its boxes: its own first, then a leaf's copies; the boxes of its inputs and saved tensors come last.
  #indexNodes() {
    const boxes = new Map();
    const add = (box) => {
      for (const node of this.nodesOf(box)) boxes.has(node) ? boxes.get(node).push(box) : boxes.set(node, [box]);
    };
    const second = new Set(["input", "saved", "result"]);
    for (let box = 0; box < this.count; box++) if (!second.has(this.kind(box))) add(box);
    for (let box = 0; box < this.count; box++) if (second.has(this.kind(box))) add(box);
    return boxes;
  }
}

// Details that several scenes share, see `encode_together` of scene.py.
export function decodeDetails(bytes) {
  const data = new DataView(bytes.buffer, bytes.byteOffset);
  const count = data.getUint32(0, true);
  return piecesOf(bytes.subarray(4 + 4 * count), Array.from({ length: count }, (_, place) => data.getUint32(4 + 4 * place, true)));
}

const piecesOf = (bytes, ends) => (place) => JSON.parse(utf8.decode(bytes.subarray(place ? ends[place - 1] : 0, ends[place])));

// The nodes in folded modules, one box's after another's, out of stretches of them.
function stretched({ inside_from: from, inside_count: count }) {
  const at = sums(count);
  const nodes = new Uint32Array(at.at(-1));
  from.forEach((first, stretch) => {
    for (let node = 0; node < count[stretch]; node++) nodes[at[stretch] + node] = first + node;
  });
  return nodes;
}

// Wires with absolute points, from points that are relative to the one before.
function readWires(columns) {
  const { wire_source: source, wire_target: target, wire_points: points, point_x: dx, point_y: dy } = columns;
  const count = source.length;
  const at = sums(points);
  const x = new Float64Array(dx.length);
  const y = new Float64Array(dy.length);
  for (let wire = 0; wire < count; wire++) {
    let px = columns.box_x[source[wire]];
    let py = columns.box_y[source[wire]];
    for (let point = at[wire]; point < at[wire + 1]; point++) {
      x[point] = px += dx[point];
      y[point] = py += dy[point];
    }
  }
  return wiresOf(columns.box_x.length, { source, target, at, x, y });
}

// Of wire w the points at[w] to at[w + 1]; and who follows whom, in both directions.
export function wiresOf(boxes, { source, target, at, x, y }) {
  return { count: source.length, source, target, at, x, y, out: adjacency(boxes, source), into: adjacency(boxes, target) };
}

// Where each of rows of such lengths begins when they lie one after another; last the end of all.
export function sums(lengths) {
  const at = new Uint32Array(lengths.length + 1);
  for (let row = 0; row < lengths.length; row++) at[row + 1] = at[row] + lengths[row];
  return at;
}

// Compressed rows: the wires that have `ends[wire] === box` are list[at[box]] to list[at[box + 1]].
function adjacency(boxes, ends) {
  const at = new Uint32Array(boxes + 1);
  for (const box of ends) at[box + 1]++;
  for (let box = 0; box < boxes; box++) at[box + 1] += at[box];
  const next = at.slice();
  const list = new Uint32Array(ends.length);
  for (let wire = 0; wire < ends.length; wire++) list[next[ends[wire]]++] = wire;
  return { at, list };
}

export function wiresAt({ at, list }, box) { return list.subarray(at[box], at[box + 1]); }
