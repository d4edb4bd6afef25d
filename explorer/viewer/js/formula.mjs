// The derivative of one node: its formula slot by slot, the run's own numbers put in, and the answer to a check against finite differences.
import { element, fill } from "./dom.mjs";
import { math } from "./mathml.mjs";
import { format, grid } from "./numbers.mjs";

// By slot: the formula where it is known, the numbers where they are small; last what they mean.
export function formulas(about, facts) {
  const { words, header } = about;
  const formula = header.formulas[facts.name];
  const count = Math.max(formula?.slots.length ?? 0, facts.local?.length ?? 0);
  const shown = Array.from({ length: count }, (_, slot) => slotFacts(about, facts, formula?.slots[slot], slot)).filter(Boolean);
  const own = new Set(facts.numbers?.map(({ slot }) => slot));
  const ones = facts.local?.some((value, slot) => value !== null && !own.has(slot));
  const unknown = formula ? null : fill(header.formula_words[facts.kind === "custom" ? "custom" : "unknown"], { name: facts.name });
  return [
    formula?.forward_mathml ? math(formula.forward_mathml, formula.forward) : null,
    ...shown,
    ...(formula?.notes ?? []).map((note) => element("p", { class: "faint" }, note)),
    symbols(formula),
    formula?.slots.some(({ text }) => text.includes("[")) ? element("p", { class: "faint" }, header.formula_words.legend) : null,
    unknown ? element("p", { class: "faint" }, unknown) : null,
    ones ? element("p", { class: "faint" }, words["local.ones"]) : null,
    check(about, facts),
  ].filter(Boolean);
}

function slotFacts({ words }, facts, slot, number) {
  const value = facts.local?.[number] ?? null;
  const own = facts.numbers?.filter((each) => each.slot === number) ?? [];
  if (!slot && value === null && !own.length) return null;
  const to = facts.outgoing?.find((edge) => edge.slot === number)?.to;
  const rule = slot ? math(slot.mathml, slot.text) : element("div", { class: "name" }, to ?? fill(words["local.slot"], { slot: number }));
  return element("div", { class: "fact" },
    slot && to ? element("p", { class: "faint" }, fill(words["grad.to"], { name: to })) : null,
    rule,
    own.map((each) => element("div", { class: "own" }, math(each.mathml, each.text))),
    slot?.words ? element("p", { class: "faint" }, slot.words) : null,
    value === null || own.length ? null : grid(value));
}

// Which letter is which of torch's names.
function symbols(formula) {
  const told = (formula?.symbols ?? []).map(([symbol, name]) => `${symbol} = ${name}`);
  return told.length ? element("p", { class: "faint symbols" }, told.join(", ")) : null;
}

// The button that asks for a check of the node's call, and what came of it.
function check(about, facts) {
  const { words, header, actions, pending } = about;
  if (facts.op === undefined) return null;
  const found = header.evidence.check;
  const answer = found?.op === facts.op ? verdict(words, found, header.evidence.verdict) : null;
  const asked = `check:${facts.op}`;
  const waiting = pending === asked;
  const button = actions.command ? element("button", { class: "plain", type: "button", "data-focus": "check", disabled: waiting, onclick: () => actions.command(asked) }, words[waiting ? "check.waiting" : "check.ask"]) : null;
  return answer || button ? element("div", { class: "check", "aria-live": "polite" }, answer, answer ? null : button) : null;
}

// A difference with a reason (a kink, say) is no fault, so it is no alarm.
function verdict(words, { status, reason, step, tolerance, inputs = [] }, sentence) {
  const used = status === "impossible" ? null : fill(words["check.used"], { step: format(step ?? 0, 3), tolerance: format(tolerance ?? 0, 3) });
  return [
    element("p", { class: `verdict ${status === "differs" && reason ? "excused" : status}` }, words[`check.${status}`]),
    reason ? element("p", {}, sentence) : null,
    ...inputs.map((input) => sides(words, input)),
    used ? element("p", { class: "faint" }, used) : null,
  ];
}

// Both numbers of one input, and how far they are apart.
function sides(words, { name, position = 0, autograd, numeric, largest_difference: difference = 0 }) {
  const side = (word, value) => (value === undefined || value === null ? null : [element("p", { class: "faint" }, words[word]), grid(value)]);
  return element("div", { class: "fact" },
    element("div", { class: "name" }, name ?? fill(words["check.input"], { position })),
    side("check.autograd", autograd),
    side("check.numeric", numeric),
    element("p", {}, fill(words["check.difference"], { difference: format(difference, 3) })));
}
