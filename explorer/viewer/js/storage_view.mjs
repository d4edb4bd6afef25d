// The storages of a run as strips of cells, the tensors that read each, and the elements of the one that is chosen. Pointing at an element
// lights its cell and says the sum that leads there; pointing at a cell names every element that lies in it.
//
// Data from Python (storage.py): {storages: [{id, dtype, device, nbytes, width, count, cells}], more, tensors: [...], tensor, words}.
import { publish } from "./bus.mjs";
import { element, fill } from "./dom.mjs";
import { mountFollower } from "./follower.mjs";
import { bytes, thousands } from "./numbers.mjs";
import { roving } from "./roving.mjs";
import { address, cellsAt, indexOf, numel, rank, readers } from "./strided.mjs";
import { show, tuple } from "./written.mjs";

const SOURCE = "storage";
const WINDOW = 256; // cells drawn of the storage under the chosen tensor
const GLANCE = 32; // and of the others
const ELEMENTS = 512; // elements drawn of the chosen tensor
const READERS = 6; // named for one cell
const HUES = 6; // tensors that have a bar of their own under every cell; the order says which is which, too

export const mount = (root) => mountFollower(root, new StorageView());

export class StorageView {
  constructor() {
    this.frame = element("div", { class: "storages" });
    this.cards = new Map();
    this.chosen = null; // name of a tensor
  }

  update(data) {
    const content = JSON.stringify(data);
    if (content === this.content) return;
    const asked = this.data?.tensor !== data.tensor;
    Object.assign(this, { content, data });
    this.tensors = new Map(data.tensors.map((tensor) => [tensor.name, tensor]));
    this.cards = new Map(data.storages.map((storage) => [storage.id, this.card(storage)]));
    const note = data.more ? element("p", { class: "note" }, fill(data.words.more_storages, { count: data.more })) : null;
    this.aside = element("div", { class: "card aside", hidden: true });
    const cards = [...this.cards.values()].map((card) => card.frame);
    const none = data.tensors.length ? null : element("p", { class: "note" }, data.words.none);
    this.frame.replaceChildren(...[none, ...cards, this.aside, note].filter(Boolean));
    this.choose(asked || !this.tensors.has(this.chosen) ? data.tensor : this.chosen);
  }

  // Show a tensor that does not exist yet over its storage, or show it no more.
  preview(tensor) {
    this.previewed = tensor;
    const card = tensor && this.cards.get(tensor.storage);
    if (card) card.choose({ ...tensor, unit: tensor.width / card.storage.width });
  }

  card(storage) {
    const over = this.data.tensors.filter((tensor) => tensor.storage === storage.id);
    for (const tensor of over) tensor.unit = tensor.width / storage.width;
    return new Card(storage, over, this.data.words, (tensor) => this.pick(tensor));
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
  constructor(storage, tensors, words, pick) {
    Object.assign(this, { storage, tensors, words, pick });
    this.strip = element("div", { class: "strip", role: "group", "aria-label": fill(words.cells, storage) });
    this.readout = element("p", { class: "readout", "aria-live": "polite" });
    this.elements = element("div", { class: "elements" });
    this.layers = tensors.map((tensor, order) => this.layer(tensor, order));
    const list = element("div", { class: "layers", role: "group", "aria-label": fill(words.tensors, storage) }, this.layers);
    this.frame = element("section", { class: "card" }, this.head(), this.strip, this.readout, list, this.elements);
    roving(this.strip);
    roving(this.elements);
    for (const type of ["pointerover", "focusin"]) {
      this.strip.addEventListener(type, (event) => this.pointAtCell(event.target.closest(".cell")));
      this.elements.addEventListener(type, (event) => this.pointAtElement(event.target.closest(".element")));
    }
    for (const part of [this.strip, this.elements]) part.addEventListener("pointerleave", () => this.pointAway());
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

  // One tensor over this storage, as a button that says how it reads it.
  layer(tensor, order) {
    const { words } = this;
    const fact = (name, value) => element("span", { class: "fact" }, element("span", { class: "term" }, `${name} `), value);
    return element(
      "button",
      { class: order < HUES ? `layer hue-${order}` : "layer", type: "button", "aria-pressed": "false", onclick: () => this.pick(tensor) },
      element("i", { class: "mark" }),
      element("code", { class: "name" }, tensor.name),
      fact("shape", tuple(tensor.shape)),
      fact("stride", tuple(tensor.stride)),
      fact(words.offset, String(tensor.offset)),
      element("span", { class: tensor.contiguous ? "flag" : "flag broken" }, tensor.contiguous ? words.contiguous : words.not_contiguous),
      tensor.view ? element("span", { class: "flag" }, words.view) : null,
    );
  }

  choose(tensor) {
    this.chosen = tensor;
    this.frame.classList.toggle("chosen", Boolean(tensor));
    this.tensors.forEach((one, order) => this.layers[order].setAttribute("aria-pressed", String(one === tensor)));
    this.drawStrip();
    this.drawElements();
    this.pointAway();
  }

  // ---- cells

  drawStrip() {
    const { storage, words } = this;
    const room = this.chosen ? WINDOW : GLANCE;
    const start = this.windowStart(room);
    const end = Math.min(storage.count, start + room);
    const cells = [];
    for (let at = start; at < end; at += 1) cells.push(this.cell(at));
    const before = start > 0 ? element("span", { class: "more" }, fill(words.before_cells, { count: thousands(start) })) : null;
    const left = storage.count - end;
    const after = left > 0 ? element("span", { class: "more" }, fill(words.more_cells, { count: thousands(left) })) : null;
    const note = storage.count === 0 ? words.zero : storage.cells === null ? words.unreadable : null;
    this.strip.replaceChildren(...[before, ...cells, after, note && element("span", { class: "more" }, note)].filter(Boolean));
  }

  windowStart(room) {
    if (!this.chosen) return 0;
    const [first] = cellsAt(this.chosen.offset, this.chosen.unit);
    return first < room ? 0 : first - (first % 16);
  }

  cell(at) {
    const read = this.chosen && this.chosen.inside ? readers(this.chosen, at, 2) : [];
    const index = read.length ? `[${read[0].join(", ")}]${read.length > 1 ? "…" : ""}` : "";
    const bars = this.tensors.length > 1 ? this.tensors.slice(0, HUES).map((tensor, order) => this.bar(tensor, order, at)) : [];
    return element(
      "div",
      { class: read.length ? "cell lit" : "cell", tabindex: "-1", "data-at": at },
      element("span", { class: "value" }, show(this.valueAt(at))),
      element("span", { class: "index" }, this.chosen?.shape.length ? index : ""),
      element("span", { class: "bars" }, bars),
      element("span", { class: "at" }, String(at)),
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
    if (!chosen) return this.elements.replaceChildren();
    const count = numel(chosen);
    if (count === 0) return this.elements.replaceChildren(element("p", { class: "note" }, fill(words.empty, chosen)));
    if (!chosen.inside) return this.elements.replaceChildren(element("p", { class: "note" }, fill(words.outside, chosen)));
    const title = element("h4", {}, fill(words.elements, chosen), element("code", {}, generally(chosen)));
    const left = count - ELEMENTS;
    const more = left > 0 ? element("p", { class: "note" }, fill(words.more_elements, { count: thousands(left) })) : null;
    return this.elements.replaceChildren(...[title, ...this.matrices(Math.min(count, ELEMENTS)), more].filter(Boolean));
  }

  // The last two dimensions as a matrix; a tensor of more has one for every index of the others.
  matrices(count) {
    const { chosen } = this;
    const columns = chosen.shape.at(-1) ?? 1;
    const size = columns * (chosen.shape.at(-2) ?? 1);
    const made = [];
    for (let start = 0; start < count; start += size) {
      const items = [];
      for (let k = start; k < Math.min(count, start + size); k += 1) items.push(this.element(k));
      const outer = indexOf(start, chosen.shape).slice(0, -2);
      if (outer.length) made.push(element("p", { class: "outer" }, `[${outer.join(", ")}, :, :]`));
      const style = `--columns: ${Math.min(columns, ELEMENTS)}`;
      made.push(element("div", { class: chosen.shape.length < 2 ? "vector" : "matrix", style }, items));
    }
    return made;
  }

  element(k) {
    const { chosen } = this;
    const [first] = cellsAt(address(chosen, indexOf(k, chosen.shape)), chosen.unit);
    const value = chosen.values ? chosen.values[k] : chosen.unit === 1 ? this.valueAt(first) : null;
    return element(
      "div",
      { class: "element", tabindex: "-1", "data-k": k },
      element("span", { class: "value" }, show(value)),
      element("span", { class: "at" }, `→ ${first}`),
    );
  }

  // ---- pointing

  pointAtElement(item) {
    if (!item) return;
    const { chosen, words } = this;
    const index = indexOf(Number(item.dataset.k), chosen.shape);
    const [first, last] = cellsAt(address(chosen, index), chosen.unit);
    const cells = first === last ? String(first) : `${first}–${last}`;
    const text = chosen.unit === 1 ? words.address : words["address.parts"];
    this.point((one) => one === item, (at) => at >= first && at <= last);
    this.readout.textContent = fill(text, { element: called(chosen, index), cells, formula: formula(chosen, index), dtype: chosen.dtype });
  }

  pointAtCell(item) {
    if (!item) return;
    const { words } = this;
    const cell = Number(item.dataset.at);
    const read = this.tensors.filter((tensor) => tensor.inside).map((tensor) => [tensor, readers(tensor, cell, READERS)]);
    const names = read.flatMap(([tensor, indices]) => indices.map((index) => called(tensor, index)));
    const mine = new Set((read.find(([tensor]) => tensor === this.chosen)?.[1] ?? []).map((index) => rank(index, this.chosen.shape)));
    this.point((one) => mine.has(Number(one.dataset.k)), (at) => at === cell);
    const more = names.length > READERS ? ` ${fill(words.more_readers, { count: names.length - READERS })}` : "";
    const values = { cell, value: show(this.valueAt(cell)), readers: names.slice(0, READERS).join(", ") + more };
    this.readout.textContent = fill(names.length ? words.reads : words.unread, values);
  }

  pointAway() {
    this.point(() => false, () => false);
    this.readout.textContent = this.chosen ? this.words.hint : "";
  }

  point(isElement, isCell) {
    for (const one of this.elements.querySelectorAll(".element")) one.classList.toggle("pointed", isElement(one));
    for (const one of this.strip.querySelectorAll(".cell")) one.classList.toggle("pointed", isCell(Number(one.dataset.at)));
  }
}

const called = ({ name }, index) => (index.length ? `${name}[${index.join(", ")}]` : name);

const formula = ({ stride, offset }, index) => [offset, ...index.map((i, dim) => `${i}·${stride[dim]}`)].join(" + ");

// The same sum for any element: points_t[i, j] → 0 + i·1 + j·2.
function generally(tensor) {
  const letters = tensor.shape.map((size, dim) => (tensor.shape.length > 6 ? `i${dim}` : "ijklmn"[dim]));
  return `${called(tensor, letters)} → ${formula(tensor, letters)}`;
}
