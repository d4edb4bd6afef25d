// A file as a strip of bytes: what lies where, and below it which bytes a library read to get what was asked for.
//
// Data from Python (file_strip.py): {nbytes, spans: [{start, end, kind, name}], reads: [{start, end, phase}], kinds: [kind],
// zoom: null | [start, end], words}.
import { element, fill } from "./dom.mjs";
import { mountDrawing } from "./drawing.mjs";
import { thousands } from "./numbers.mjs";

export const mount = (root) => mountDrawing(root, draw);

function draw({ nbytes, spans, reads, kinds, zoom, words }) {
  const said = element("p", { class: "note", "aria-live": "polite" }, reads.length ? words.hint : "\u00a0");
  const whole = strip(0, nbytes, spans, reads, said, words);
  const near = zoom ? [element("p", { class: "note" }, fill(words.zoom, { start: thousands(zoom[0]), end: thousands(zoom[1]) })), ...strip(...zoom, spans, reads, said, words)] : [];
  return [...whole, ...near, legend(kinds, reads, words), said];
}

// The bytes from `low` to `high`, and below them the reads.
function strip(low, high, spans, reads, said, words) {
  const inside = ({ start, end }) => end > low && start < high;
  const percent = (at) => (100 * (Math.min(Math.max(at, low), high) - low)) / (high - low);
  const place = ({ start, end }) => `left: ${percent(start)}%; width: ${percent(end) - percent(start)}%`;
  const tell = ({ start, end, kind, name }) => fill(words.span, { start: thousands(start), end: thousands(end), bytes: thousands(end - start), kind: words[kind], name });
  const boxes = spans.filter(inside).map((span) => {
    const show = () => {
      said.textContent = tell(span);
    };
    return element("button", { type: "button", class: `span ${span.kind}`, style: place(span), "aria-label": tell(span), onclick: show, onpointerenter: show, onfocus: show });
  });
  const taken = reads.filter(inside).map((read) => element("i", { class: read.phase === "data" ? "read taken" : "read", style: place(read) }));
  const drawn = element("div", { class: "strip", role: "group", "aria-label": words.strip }, boxes);
  return reads.length ? [drawn, element("div", { class: "reads" }, taken)] : [drawn];
}

function legend(kinds, reads, words) {
  const items = kinds.map((kind) => element("span", { class: kind }, element("i", {}), words[kind]));
  if (reads.length) {
    items.push(element("span", {}, element("i", { class: "open" }), words.open), element("span", {}, element("i", { class: "taken" }), words.taken));
  }
  return element("div", { class: "legend" }, items);
}
