// What an order of reading costs: for each pair of sums the measured times and the cache lines, and for the chosen pair the walk over the first
// elements, drawn on the strip of lines: how many lines of 64 bytes it asks for, and how much of each it uses.
import { element, fill } from "./dom.mjs";
import { mountFollower } from "./follower.mjs";
import { seconds, thousands } from "./numbers.mjs";
import { address, indexOf, numel } from "./strided.mjs";

const STEPS = 16; // elements of the walk that is drawn
const LINES = 17; // lines drawn of it at most

export const mount = (root) => mountFollower(root, new LineCosts());

class LineCosts {
  constructor() {
    this.frame = element("div", { class: "costs" });
    this.chosen = 0;
  }

  update(data) {
    const content = JSON.stringify(data);
    if (content === this.content) return;
    Object.assign(this, { content, data });
    this.draw();
  }

  follow() {}

  draw() {
    const { costs } = this.data;
    const cards = costs.map((cost, at) => this.card(cost, at));
    this.walks = element("section", { class: "card walks" });
    this.frame.replaceChildren(...cards, this.walks);
    if (costs.length) this.choose(Math.min(this.chosen, costs.length - 1));
  }

  card(cost, at) {
    const { words } = this.data;
    const slowest = Math.max(cost.near.seconds, cost.far.seconds);
    const head = ["what", "time", "touched", "fetched"].map((name) => element("th", { scope: "col" }, words[name]));
    const rows = [cost.near, cost.far].map((side) =>
      element(
        "tr",
        {},
        element("th", { scope: "row" }, element("code", {}, side.code)),
        element("td", {}, element("span", { class: "bar" }, element("i", { style: `width: ${(side.seconds / slowest) * 100}%` })), element("span", { class: "number" }, seconds(side.seconds))),
        element("td", { class: "number" }, thousands(side.touched)),
        element("td", { class: "number" }, thousands(side.fetched)),
      ),
    );
    return element(
      "section",
      { class: "card pair" },
      element(
        "button",
        { type: "button", "aria-pressed": "false", onclick: () => this.choose(at) },
        element("strong", {}, words[`title.${cost.name}`]),
        element("span", { class: "ratio" }, fill(words.ratio, { ratio: cost.ratio < 10 ? cost.ratio.toFixed(1) : cost.ratio.toFixed(0) })),
      ),
      element("div", { class: "scroll" }, element("table", {}, element("thead", {}, element("tr", {}, head)), element("tbody", {}, rows))),
      element("p", { class: "note" }, `${words[`why.${cost.name}`]} ${fill(words.median, { repeats: cost.repeats })}`),
    );
  }

  choose(at) {
    this.chosen = at;
    for (const [position, button] of this.frame.querySelectorAll(".pair > button").entries()) button.setAttribute("aria-pressed", String(position === at));
    const { words, costs } = this.data;
    const { near, far } = costs[at];
    this.walks.replaceChildren(element("h3", {}, words.walk), element("p", { class: "note" }, words["walk.why"]), this.walk(near), this.walk(far));
  }

  // The lines that the first elements lie in, in the order of memory; cells with the number of the step that reads them.
  walk(side) {
    const { words } = this.data;
    const steps = Math.min(STEPS, numel(side));
    const reads = new Map();
    for (let k = 0; k < steps; k += 1) reads.set(address(side, indexOf(k, side.shape)), k);
    const lines = [...new Set([...reads.keys()].map((cell) => Math.floor(cell / side.perLine)))].sort((one, other) => one - other);
    const strip = lines.slice(0, LINES).map((line) => this.line(line, side, reads));
    const title = fill(words["walk.title"], { code: side.code, elements: String(steps), lines: String(lines.length), bytes: thousands(lines.length * side.perLine * side.width), used: String(steps * side.width) });
    return element("figure", {}, element("figcaption", {}, title), element("ol", { class: "lines" }, strip));
  }

  line(line, { perLine, width }, reads) {
    const { words } = this.data;
    const first = line * perLine;
    const cells = Array.from({ length: perLine }, (_, at) => {
      const step = reads.get(first + at);
      return element("i", { class: step === undefined ? null : "read" }, step === undefined ? "" : String(step + 1));
    });
    return element("li", {}, element("span", { class: "at" }, fill(words.line, { from: thousands(first * width), to: thousands((first + perLine) * width - 1) })), element("span", { class: "cells-of-line" }, cells));
  }
}
