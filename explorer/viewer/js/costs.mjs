// What a node or a module took: seconds of forward and backward, and bytes kept for backward.
import { element, fill } from "./dom.mjs";
import { bytes, percent, seconds } from "./numbers.mjs";

export const pair = ([name, value]) => element("div", {}, element("dt", {}, name), element("dd", {}, value));

export const pairs = (rows) => element("dl", { class: "pairs" }, rows.filter(Boolean).map(pair));

// Beside the heading, so that it can be read without opening.
export function timeBrief({ time }) {
  const all = [time?.forward, time?.backward].filter((each) => each !== undefined && each !== null);
  return all.length ? seconds(all.reduce((sum, each) => sum + each, 0)) : null;
}

export function time(about, facts) {
  const { words, header, actions, pending } = about;
  const sums = header.evidence.times;
  if (!sums || !facts.time) return null;
  const row = (name) => {
    const took = facts.time[name];
    if (took === undefined || took === null) return null;
    const part = sums[name] > 0 ? ` · ${percent(took / sums[name])}` : "";
    return [words[`time.${name}`], `${seconds(took)}${part}`];
  };
  const rows = [row("forward"), row("backward")].filter(Boolean);
  if (!rows.length) return null;
  const asked = "repeats:5";
  const waiting = pending === asked;
  return [
    pairs(rows),
    element("p", { class: "faint" }, sums.repeats ? fill(words["time.median"], { repeats: sums.repeats }) : words["time.once"]),
    actions.command ? element("button", { class: "plain", type: "button", "data-focus": "repeats", disabled: waiting, onclick: () => actions.command(asked) }, words[waiting ? "time.waiting" : "time.again"]) : null,
  ];
}

export const memoryBrief = ({ memory }) => (memory ? bytes(memory.saved) : null);

export function memory({ words }, { memory: kept }) {
  if (!kept) return null;
  return [
    pairs([[words["memory.saved"], bytes(kept.saved)], [words["memory.own"], bytes(kept.own)]]),
    element("p", { class: "faint" }, words["memory.meaning"]),
  ];
}

// What freezing or checkpointing would save, of a module.
export function savings({ words }, { freezing = [], checkpointing }) {
  const told = (word, { name, bytes: size, nodes, exact }) =>
    element("p", {}, fill(words[exact ? word : `${word}.least`], { name, size: bytes(size), nodes: nodes ?? 0 }));
  return [
    ...freezing.map((each) => told("saving.freezing", each)),
    checkpointing ? told("saving.checkpointing", checkpointing) : null,
  ].filter(Boolean);
}
