// One number in several floating-point formats: its bits as switches, what each part says, and the number put together again.
//
// Data from Python (numbers.py): {formats: [{name, bits, exponent, mantissa, bias}], presets: [[label, text]], start, words}.
import { element, fill } from "./dom.mjs";
import { encode, parts } from "./floats.mjs";
import { roving } from "./roving.mjs";

export function mount(root) {
  const view = new FloatBits();
  root.append(view.frame);
  return { update: (data) => view.update(data), unmount: () => view.frame.remove() };
}

class FloatBits {
  constructor() {
    this.frame = element("div", { class: "sheet" });
  }

  update(data) {
    const content = JSON.stringify(data);
    if (content === this.content) return;
    Object.assign(this, { content, data, words: data.words });
    this.typed ??= data.start;
    this.field = element("input", { type: "text", value: this.typed, "aria-label": this.words.number, spellcheck: "false", oninput: () => this.type(this.field.value) });
    const presets = data.presets.map(([label, text]) => element("button", { type: "button", class: "pill", onclick: () => this.put(text) }, label));
    this.rows = data.formats.map((format) => new Row(format, this.words, (value) => this.put(written(value), format)));
    this.note = element("p", { class: "note", "aria-live": "polite" });
    const top = element("div", { class: "bar" }, element("label", {}, `${this.words.number} `, this.field), presets);
    this.frame.replaceChildren(top, this.note, ...this.rows.map((row) => row.frame));
    this.type(this.typed);
  }

  // Puts a number into the field; the row that it came from keeps its bits (a NaN has many patterns).
  put(text, from = null) {
    this.field.value = text;
    this.type(text, from);
  }

  type(text, from = null) {
    this.typed = text;
    const value = read(text);
    this.note.textContent = value === null ? this.words.unreadable : "";
    if (value === null) return;
    for (const row of this.rows) if (row.format !== from) row.show(encode(row.format, value), value);
  }
}

// A number as a person types it; null where it is none.
function read(text) {
  const plain = text.trim().toLowerCase().replace(/^([+-]?)inf(inity)?$/, "$1Infinity");
  if (plain === "nan") return NaN;
  const fraction = plain.match(/^([+-]?[\d.]+)\s*\/\s*([\d.]+)$/);
  const value = fraction ? Number(fraction[1]) / Number(fraction[2]) : Number(plain.replace("infinity", "Infinity"));
  return plain === "" || Number.isNaN(value) ? null : value;
}

const written = (value) => (Object.is(value, -0) ? "-0" : Number.isNaN(value) ? "nan" : String(value).replace("Infinity", "inf"));

class Row {
  constructor(format, words, changed) {
    Object.assign(this, { format, words, changed });
    this.bits = element("div", { class: "bits", role: "group", "aria-label": fill(words.bits, { name: format.name }) });
    this.cells = Array.from({ length: format.bits }, (_, at) => this.bit(format.bits - 1 - at));
    const first = [this.cells.slice(0, 1), this.cells.slice(1, 1 + format.exponent), this.cells.slice(1 + format.exponent)];
    const kinds = ["sign", "exponent", "mantissa"];
    this.captions = kinds.map((kind) => element("span", { class: "caption" }, words[kind]));
    this.bits.append(...first.map((cells, at) => element("div", { class: `group ${kinds[at]}` }, element("div", { class: "cells" }, cells), this.captions[at])));
    this.value = element("output", { class: "value" });
    this.formula = element("p", { class: "formula" });
    this.error = element("p", { class: "note" });
    const head = element("header", {}, element("h3", {}, element("code", {}, format.name)), this.value);
    this.frame = element("section", { class: "card" }, head, this.bits, this.formula, this.error);
    roving(this.bits);
  }

  bit(power) {
    return element("button", { type: "button", class: "bit", tabindex: "-1", "data-power": power, onclick: () => this.flip(power) }, "0");
  }

  flip(power) {
    const { value } = this.show(this.pattern ^ (1n << BigInt(power)));
    this.changed(value);
  }

  // Shows a bit pattern; `asked` is the number that was to be written, if one was.
  show(pattern, asked = null) {
    const { format, words } = this;
    this.pattern = pattern;
    const found = parts(format, pattern);
    for (const cell of this.cells) {
      const on = (pattern >> BigInt(cell.dataset.power)) & 1n;
      cell.textContent = String(on);
      cell.setAttribute("aria-pressed", String(Boolean(on)));
    }
    this.captions[1].textContent = `${words.exponent} ${found.exponent}`;
    this.captions[2].textContent = `${words.mantissa} ${found.mantissa}`;
    this.value.textContent = written(found.value);
    this.formula.textContent = this.sum(found);
    const off = asked === null ? 0 : found.value - asked;
    this.error.textContent = off && Number.isFinite(off) ? fill(words.error, { error: off.toPrecision(3) }) : asked !== null && Number.isFinite(asked) && !Number.isFinite(found.value) ? words.overflow : "";
    return found;
  }

  // How the parts make the number: (-1)^0 × 2^(127 − 127) × (1 + 0 / 2^23) = 1.
  sum({ sign, exponent, mantissa, kind, value }) {
    const { format, words } = this;
    const end = `= ${written(value)}`;
    if (kind === "normal") return `(−1)^${sign} × 2^(${exponent} − ${format.bias}) × (1 + ${mantissa} / 2^${format.mantissa}) ${end}`;
    if (kind === "subnormal") return `${words.subnormal}: (−1)^${sign} × 2^(1 − ${format.bias}) × (0 + ${mantissa} / 2^${format.mantissa}) ${end}`;
    return `${words[kind]}: ${written(value)}`;
  }
}
