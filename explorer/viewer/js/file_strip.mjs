// A file as a strip of bytes: what lies where, and below it which bytes a library read to get what was asked for.
//
// Data from Python (files.py): {nbytes, spans: [{start, end, kind, name}], reads: [{start, end, phase}], kinds: [kind], words}.
import { element, fill } from "./dom.mjs";
import { mountDrawing } from "./drawing.mjs";
import { thousands } from "./numbers.mjs";

export const mount = (root) => mountDrawing(root, draw);

function draw({ nbytes, spans, reads, kinds, words }) {
  const place = ({ start, end }) => `left: ${(100 * start) / nbytes}%; width: ${(100 * (end - start)) / nbytes}%`;
  const said = element("p", { class: "note", "aria-live": "polite" }, reads.length ? words.hint : "\u00a0");
  const tell = ({ start, end, kind, name }) => fill(words.span, { start: thousands(start), end: thousands(end), bytes: thousands(end - start), kind: words[kind], name });
  const boxes = spans.map((span) => {
    const show = () => {
      said.textContent = tell(span);
    };
    return element("button", { type: "button", class: `span ${span.kind}`, style: place(span), "aria-label": tell(span), onclick: show, onpointerenter: show, onfocus: show });
  });
  const strip = element("div", { class: "strip", role: "group", "aria-label": words.strip }, boxes);
  const taken = reads.map((read) => element("i", { class: read.phase === "data" ? "read taken" : "read", style: place(read) }));
  const legend = kinds.map((kind) => element("span", { class: kind }, element("i", {}), words[kind]));
  if (reads.length) {
    legend.push(element("span", {}, element("i", { class: "open" }), words.open), element("span", {}, element("i", { class: "taken" }), words.taken));
  }
  return [strip, reads.length ? element("div", { class: "reads" }, taken) : null, element("div", { class: "legend" }, legend), said].filter(Boolean);
}
