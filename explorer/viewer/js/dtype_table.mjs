// Every dtype with its bits, range and precision. The unusual ones unfold.
//
// Data from Python (numbers.py): {columns: [title], usual: [[cell]], unusual: [[cell]], words: {caption, more}}.
import { element } from "./dom.mjs";
import { mountDrawing } from "./drawing.mjs";

export const mount = (root) => mountDrawing(root, draw);

function draw({ columns, usual, unusual, words }) {
  const more = element("details", {}, element("summary", {}, words.more), table(columns, unusual, words.more));
  return [table(columns, usual, words.caption), more];
}

function table(columns, rows, caption) {
  const head = element("tr", {}, columns.map((title) => element("th", { scope: "col" }, title)));
  const body = rows.map(([name, ...cells]) =>
    element("tr", {}, element("th", { scope: "row" }, element("code", {}, name)), cells.map((cell) => element("td", {}, cell))),
  );
  const inner = element("table", { "aria-label": caption }, element("thead", {}, head), element("tbody", {}, body));
  return element("div", { class: "scroll", tabindex: "0" }, inner);
}
