// Two pictures of the rule that dimensions merge by: the dimensions of a tensor with what stands between neighbours, and the walk over its
// elements whose steps differ where a view is not possible, with what a copy would do about it.
import { element, fill } from "./dom.mjs";
import { thousands } from "./numbers.mjs";
import { address, indexOf, numel } from "./strided.mjs";
import { show } from "./written.mjs";

const MOST = 24; // elements of a walk

// Boxes for dimensions; between two neighbours the numbers of the rule, and whether they are equal.
export function dimensions({ shape, stride, pairs }, words) {
  if (shape.length === 0) return null;
  const parts = [];
  for (const [dim, size] of shape.entries()) {
    parts.push(
      element(
        "li",
        { class: "dim" },
        element("strong", {}, fill(words.dim, { dim: String(dim) })),
        element("span", {}, fill(words.size, { size: String(size) })),
        element("span", {}, fill(words.stride, { stride: String(stride[dim]) })),
      ),
    );
    const pair = pairs.find(({ outer }) => outer === dim);
    if (pair) parts.push(rule(pair, { shape, stride }, words));
  }
  return element("div", { class: "dims" }, element("h4", {}, words.dims), element("p", { class: "note" }, words["dims.why"]), element("ol", {}, parts));
}

function rule(pair, { shape, stride }, words) {
  const { outer, inner, needed, merges } = pair;
  const values = { outer, inner, stride: pair.stride, needed, inner_stride: stride[inner], inner_size: shape[inner], sign: merges ? "=" : "≠" };
  const texts = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)]));
  return element(
    "li",
    { class: merges ? "pair merges" : "pair apart" },
    element("strong", {}, merges ? `↔ ${words.merges}` : `✕ ${words.merges_not}`),
    element("code", {}, fill(words.rule, texts)),
  );
}

// Why a view fails, as a walk: cell after cell, with the length of each step; then the same elements as a copy would lie.
export function obstacle(tensor, words) {
  const count = numel(tensor);
  const start = tensor.wrap < MOST ? 0 : tensor.wrap - MOST / 2; // the odd step is among those shown
  const shown = Array.from({ length: Math.min(count - start, MOST) }, (_, at) => start + at);
  const cells = shown.map((k) => address(tensor, indexOf(k, tensor.shape)));
  const values = shown.map((k) => tensor.values?.[k]);
  const lengths = cells.slice(1).map((cell, at) => cell - cells[at]);
  const usual = lengths[0];
  const walk = cells.flatMap((cell, at) => {
    const length = lengths[at - 1];
    const jump = at ? element("li", { class: length === usual ? "hop" : "hop odd" }, signed(length)) : null;
    return [jump, stop(cell, values[at], words)];
  });
  const rest = (left) => (left > 0 ? element("li", { class: "more" }, fill(words["walk.more"], { count: thousands(left) })) : null);
  const steps = [...new Set(lengths.map(signed))].join(", ");
  return [
    element("h4", {}, fill(words.walk, tensor)),
    element("ol", { class: "walk" }, rest(start), walk, rest(count - start - cells.length)),
    element("p", { class: "note" }, fill(words["walk.why"], { steps })),
    element("h4", {}, words.copying),
    copying(cells, values, start, words),
    element("p", { class: "note" }, words["copying.why"]),
  ];
}

const stop = (cell, value, words) =>
  element("li", { class: "stop" }, element("span", { class: "value" }, show(value)), element("span", { class: "at" }, fill(words.cell, { cell: String(cell) })));

const signed = (length) => (length < 0 ? `−${-length}` : `+${length}`);

const CELL = 46; // px
const GAP = 56;

// Two rows of cells, old above new, and a line from where each element lies to where it would lie. Old cells between them are left out.
function copying(cells, values, start, words) {
  const places = [...new Set(cells)].sort((one, other) => one - other);
  const x = (position) => (position + 0.5) * CELL;
  const from = (cell) => x(places.indexOf(cell));
  const lines = cells.map((cell, at) => svg("path", { d: `M${from(cell)} ${CELL} C${from(cell)} ${CELL + GAP / 2} ${x(at)} ${CELL + GAP / 2} ${x(at)} ${CELL + GAP}` }));
  const old = places.map((cell) => box(from(cell), 0, show(values[cells.indexOf(cell)]), String(cell)));
  const fresh = cells.map((_, at) => box(x(at), CELL + GAP, show(values[at]), String(start + at)));
  const [width, height] = [cells.length * CELL, 2 * CELL + GAP];
  const picture = svg("svg", { class: "copying", viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": words.copying });
  picture.append(...lines, ...old, ...fresh);
  return element("div", { class: "copying-frame", tabindex: "0" }, picture);
}

function box(middle, top, value, at) {
  const group = svg("g", { transform: `translate(${middle - CELL / 2} ${top})` });
  const frame = svg("rect", { x: 1, y: 1, width: CELL - 2, height: CELL - 2 });
  const number = svg("text", { class: "value", x: CELL / 2, y: CELL / 2 - 1 });
  const place = svg("text", { class: "at", x: CELL / 2, y: CELL - 7 });
  number.textContent = value;
  place.textContent = at;
  group.append(frame, number, place);
  return group;
}

function svg(tag, attributes) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}
