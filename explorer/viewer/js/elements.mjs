// The elements of one tensor: its last two dimensions as a matrix, the third from last as several, all further ones by steppers; of a large
// dimension a window, moved by a stepper, too. `cellOf(index)` says which element's cell lies where, `valueOf(index, k)` what it holds.
import { element, fill } from "./dom.mjs";
import { roving } from "./roving.mjs";
import { numel, rank } from "./strided.mjs";
import { show } from "./written.mjs";

const ROWS = 8;
const COLUMNS = 16;
const SLICES = 4;

export class Elements {
  constructor(words, point) {
    Object.assign(this, { words, point });
    this.frame = element("div", { class: "elements" });
    roving(this.frame);
    for (const type of ["pointerover", "focusin"]) this.frame.addEventListener(type, ({ target }) => this.over(target.closest(".element")));
    this.frame.addEventListener("pointerleave", ({ pointerType }) => pointerType !== "touch" && this.point(null));
  }

  clear(note) {
    this.tensor = null;
    this.frame.replaceChildren(...(note ? [element("p", { class: "note" }, note)] : []));
  }

  // `title` stands above; `describe(index, k)` gives {value, at} for an element.
  show(tensor, title, describe) {
    const moved = tensor !== this.tensor;
    Object.assign(this, { tensor, title, describe });
    if (moved) this.starts = tensor.shape.map(() => 0);
    this.draw();
  }

  // How much of each dimension is shown at once.
  room(dim) {
    const fromLast = this.tensor.shape.length - dim;
    return { 1: COLUMNS, 2: ROWS, 3: SLICES }[fromLast] ?? 1;
  }

  draw() {
    const { tensor, title } = this;
    const steppers = tensor.shape.flatMap((size, dim) => (size > this.room(dim) ? [this.stepper(dim)] : []));
    const row = steppers.length ? element("div", { class: "steppers", role: "group", "aria-label": this.words.slice }, steppers) : null;
    this.sheet = element("div", { class: "slices" });
    this.frame.replaceChildren(title, ...(row ? [row] : []), this.sheet);
    this.fillSheet();
  }

  stepper(dim) {
    const size = this.tensor.shape[dim];
    const room = this.room(dim);
    const last = Math.max(0, size - room);
    const move = (start) => {
      this.starts[dim] = Math.max(0, Math.min(last, Number.isFinite(start) ? Math.floor(start) : 0));
      input.value = this.starts[dim];
      this.fillSheet();
    };
    const input = element("input", { type: "number", tabindex: "0", min: 0, max: last, step: 1, value: this.starts[dim], onchange: () => move(Number(input.value)) });
    const button = (text, by, label) => element("button", { type: "button", "aria-label": label, onclick: () => move(this.starts[dim] + by) }, text);
    const name = fill(room === 1 ? this.words["slice.index"] : this.words["slice.from"], { dim: String(dim), size: size.toLocaleString("en-US") });
    return element("label", { class: "stepper" }, name, button("−", -room, `${name} −${room}`), input, button("+", room, `${name} +${room}`));
  }

  fillSheet() {
    const { shape } = this.tensor;
    const slices = this.window(shape.length - 3);
    this.sheet.replaceChildren(...slices.flatMap((at) => this.matrix(at)));
  }

  // The indices of one dimension that are in sight; of a dimension that is not there, one.
  window(dim) {
    if (dim < 0) return [null];
    const start = this.starts[dim];
    return Array.from({ length: Math.min(this.room(dim), this.tensor.shape[dim] - start) }, (_, at) => start + at);
  }

  matrix(slice) {
    const { shape } = this.tensor;
    const count = shape.length;
    const outer = shape.slice(0, Math.max(0, count - 2)).map((_, dim) => (dim === count - 3 ? slice : this.starts[dim]));
    const columns = this.window(count - 1);
    const items = this.window(count - 2).flatMap((i) => columns.map((j) => this.element([...outer, i, j].filter((one) => one !== null))));
    const title = outer.length ? [element("p", { class: "outer" }, `[${outer.join(", ")}, :, :]`)] : [];
    return [...title, element("div", { class: count < 2 ? "vector" : "matrix", style: `--columns: ${columns.length}` }, items)];
  }

  element(index) {
    const k = rank(index, this.tensor.shape);
    const { value, at } = this.describe(index, k);
    const made = element("div", { class: "element", tabindex: "-1", "data-k": k }, element("span", { class: "value" }, show(value)), element("span", { class: "at" }, at));
    made.index = index;
    return made;
  }

  over(item) {
    if (item) this.point(item.index);
  }

  light(isPointed) {
    for (const one of this.frame.querySelectorAll(".element")) one.classList.toggle("pointed", isPointed(Number(one.dataset.k)));
  }
}

export const isEmpty = (tensor) => numel(tensor) === 0;
