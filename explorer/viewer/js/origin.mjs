// What is peculiar about a node: its order, hooks, a retained gradient, a checkpointed segment, views, slots without an edge.
import { element, fill } from "./dom.mjs";

export function originBrief({ words }, facts) {
  const told = [
    facts.order ? fill(words["origin.order.brief"], { order: facts.order }) : null,
    facts.hooks ? words["origin.hooks.brief"] : null,
    facts.retains ? "retain_grad" : null,
    facts.segment !== undefined ? "checkpoint" : null,
  ].filter(Boolean);
  return told.length ? told.join(" · ") : null;
}

export function origin({ words, header }, facts) {
  const line = (word, values) => element("p", {}, fill(words[word], values));
  const empty = facts.kind === "leaf" ? [] : facts.empty_slots ?? [];
  return [
    facts.order ? line("origin.order", { order: facts.order }) : null,
    facts.hooks ? [line("origin.hooks", {}), element("ul", {}, facts.hooks.map((hook) => element("li", {}, element("code", {}, hook))))] : null,
    facts.retains ? line("origin.retains", {}) : null,
    facts.segment !== undefined ? line("origin.segment", { segment: facts.segment + 1 }) : null,
    ...(facts.views ?? []).map((view) => line("origin.view", { name: view.name ?? fill(words["origin.view.input"], { input: view.input ?? 0 }), shape: view.shape })),
    empty.length ? line("origin.none", { slots: empty.map((slot) => slotName(header, facts, slot)).join(", ") }) : null,
  ].filter(Boolean);
}

// With torch's name of the argument where the formula tells it.
function slotName(header, facts, slot) {
  const name = header.formulas[facts.name]?.slots[slot]?.name;
  return name ? `${slot} (${name})` : String(slot);
}
