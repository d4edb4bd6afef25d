// The layers at a step: weights and gradients as histograms, the gradient's norm, how far the step moved them; activations and dead units.
import { element, fill } from "./dom.mjs";
import { format, percent } from "./numbers.mjs";
import { History } from "./replay_history.mjs";
import { roving } from "./roving.mjs";

const BAR = [96, 20];

export class Layers {
  constructor() {
    this.parameters = element("div", { class: "scroll", tabindex: "0" });
    this.activations = element("div", { class: "scroll", tabindex: "0" });
    this.history = new History();
    this.chosen = 0;
    this.parameters.addEventListener("click", ({ target }) => this.#choose(target.closest("tbody tr")));
    roving(this.parameters);
    this.root = element("section", { class: "layers" }, this.parameters, this.history.root, this.activations);
  }

  #choose(row) {
    if (!row) return;
    this.chosen = row.sectionRowIndex;
    this.draw(...this.shown);
  }

  draw(data, snapshot, point, index) {
    this.shown = [data, snapshot, point, index];
    const { words, start } = data;
    const names = start.parameters;
    const layers = snapshot.layers ?? [];
    const norms = point?.layer_norms ?? [];
    const most = Math.max(...norms.filter(Number.isFinite), 1e-30);
    this.parameters.replaceChildren(table(words.parameters, [words.parameter, words.weights, words.gradient, words.norm, words.update], layers.map((layer, at) => [
      element("button", { type: "button", tabindex: "-1", "aria-pressed": String(at === this.chosen) }, names[at] ?? String(at)),
      histogram(layer.weight),
      histogram(layer.gradient),
      bar(norms[at], most),
      ratio(layer.update, words),
    ])));
    this.history.draw(data, Math.min(this.chosen, Math.max(0, layers.length - 1)), index);
    const activations = snapshot.activations ?? [];
    this.activations.hidden = !activations.length;
    this.activations.replaceChildren(table(words.activations, [words.function, words.output, words.dead], activations.map((one) => [
      one.name,
      histogram(one.spread),
      one.dead === undefined || one.dead === null ? "–" : fill(words.share, { share: percent(one.dead) }),
    ])));
  }
}

// An end of a histogram: two of them share 76 px, so that many digits become a power of ten.
const end = (value) => (Math.abs(value) >= 1e5 ? value.toExponential(1).replace("e+", "e") : format(value, 3));

function table(caption, headings, rows) {
  return element("table", {},
    element("caption", {}, caption),
    element("thead", {}, element("tr", {}, headings.map((heading) => element("th", { scope: "col" }, heading)))),
    element("tbody", {}, rows.map(([name, ...cells]) => element("tr", {}, element("th", { scope: "row" }, name), cells.map((cell) => element("td", {}, cell))))));
}

const SVG = "http://www.w3.org/2000/svg";

// Bars from the smallest to the largest element, with both ends below.
function histogram(spread) {
  if (!spread?.counts?.length) return "–";
  const { low, high, counts } = spread;
  const svg = document.createElementNS(SVG, "svg");
  const most = Math.max(...counts, 1);
  svg.setAttribute("viewBox", `0 0 ${BAR[0]} ${BAR[1]}`);
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", `${format(low, 3)} … ${format(high, 3)}`);
  counts.forEach((count, at) => {
    if (!count) return;
    const rect = document.createElementNS(SVG, "rect");
    const height = Math.max(1, (count / most) * BAR[1]);
    for (const [name, value] of Object.entries({ x: at * 4 + 0.5, y: BAR[1] - height, width: 3, height })) rect.setAttribute(name, value);
    svg.append(rect);
  });
  return element("figure", {}, svg, element("figcaption", {}, element("span", {}, end(low)), element("span", {}, end(high))));
}

function bar(value, most) {
  if (typeof value !== "number") return format(value);
  return element("span", { class: "bar", style: `--part: ${Math.round((value / most) * 100)}%` }, format(value, 3));
}

// A healthy step moves a weight by about a thousandth of its norm.
function ratio(update, words) {
  if (typeof update !== "number") return "–";
  const judged = update > 1e-1 ? words.large : update > 0 && update < 1e-6 ? words.small : "";
  return element("span", { class: judged ? "odd" : null }, `${format(update, 2)}${judged ? ` ${judged}` : ""}`);
}
