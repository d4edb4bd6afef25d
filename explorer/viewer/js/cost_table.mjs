// Tables of what costs memory and time, with bars. A row that is chosen, by mouse or keyboard, is chosen in every view.
//
// Data from Python (cost_table.py): {tables: [{title, headings, rows: [{name, select, cells: [{text, bar}]}], more}]}; `select` is what is
// published of {node, module, tensor, line}, null for a row that stands for nothing; `bar` is a part of 1.
import { publish } from "./bus.mjs";
import { element } from "./dom.mjs";
import { mountFollower } from "./follower.mjs";
import { roving } from "./roving.mjs";

const SOURCE = "costs";

export const mount = (root) => mountFollower(root, new CostTables());

class CostTables {
  constructor() {
    this.frame = element("div", { class: "frame" });
    this.chosen = {};
    this.rows = [];
  }

  update(data) {
    const content = JSON.stringify(data);
    if (content === this.content) return;
    this.content = content;
    this.rows = [];
    this.frame.replaceChildren(...data.tables.map((table) => this.#table(table)));
    this.#mark();
  }

  #table({ title, headings, rows, more }) {
    const table = element("table", {},
      element("caption", {}, title),
      element("thead", {}, element("tr", {}, headings.map((heading) => element("th", { scope: "col" }, heading)))),
      element("tbody", {}, rows.map((row) => this.#row(row))));
    roving(table);
    return element("div", { class: "costs" }, table, more ? element("p", { class: "note" }, more) : null);
  }

  #row({ name, select, cells }) {
    const title = select ? element("button", { type: "button", tabindex: "-1", "aria-pressed": "false" }, name) : name;
    const made = element("tr", { class: select ? null : "whole", onclick: () => select && this.#pick(select) },
      element("th", { scope: "row" }, title),
      cells.map(({ text, bar }) => element("td", { class: bar === undefined ? null : "barred", style: bar === undefined ? null : `--part: ${bar * 100}%` }, element("span", {}, text))));
    if (select) this.rows.push({ made, title, select });
    return made;
  }

  #pick(select) {
    this.chosen = select;
    this.#mark();
    publish({ ...select, source: SOURCE });
  }

  follow({ node, module, source }) {
    if (source === SOURCE) return;
    this.chosen = { node, module };
    this.#mark();
  }

  #mark() {
    const { node, module } = this.chosen;
    for (const { made, title, select } of this.rows) {
      const same = module ? select.module === module : node !== null && node !== undefined && select.node === node;
      made.classList.toggle("chosen", same);
      title.setAttribute("aria-pressed", String(same));
    }
  }
}
