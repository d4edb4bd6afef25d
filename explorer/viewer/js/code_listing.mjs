// The code of a run as a list of lines, linked to the graph: a line that is clicked selects what it made, and the line of what is
// selected elsewhere is marked.
import { publish, subscribe } from "./bus.mjs";
import { element } from "./dom.mjs";

const NAME = "code-listing";

export function listing(code, title) {
  const lines = code.split("\n").map((text, at) =>
    element("li", {}, element("button", { type: "button", onclick: () => choose(at + 1) }, element("code", {}, text || " "))));
  const section = element("section", { class: "listing", "aria-label": title }, element("ol", {}, lines));
  const mark = (line) => {
    lines.forEach((item, at) => item.classList.toggle("marked", at + 1 === line));
    if (line !== null && lines[line - 1]) reveal(section, lines[line - 1]);
  };
  const choose = (line) => {
    mark(line);
    publish({ line, source: NAME });
  };
  subscribe(({ source, line }) => source !== NAME && mark(line));
  return section;
}

// Scrolls up or down only: line numbers stay in sight.
function reveal(section, item) {
  const [low, high] = [item.offsetTop - section.offsetTop, item.offsetTop - section.offsetTop + item.offsetHeight];
  if (low < section.scrollTop) section.scrollTop = low;
  else if (high > section.scrollTop + section.clientHeight) section.scrollTop = high - section.clientHeight;
}
