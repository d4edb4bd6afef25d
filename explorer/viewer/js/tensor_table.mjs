// Every tensor of a run as a table, grouped by the storage it reads. A row that is chosen, by mouse or keyboard, is chosen in every view.
//
// Data from Python (tensor_table.py): {groups: [{storage, tensors: [...]}], more, tensor, words}.
import { publish } from "./bus.mjs";
import { element, fill } from "./dom.mjs";
import { mountFollower } from "./follower.mjs";
import { roving } from "./roving.mjs";
import { nested, show, tuple } from "./written.mjs";

const SOURCE = "tensors";
const HUES = 6;

// A column: its heading in torch's words, and what a cell says.
const COLUMNS = [
  ["shape", ({ shape }) => tuple(shape)],
  ["stride", ({ stride, strided }) => (strided ? tuple(stride) : "–")],
  ["storage_offset", ({ offset, strided }) => (strided ? String(offset) : "–")],
  ["values", ({ values, shape }) => (values ? nested(values, shape) : "")],
  ["dtype", ({ dtype }) => dtype],
  ["device", ({ device }) => device],
  ["_version", ({ version }) => String(version)],
  ["is_leaf", ({ leaf }) => show(leaf)],
  ["requires_grad", ({ requiresGrad }) => show(requiresGrad)],
  ["is_contiguous", ({ contiguous, strided }) => (strided ? show(contiguous) : "–")],
  ["is_view", ({ view }) => show(view)],
];

export const mount = (root) => mountFollower(root, new TensorTable());

class TensorTable {
  constructor() {
    this.frame = element("div", { class: "frame" });
    this.chosen = null;
  }

  update(data) {
    const content = JSON.stringify(data);
    if (content === this.content) return;
    const asked = this.data?.tensor !== data.tensor;
    Object.assign(this, { content, data });
    this.rows = new Map();
    const shared = data.groups.filter((group) => group.storage >= 0 && group.tensors.length > 1);
    const bodies = data.groups.map((group) => this.group(group, shared.indexOf(group)));
    const headings = [data.words.storage, data.words.name, ...COLUMNS.map(([name]) => data.words[name] ?? name)];
    const head = element("thead", {}, element("tr", {}, headings.map((name) => element("th", { scope: "col" }, name))));
    const table = element("table", {}, element("caption", {}, data.words.caption), head, bodies);
    const more = data.more ? element("p", { class: "note" }, fill(data.words.more, { count: data.more })) : null;
    this.frame.replaceChildren(...[table, more].filter(Boolean));
    roving(table);
    this.choose(asked || !this.rows.has(this.chosen) ? data.tensor : this.chosen);
  }

  group({ storage, tensors }, order) {
    const title = storage < 0 ? this.data.words.no_strides : fill(this.data.words.title, { id: storage });
    const heading = element("th", { scope: "rowgroup", rowspan: tensors.length, class: "group" }, title);
    const rows = tensors.map((tensor, index) => this.row(tensor, index === 0 ? heading : null));
    return element("tbody", { class: order < 0 ? null : `shared hue-${order % HUES}` }, rows);
  }

  row(tensor, heading) {
    const name = element("button", { type: "button", tabindex: "-1", "aria-pressed": "false" }, tensor.name);
    const cells = COLUMNS.map(([column, say]) => element("td", { class: remark(column, tensor) }, say(tensor)));
    const row = element("tr", { onclick: () => this.pick(tensor) }, heading, element("th", { scope: "row" }, name), cells);
    this.rows.set(tensor.name, { row, name, tensor });
    return row;
  }

  pick({ name, storage, line, node }) {
    this.choose(name);
    publish({ tensor: name, storage: storage < 0 ? [] : [storage], line, node, source: SOURCE });
  }

  follow({ tensor, source }) {
    if (source !== SOURCE && this.rows?.has(tensor)) this.choose(tensor, true);
  }

  choose(chosen, reveal = false) {
    this.chosen = chosen;
    for (const [name, { row, name: button }] of this.rows) {
      row.classList.toggle("chosen", name === chosen);
      button.setAttribute("aria-pressed", String(name === chosen));
    }
    if (reveal) this.reveal(this.rows.get(chosen).row);
  }

  // Scrolls the table, never the page.
  reveal(row) {
    const { frame } = this;
    const under = row.offsetTop + row.offsetHeight - frame.clientHeight;
    const over = row.offsetTop - frame.querySelector("thead").offsetHeight;
    frame.scrollTop = Math.max(under, Math.min(over, frame.scrollTop));
  }
}

// What stands out: what is not as it usually is.
function remark(column, { contiguous, strided, view, requiresGrad }) {
  if (column === "values") return "values";
  if (column === "is_contiguous") return strided && !contiguous ? "broken" : "usual";
  if (column === "is_view") return view ? null : "usual";
  if (column === "requires_grad") return requiresGrad ? null : "usual";
  return ["dtype", "device", "_version", "is_leaf"].includes(column) ? "usual" : null;
}
