// The leaves of a graph as a table, with their values and gradients. A row that is chosen, by mouse or keyboard, is chosen in every view.
//
// Data from Python (leaf_table.py): {rows: [{node, name, line, storage, shape, dtype, value, value_stats, grad, grad_stats}], more, words}.
import { publish } from "./bus.mjs";
import { element, fill } from "./dom.mjs";
import { mountFollower } from "./follower.mjs";
import { format } from "./numbers.mjs";
import { roving } from "./roving.mjs";
import { tuple } from "./written.mjs";

const SOURCE = "leaves";
const DIGITS = 4; // of a statistic
const LONGEST = 56; // characters of numbers in a cell

export const mount = (root) => mountFollower(root, new LeafTable());

class LeafTable {
  constructor() {
    this.frame = element("div", { class: "frame" });
    this.chosen = null;
  }

  update(data) {
    const content = JSON.stringify(data);
    if (content === this.content) return;
    Object.assign(this, { content, words: data.words, rows: new Map() });
    const { words } = this;
    if (!data.rows.length) {
      this.frame.replaceChildren(element("p", { class: "note" }, words.none));
      return;
    }
    const headings = [words.name, "shape", "dtype", words.value, ".grad"];
    const table = element(
      "table",
      { "aria-label": words.caption },
      element("thead", {}, element("tr", {}, headings.map((heading) => element("th", { scope: "col" }, heading)))),
      element("tbody", {}, data.rows.map((row) => this.row(row))),
    );
    const more = data.more ? element("p", { class: "note" }, fill(words.more, { count: data.more })) : null;
    this.frame.replaceChildren(...[table, more].filter(Boolean));
    roving(table);
    this.choose(this.chosen);
  }

  row(leaf) {
    const name = element("button", { type: "button", tabindex: "-1", "aria-pressed": "false" }, leaf.name);
    const cells = [tuple(leaf.shape), leaf.dtype, this.written(leaf.value, leaf.value_stats), this.written(leaf.grad, leaf.grad_stats)];
    const made = element("tr", { onclick: () => this.pick(leaf) }, element("th", { scope: "row" }, name), cells.map((cell) => element("td", {}, cell)));
    this.rows.set(leaf.node, { made, name });
    return made;
  }

  // The numbers where they fit beside the other columns, else the statistics; nothing where there is no such tensor.
  written(value, statistics) {
    if (statistics === null) return "–";
    const numbers = value === null ? null : nested(value);
    if (numbers !== null && numbers.length <= LONGEST) return numbers;
    const { norm, min, max } = statistics;
    return fill(this.words.statistics, { norm: format(norm, DIGITS), min: format(min, DIGITS), max: format(max, DIGITS) });
  }

  pick({ node, name, line, storage }) {
    this.choose(node);
    publish({ node, tensor: name, line, storage: storage < 0 ? [] : [storage], source: SOURCE });
  }

  follow({ node, source }) {
    if (source !== SOURCE) this.choose(node);
  }

  choose(chosen) {
    this.chosen = chosen;
    for (const [node, { made, name }] of this.rows ?? []) {
      made.classList.toggle("chosen", node === chosen);
      name.setAttribute("aria-pressed", String(node === chosen));
    }
  }
}

const nested = (value) => (Array.isArray(value) ? `[${value.map(nested).join(", ")}]` : format(value));
