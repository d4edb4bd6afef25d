// Tensors as grids of numbers, the deeper the tone the larger; each cell also says its place in the flattened order. A reduction is drawn
// with its result beside the dimension that collapsed.
//
// Data from Python (operations.py): {tensors: [{name, shape, values, dtype, hits, said}], collapse: null | {source, result, dim}, words}.
import { element, fill } from "./dom.mjs";
import { mountDrawing } from "./drawing.mjs";
import { indexOf } from "./strided.mjs";
import { show, tuple } from "./written.mjs";

export const mount = (root) => mountDrawing(root, draw);

function draw({ tensors, collapse, words }) {
  const by = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  const rest = collapse ? tensors.filter(({ name }) => name !== collapse.source && name !== collapse.result) : tensors;
  const drawn = collapse ? [reduction(by.get(collapse.source), by.get(collapse.result), collapse.dim, words)] : [];
  return [...drawn, element("div", { class: "figures" }, rest.map((tensor) => figure(tensor, words)))];
}

function figure(tensor, words) {
  const head = element("div", {}, element("code", {}, element("b", {}, tensor.name)), element("span", { class: "note" }, ` ${tuple(tensor.shape)} ${tensor.dtype}`));
  return element("div", { class: "figure" }, head, element("div", { class: "scroll" }, grids(tensor, words)));
}

// The last two dimensions as a grid; a tensor of more has one for every index of the others.
function grids(tensor, words) {
  const { values } = tensor;
  const shape = tensor.drawn ?? tensor.shape;
  if (values === null) return element("p", { class: "note" }, tensor.said ?? words.many);
  if (!values.length) return element("p", { class: "note" }, words.empty);
  const columns = shape.at(-1) ?? 1;
  const size = columns * (shape.at(-2) ?? 1);
  const largest = Math.max(...values.map(amount).filter(Number.isFinite), 0);
  const made = [];
  for (let start = 0; start < values.length; start += size) {
    const outer = indexOf(start, shape).slice(0, -2);
    if (outer.length) made.push(element("p", { class: "outer" }, `[${outer.join(", ")}, :, :]`));
    const cells = values.slice(start, start + size).map((value, at) => cell(value, start + at, largest, tensor, words));
    made.push(element("div", { class: "cellgrid", style: `--columns: ${columns}` }, cells));
  }
  return made;
}

const amount = (value) => Math.abs(typeof value === "boolean" ? Number(value) : Number.parseFloat(value));

function cell(value, at, largest, tensor, words) {
  const tone = largest ? Math.min(amount(value) / largest, 1) : 0;
  const kind = `heat${Number(value) < 0 ? " minus" : ""}${tensor.hits.includes(at) ? " hit" : ""}`;
  const label = fill(words.cell, { index: `[${indexOf(at, tensor.shape).join(", ")}]`, at });
  const place = tensor.shape.length ? element("span", { class: "at" }, String(at)) : null;
  return element("div", { class: kind, style: `--tone: ${Number.isFinite(tone) ? tone : 1}`, title: label }, show(value), place);
}

// dim 0 collapses downwards, dim 1 to the right, and everything into the corner.
function reduction(source, result, dim, words) {
  const column = { ...result, drawn: [result.values.length, 1] };
  const place = dim === 0 ? "grid-row: 3; grid-column: 1" : dim === 1 ? "grid-row: 1; grid-column: 2" : "grid-row: 3; grid-column: 2";
  const text = element("p", { class: dim === 0 ? "down" : "across" }, fill(dim === null ? words.collapse_all : words.collapse, { dim }));
  return element(
    "div",
    { class: "collapse" },
    element("div", { style: "grid-row: 1; grid-column: 1" }, figure(source, words)),
    text,
    element("div", { style: place }, figure(dim === 1 ? column : result, words)),
  );
}
