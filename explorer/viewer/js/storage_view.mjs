// The storages of a run as strips of cells, the tensors that read each, and the elements of the one that is chosen. Pointing at an element
// lights its cell and says the sum that leads there; pointing at a cell names every element that lies in it.
//
// Data from Python (storage.py): {storages: [{id, dtype, device, nbytes, width, count, cells}], more, tensors: [...], tensor, words}, and
// windows: [{storage, start, values}], the numbers of further cells that a person asked for. To Python: window {storage, start, cells}.
import { publish } from "./bus.mjs";
import { element, fill } from "./dom.mjs";
import { Elements, isEmpty } from "./elements.mjs";
import { mountFollower } from "./follower.mjs";
import { bytes, thousands } from "./numbers.mjs";
import { rawBytes } from "./raw.mjs";
import { address, cellsAt, rank, readers } from "./strided.mjs";
import { Strip } from "./strip.mjs";
import { show, tuple } from "./written.mjs";

const SOURCE = "storage";
const OPEN = 5; // rows of cells in sight of the storage under the chosen tensor
const GLANCE = 1; // and of the others
const ROW = 72; // px of a row of cells, and for each tensor's bar in it:
const BAR = 4;
const READERS = 6; // named for one cell
const HUES = 6; // tensors that have a bar of their own under every cell; the order says which is which, too

export const mount = (root, port) => mountFollower(root, new StorageView(port));

export class StorageView {
  constructor(port) {
    this.port = port;
    this.frame = element("div", { class: "storages" });
    this.cards = new Map();
    this.chosen = null; // name of a tensor
  }

  update(data) {
    const { windows, ...rest } = data;
    const content = JSON.stringify(rest);
    if (content === this.content) return this.takeWindows(windows);
    const asked = this.data?.tensor !== data.tensor;
    Object.assign(this, { content, data });
    this.tensors = new Map(data.tensors.map((tensor) => [tensor.name, tensor]));
    this.cards = new Map(data.storages.map((storage) => [storage.id, this.card(storage)]));
    const note = data.more ? element("p", { class: "note" }, fill(data.words.more_storages, { count: data.more })) : null;
    this.aside = element("div", { class: "card aside", hidden: true });
    const cards = [...this.cards.values()].map((card) => card.frame);
    const none = data.tensors.length ? null : element("p", { class: "note" }, data.words.none);
    this.frame.replaceChildren(...[none, ...cards, this.aside, note].filter(Boolean));
    this.takeWindows(windows);
    this.choose(asked || !this.tensors.has(this.chosen) ? data.tensor : this.chosen, asked);
    return undefined;
  }

  takeWindows(windows) {
    for (const card of this.cards.values()) card.takeWindows((windows ?? []).filter(({ storage }) => storage === card.storage.id));
  }

  // Show a tensor that does not exist yet over its storage, or show it no more.
  preview(tensor) {
    const card = tensor && this.cards.get(tensor.storage);
    if (card) card.choose({ ...tensor, unit: tensor.width / card.storage.width });
  }

  card(storage) {
    const over = this.data.tensors.filter((tensor) => tensor.storage === storage.id);
    for (const tensor of over) tensor.unit = tensor.width / storage.width;
    const ask = this.data.readsOn ? (start) => this.port.set("window", { storage: storage.id, start, cells: storage.count }) : null;
    return new Card(storage, over, this.data.words, (tensor) => this.pick(tensor), ask);
  }

  // Chosen here, by a person.
  pick({ name, storage, line, node }) {
    this.choose(name);
    publish({ tensor: name, storage: [storage], line, node, source: SOURCE });
  }

  // Chosen elsewhere: by name, or by a storage, whose first tensor it then is.
  follow({ tensor, storage, source }) {
    if (source === SOURCE || !this.data) return;
    const first = this.data.tensors.find((one) => storage?.includes(one.storage));
    const found = this.tensors.get(tensor) ?? first;
    if (found) this.choose(found.name, true);
  }

  choose(name, reveal = false) {
    this.chosen = name;
    const tensor = this.tensors.get(name);
    for (const card of this.cards.values()) card.choose(card.storage.id === tensor?.storage ? tensor : null);
    this.aside.hidden = !tensor || this.cards.has(tensor.storage);
    if (!this.aside.hidden) {
      const why = fill(this.data.words["no_strides.why"], tensor);
      this.aside.replaceChildren(element("h3", {}, element("code", {}, name)), element("p", {}, why));
    }
    const shown = this.cards.get(tensor?.storage)?.frame ?? this.aside;
    if (reveal) showInside(this.frame, shown);
  }
}

// Scrolls the list of storages, never the page.
function showInside(frame, card) {
  const top = card.offsetTop - frame.offsetTop;
  if (top < frame.scrollTop || top + card.offsetHeight > frame.scrollTop + frame.clientHeight) frame.scrollTop = top;
}

class Card {
  constructor(storage, tensors, words, pick, ask) {
    Object.assign(this, { storage, tensors, words, pick, ask });
    this.windows = [];
    this.readout = element("p", { class: "readout", "aria-live": "polite" });
    this.elements = new Elements(words, (index) => this.pointAtElement(index));
    this.bars = tensors.length > 1 ? tensors.slice(0, HUES) : [];
    this.strip = new Strip({
      count: storage.count,
      rowHeight: ROW + BAR * this.bars.length,
      label: fill(words.cells, storage),
      cell: (at) => this.cell(at),
      point: (at) => this.pointAtCell(at),
    });
    this.layers = tensors.map((tensor, order) => this.layer(tensor, order));
    const list = element("div", { class: "layers", role: "group", "aria-label": fill(words.tensors, storage) }, this.layers);
    this.frame = element("section", { class: "card" }, this.head(), this.note(), this.strip.frame, this.readout, list, this.elements.frame);
  }

  head() {
    const { storage, tensors, words } = this;
    const size = fill(words.size, { cells: thousands(storage.count), width: storage.width, bytes: bytes(storage.nbytes) });
    return element(
      "header",
      {},
      element("h3", {}, fill(words.title, storage)),
      element("span", { class: "size" }, `${size} · ${storage.dtype} · ${storage.device}`),
      tensors.length > 1 ? element("span", { class: "shared" }, fill(words.shared, { count: tensors.length })) : null,
    );
  }

  note() {
    const { storage, words } = this;
    const lines = [];
    if (storage.count === 0) lines.push(words.zero);
    else if (storage.cells === null) lines.push(words.unreadable);
    else if (storage.cells.length < storage.count) lines.push(fill(words.known, { count: thousands(storage.cells.length) }));
    if (/^q/.test(storage.dtype)) lines.push(words.quantised);
    const partly = storage.cells !== null && storage.cells.length < storage.count;
    const read = partly && this.ask ? element("button", { type: "button", class: "read", onclick: () => this.ask(this.strip.first) }, words.read) : null;
    return lines.length ? element("p", { class: "note" }, lines.join(" "), read && " ", read) : null;
  }

  takeWindows(windows) {
    if (JSON.stringify(windows) === JSON.stringify(this.windows)) return;
    this.windows = windows;
    this.strip.redraw();
    this.drawElements();
  }

  // One tensor over this storage, as a button that says how it reads it.
  layer(tensor, order) {
    const { words } = this;
    const fact = (name, value) => element("span", { class: "fact" }, element("span", { class: "term" }, `${name} `), value);
    const kind = tensor.saved ? words.saved : tensor.view ? words.view : null;
    return element(
      "button",
      { class: order < HUES ? `layer hue-${order}` : "layer", type: "button", "aria-pressed": "false", onclick: () => this.pick(tensor) },
      element("i", { class: "mark" }),
      element("code", { class: "name" }, tensor.name),
      fact("shape", tuple(tensor.shape)),
      fact("stride", tuple(tensor.stride)),
      fact(words.offset, String(tensor.offset)),
      element("span", { class: tensor.contiguous ? "flag" : "flag broken" }, tensor.contiguous ? words.contiguous : words.not_contiguous),
      kind ? element("span", { class: "flag" }, kind) : null,
    );
  }

  choose(tensor) {
    this.chosen = tensor;
    this.frame.classList.toggle("chosen", Boolean(tensor));
    this.tensors.forEach((one, order) => this.layers[order].setAttribute("aria-pressed", String(one === tensor)));
    const [first] = tensor ? cellsAt(tensor.offset, tensor.unit) : [0];
    this.strip.show(tensor ? OPEN : GLANCE, first);
    this.drawElements();
    this.pointAway();
  }

  // ---- cells

  cell(at) {
    const read = this.chosen && this.chosen.inside ? readers(this.chosen, at, 2) : [];
    const index = read.length ? briefly(read[0]) + (read.length > 1 ? "…" : "") : "";
    return element(
      "div",
      { class: read.length ? "cell lit" : "cell" },
      element("span", { class: "value" }, show(this.valueAt(at))),
      element("span", { class: "index" }, this.chosen?.shape.length ? index : ""),
      element("span", { class: "bars" }, this.bars.map((tensor, order) => this.bar(tensor, order, at))),
      element("span", { class: "at" }, String(at)),
      element("span", { class: "byte" }, `${at * this.storage.width} B`),
    );
  }

  bar(tensor, order, at) {
    const on = tensor.inside && readers(tensor, at, 1).length > 0;
    return element("i", { class: on ? `on hue-${order}` : null });
  }

  // What a cell holds: read from the storage itself, or beyond its first cells from a tensor whose values are known.
  valueAt(at) {
    const { cells } = this.storage;
    if (cells && at < cells.length) return cells[at];
    const window = this.windows.find(({ start, values }) => at >= start && at < start + values.length);
    if (window) return window.values[at - window.start];
    for (const tensor of this.tensors) {
      if (!tensor.values || tensor.unit !== 1 || !tensor.inside) continue;
      const [index] = readers(tensor, at, 1);
      if (index) return tensor.values[rank(index, tensor.shape)];
    }
    return null;
  }

  // ---- elements

  drawElements() {
    const { chosen, words } = this;
    if (!chosen) return this.elements.clear();
    if (isEmpty(chosen)) return this.elements.clear(fill(words.empty, chosen));
    if (!chosen.inside) return this.elements.clear(fill(words.outside, chosen));
    const title = element("h4", {}, fill(words.elements, chosen), element("code", {}, generally(chosen)));
    return this.elements.show(chosen, title, (index, k) => {
      const [first] = cellsAt(address(chosen, index), chosen.unit);
      return { value: chosen.values ? chosen.values[k] : chosen.unit === 1 ? this.valueAt(first) : null, at: `→ ${first}` };
    });
  }

  // ---- pointing

  pointAtElement(index) {
    if (!index) return this.pointAway();
    const { chosen, words } = this;
    const [first, last] = cellsAt(address(chosen, index), chosen.unit);
    const cells = first === last ? String(first) : `${first}–${last}`;
    const text = chosen.unit === 1 ? words.address : words["address.parts"];
    const k = rank(index, chosen.shape);
    this.strip.reveal(first);
    this.point((one) => one === k, (at) => at >= first && at <= last);
    const formula = sum(chosen, index);
    this.readout.textContent = fill(text, { element: called(chosen, index), cells, formula, dtype: chosen.dtype });
    return undefined;
  }

  pointAtCell(cell) {
    if (cell === null) return this.pointAway();
    const { words, storage } = this;
    const read = this.tensors.filter((tensor) => tensor.inside).map((tensor) => [tensor, readers(tensor, cell, READERS)]);
    const names = read.flatMap(([tensor, indices]) => indices.map((index) => called(tensor, index)));
    const mine = new Set((read.find(([tensor]) => tensor === this.chosen)?.[1] ?? []).map((index) => rank(index, this.chosen.shape)));
    this.point((k) => mine.has(k), (at) => at === cell);
    const more = names.length > READERS ? ` ${fill(words.more_readers, { count: names.length - READERS })}` : "";
    const value = this.valueAt(cell);
    const raw = rawBytes(value, storage.dtype, storage.width);
    const first = cell * storage.width;
    const where = fill(words.bytes, { from: first, to: first + storage.width - 1 }) + (raw && `: ${raw}`);
    const values = { cell, value: show(value) || "?", readers: names.slice(0, READERS).join(", ") + more };
    this.readout.textContent = `${fill(names.length ? words.reads : words.unread, values)} · ${where}`;
    return undefined;
  }

  pointAway() {
    this.point(() => false, () => false);
    this.readout.textContent = this.chosen ? this.words.hint : "";
  }

  point(isElement, isCell) {
    this.elements.light(isElement);
    this.strip.light(isCell);
  }
}

const called = ({ name }, index) => (index.length ? `${name}[${index.join(", ")}]` : name);

// An index in the width of a cell.
const briefly = (index) => (index.length > 2 ? index.join(",") : `[${index.join(", ")}]`);

const sum = ({ stride, offset }, index) => [offset, ...index.map((i, dim) => `${i}·${stride[dim]}`)].join(" + ");

// The same sum for any element: points_t[i, j] → 0 + i·1 + j·2.
function generally(tensor) {
  const letters = tensor.shape.map((size, dim) => (tensor.shape.length > 6 ? `i${dim}` : "ijklmn"[dim]));
  return `${called(tensor, letters)} → ${sum(tensor, letters)}`;
}
