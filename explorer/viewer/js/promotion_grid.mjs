// Which dtype two operands make: a table of every pair, and the pair that is chosen, in words. Roles change the rule, not the page.
//
// Data from Python (numbers.py): {names, numbers, results: {tensor, zero_dim, number: [[dtype or null, reason]]}, reasons, start: [row, column], words}.
// results.tensor and .zero_dim are rows of `names` by columns of `names`, .number by columns of `numbers`.
import { element, fill } from "./dom.mjs";
import { roving } from "./roving.mjs";

const ROLES = ["tensor", "zero_dim", "number"];

export function mount(root) {
  const view = new PromotionGrid();
  root.append(view.frame);
  return { update: (data) => view.update(data), unmount: () => view.frame.remove() };
}

class PromotionGrid {
  constructor() {
    this.frame = element("div", { class: "sheet" });
    this.role = "tensor";
  }

  update(data) {
    const content = JSON.stringify(data);
    if (content === this.content) return;
    Object.assign(this, { content, data });
    this.chosen ??= data.start;
    this.draw();
  }

  draw() {
    const { data } = this;
    const roles = ROLES.map((role) =>
      element("button", { type: "button", class: "pill", "aria-pressed": String(role === this.role), onclick: () => this.take(role) }, data.words[role]),
    );
    this.said = element("p", { class: "said", "aria-live": "polite" });
    this.grid = element("div", { class: "scroll" }, this.table());
    this.frame.replaceChildren(element("div", { class: "bar" }, element("span", {}, data.words.second), roles), this.said, this.grid);
    roving(this.grid);
    this.choose(...this.chosen);
  }

  get columns() {
    return this.role === "number" ? this.data.numbers : this.data.names;
  }

  take(role) {
    const name = this.columns[this.chosen[1]];
    this.role = role;
    this.chosen = [this.chosen[0], Math.max(0, this.columns.indexOf(name))];
    this.draw();
  }

  table() {
    const { data, columns } = this;
    const head = element("tr", {}, element("th", {}), columns.map((name) => element("th", { scope: "col" }, element("code", {}, name))));
    this.cells = data.names.map((_, row) => columns.map((_, column) => this.cell(row, column)));
    const body = data.names.map((name, row) => element("tr", {}, element("th", { scope: "row" }, element("code", {}, name)), this.cells[row]));
    return element("table", { class: "pairs", "aria-label": data.words.caption }, element("thead", {}, head), element("tbody", {}, body));
  }

  cell(row, column) {
    const [dtype] = this.data.results[this.role][row][column];
    const text = dtype ?? this.data.words.none;
    return element("td", { tabindex: "-1", class: dtype ? null : "none", onclick: () => this.choose(row, column), onfocus: () => this.choose(row, column) }, text);
  }

  choose(row, column) {
    const { data } = this;
    this.chosen = [row, column];
    this.cells.forEach((cells, at) => cells.forEach((cell, across) => {
      cell.classList.toggle("chosen", at === row && across === column);
      cell.classList.toggle("beside", (at === row) !== (across === column));
    }));
    const [dtype, reason] = data.results[this.role][row][column];
    const values = { first: data.names[row], second: this.columns[column], result: dtype };
    this.said.replaceChildren(
      element("code", {}, fill(dtype ? "{first} × {second} → {result}" : "{first} × {second}", values)),
      element("span", {}, ` ${fill(data.reasons[reason], values)}`),
    );
  }
}
