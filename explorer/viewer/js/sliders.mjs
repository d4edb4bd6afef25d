// as_strided by hand: a slider for the offset, and for the size and the stride of each dimension. While one moves, `preview(tensor)` is told
// what would be read, or null where that reaches beyond the storage; `add(code)` takes the step.
import { element, fill } from "./dom.mjs";
import { address, indexOf, numel } from "./strided.mjs";
import { tuple } from "./written.mjs";

const MOST_DIMS = 4;
const LARGEST = 12; // of a slider, in a storage that has so many cells

export class Sliders {
  constructor(preview, add) {
    Object.assign(this, { preview, add });
    this.open = false;
  }

  // The sliders for one tensor over its storage; `source` is null where there is none to read.
  of(source, words) {
    if (!source) return null;
    Object.assign(this, { source, words });
    const { tensor } = source;
    this.shape = tensor.shape.slice(0, MOST_DIMS);
    this.stride = tensor.stride.slice(0, MOST_DIMS);
    this.offset = tensor.offset;
    this.body = element("div", { class: "sliders" });
    const toggled = ({ target }) => {
      this.open = target.open;
      if (!this.open) this.preview(null);
    };
    const details = element("details", { ontoggle: toggled, open: this.open }, element("summary", {}, words.sliders), this.body);
    this.draw();
    return details;
  }

  draw() {
    const { words } = this;
    const rows = [this.slider(words["sliders.offset"], this.offset, 0, this.count - 1, (value) => { this.offset = value; })];
    for (const dim of this.shape.keys()) {
      const set = (list) => (value) => { list[dim] = value; };
      rows.push(this.slider(fill(words["sliders.size"], { dim: String(dim) }), this.shape[dim], 0, this.count, set(this.shape)));
      rows.push(this.slider(fill(words["sliders.stride"], { dim: String(dim) }), this.stride[dim], 0, this.count, set(this.stride)));
    }
    this.said = element("p", { class: "foreseen", "aria-live": "polite" });
    this.take = element("button", { type: "button", class: "tool", onclick: () => this.add(this.code) }, words["add.button"]);
    this.text = element("code", {});
    const more = element("button", { type: "button", class: "tool", disabled: this.shape.length >= MOST_DIMS, onclick: () => this.resize(1) }, words["sliders.more"]);
    const less = element("button", { type: "button", class: "tool", disabled: this.shape.length === 0, onclick: () => this.resize(-1) }, words["sliders.less"]);
    this.body.replaceChildren(...rows, element("p", { class: "row" }, more, less), element("p", { class: "row" }, this.text, this.take), this.said);
    this.say();
  }

  get count() {
    return Math.max(1, Math.floor((this.source.storage.nbytes ?? 0) / this.source.tensor.width));
  }

  get code() {
    return `.as_strided(${tuple(this.shape)}, ${tuple(this.stride)}, ${this.offset})`;
  }

  slider(name, value, low, high, set) {
    const most = Math.max(value, Math.min(high, LARGEST));
    const shown = element("output", {}, String(value));
    const moved = ({ target }) => {
      set(Number(target.value));
      shown.textContent = target.value;
      this.say();
      this.preview(this.inside ? this.tensor : null);
    };
    const input = element("input", { type: "range", min: low, max: most, step: 1, value, oninput: moved });
    return element("label", { class: "slider" }, element("code", {}, name), input, shown);
  }

  resize(by) {
    if (by > 0) {
      this.shape.unshift(1);
      this.stride.unshift(1);
    } else {
      this.shape.shift();
      this.stride.shift();
    }
    this.draw();
  }

  get tensor() {
    return { ...this.source.tensor, shape: [...this.shape], stride: [...this.stride], offset: this.offset, values: null, inside: true };
  }

  get last() {
    const { tensor } = this;
    return numel(tensor) ? address(tensor, tensor.shape.map((size) => size - 1)) : this.offset - 1;
  }

  get inside() {
    return this.last < this.count;
  }

  say() {
    const { words, tensor, last, count } = this;
    this.text.textContent = this.code;
    this.take.disabled = !this.inside;
    const elements = numel(tensor);
    const seen = Math.min(elements, 10_000);
    const cells = new Set(Array.from({ length: seen }, (_, k) => address(tensor, indexOf(k, tensor.shape)))).size;
    const texts = { last: String(last), count: String(count), elements: String(elements), cells: seen < elements ? `≥ ${cells}` : String(cells) };
    this.said.textContent = fill(this.inside ? words["sliders.inside"] : words["sliders.outside"], texts);
  }
}
