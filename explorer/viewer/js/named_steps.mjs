// Calls one by one with the names of their dimensions; where two tensors meet, their dimensions by position and by name, side by side.
//
// Data from Python (names.py): {steps: [{line, text, function, inputs, output, rule, mismatch, hint, sides}], words}; a tensor is
// {shape, names, variable}; sides is null or {position: [pair], name: [pair] or null, code}, a pair {first, second, bad} with [size, name] or null.
import { element, fill } from "./dom.mjs";
import { mountDrawing } from "./drawing.mjs";
import { tuple } from "./written.mjs";

export const mount = (root) => mountDrawing(root, draw);

function draw({ steps, words }) {
  return steps.length ? steps.map((step) => card(step, words)) : [element("p", { class: "note" }, words.none)];
}

function card(step, words) {
  const line = step.line === null ? "" : fill(words.line, step);
  const head = element("header", {}, element("span", { class: "note" }, line), element("code", {}, step.text || step.function));
  const out = step.output ? tensor(step.output, words) : element("span", { class: "note" }, words.refused);
  const flow = element("div", { class: "flow" }, step.inputs.map((one) => tensor(one, words)), element("span", { "aria-hidden": "true" }, "→"), out);
  const said = step.mismatch ? element("p", { class: "alarm" }, step.mismatch) : null;
  const hint = step.hint ? element("p", { class: "why" }, step.hint) : null;
  return element(
    "section",
    { class: step.mismatch ? "card step clash" : "card step" },
    head,
    flow,
    element("p", { class: "why" }, step.rule),
    said,
    hint,
    step.sides ? sides(step, words) : null,
  );
}

function tensor({ shape, names, variable }, words) {
  const dims = shape.map((size, at) =>
    element("span", { class: names[at] === null ? "dim nameless" : "dim" }, element("span", { class: "label" }, names[at] ?? "_"), element("span", { class: "size" }, String(size))),
  );
  return element("span", { class: "tensor", title: tuple(shape) }, variable ? element("code", {}, variable) : null, dims.length ? element("span", {}, dims) : element("span", { class: "note" }, words.scalar));
}

function sides({ inputs, sides: { position, name, code } }, words) {
  const labels = inputs.slice(0, 2).map((one, at) => one.variable ?? words[at ? "second" : "first"]);
  const byName = name ? table(name, labels, words.by_name, words) : element("section", { class: "side" }, element("h3", {}, words.by_name), element("p", { class: "note" }, words.no_name));
  if (name && code) byName.append(element("code", {}, code));
  return element("div", { class: "sides" }, table(position, labels, words.by_position, words), byName);
}

function table(pairs, labels, title, words) {
  const row = (label, side) => element("tr", {}, element("th", { scope: "row" }, label), pairs.map((pair) => element("td", { class: pair.bad ? "bad" : null }, cell(pair[side]))));
  const fits = element("tr", {}, element("th", { scope: "row" }, words.fits), pairs.map((pair) => element("td", { class: pair.bad ? "bad" : null }, pair.bad ? "≠" : "✓")));
  const body = element("table", { "aria-label": title }, element("tbody", {}, row(labels[0], "first"), row(labels[1], "second"), fits));
  return element("section", { class: "side" }, element("h3", {}, title), element("div", { class: "scroll" }, body));
}

const cell = (side) => (side === null ? "·" : `${side[1] ?? "_"} ${side[0]}`);
