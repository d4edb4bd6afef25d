// A call on its way down through PyTorch, as a ladder: Python, autograd, ATen, dispatcher, kernel.
import { element, fill } from "./dom.mjs";

const MOST = 12; // operators that are listed

const operatorsOf = ({ header }, facts) => (facts.operators ?? []).map((at) => header.evidence.operators[at]).filter(Boolean);

export function layersBrief(about, facts) {
  const operators = operatorsOf(about, facts);
  return operators.length ? operators[0].name + (operators.length > 1 ? " …" : "") : null;
}

export function layers(about, facts) {
  const { words } = about;
  const operators = operatorsOf(about, facts);
  if (!operators.length) return null;
  const shown = operators.slice(0, MOST);
  const more = operators.length - shown.length;
  const kernels = [...new Set(operators.map(({ kernel }) => kernel).filter(Boolean))];
  const keys = shown.filter((each) => each.keys?.length).map((each) => element("div", { class: "keys" },
    shown.length > 1 ? element("span", { class: "faint" }, each.name) : null,
    element("span", { class: "chain" }, each.keys.join(" → "))));
  return element("ol", { class: "ladder" },
    step(words, "python", element("code", {}, facts.text ?? facts.name)),
    step(words, "autograd", element("code", {}, facts.name)),
    step(words, "aten", shown.map(operator), more > 0 ? element("p", { class: "faint" }, fill(words["layer.more"], { count: more })) : null),
    keys.length ? step(words, "dispatch", keys) : null,
    kernels.length ? step(words, "kernel", kernels.map((kernel) => element("p", {}, element("code", {}, kernel), element("span", { class: "faint" }, backend(words, kernel))))) : null);
}

function step(words, name, ...content) {
  return element("li", { class: `step-${name}` },
    element("div", { class: "level" }, words[`layer.${name}`], element("span", { class: "faint" }, words[`layer.${name}.level`])),
    content);
}

const operator = ({ name, schema }) => element("div", {}, element("code", {}, name), schema ? element("code", { class: "faint" }, schema) : null);

// What computed, in words: the processor, or an operator made of others.
function backend(words, kernel) {
  const kind = /^Composite/.test(kernel) ? "composite" : /CUDA/.test(kernel) ? "cuda" : /CPU/.test(kernel) ? "cpu" : null;
  return kind ? words[`backend.${kind}`] : null;
}
