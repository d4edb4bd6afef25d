// Every dtype with its bits, range and precision. The unusual ones unfold.
//
// Data from Python (numbers.py): {columns: [title], usual: [[cell]], unusual: [[cell]], words: {caption, more}}.
import { element } from "./dom.mjs";

export function mount(root) {
  const frame = element("div", { class: "sheet" });
  root.append(frame);
  let shown = "";
  return {
    update(data) {
      const content = JSON.stringify(data);
      if (content === shown) return;
      shown = content;
      const more = element("details", {}, element("summary", {}, data.words.more), table(data.columns, data.unusual, data.words.more));
      frame.replaceChildren(table(data.columns, data.usual, data.words.caption), more);
    },
    unmount: () => frame.remove(),
  };
}

function table(columns, rows, caption) {
  const head = element("tr", {}, columns.map((title) => element("th", { scope: "col" }, title)));
  const body = rows.map(([name, ...cells]) =>
    element("tr", {}, element("th", { scope: "row" }, element("code", {}, name)), cells.map((cell) => element("td", {}, cell))),
  );
  const inner = element("table", { "aria-label": caption }, element("thead", {}, head), element("tbody", {}, body));
  return element("div", { class: "scroll", tabindex: "0" }, inner);
}
