// The view workbench: a chain of steps, the facts of the one that is chosen, why a view fails, and steps to try next; under it the storages.
// What a person does to the chain goes to Python as the whole list of steps; going back and forth needs no round trip.
//
// Data from Python (workbench.py): {steps: [...], typed: [...], code, storages: (as storage_view has it), words}.
import { publish, subscribe } from "./bus.mjs";
import { element, fill } from "./dom.mjs";
import { dimensions, obstacle } from "./merging.mjs";
import { Sliders } from "./sliders.mjs";
import { StorageView } from "./storage_view.mjs";
import { tuple } from "./written.mjs";

const SOURCE = "workbench";

export function mount(root, port) {
  const view = new Workbench(port);
  root.append(view.frame);
  const stop = subscribe((selection) => view.follow(selection));
  return {
    update: (data) => view.update(data),
    unmount: () => {
      stop();
      view.frame.remove();
    },
  };
}

class Workbench {
  constructor(port) {
    this.port = port;
    this.chain = element("ol", { class: "chain" });
    this.tools = element("div", { class: "tools" });
    this.facts = element("section", { class: "facts card" });
    this.next = element("section", { class: "next card" });
    this.storages = new StorageView();
    this.sliders = new Sliders((tensor) => this.preview(tensor), (code) => this.add(code));
    this.frame = element("div", { class: "workbench" }, this.chain, this.tools, this.facts, this.next, this.storages.frame);
    this.frame.addEventListener("keydown", (event) => this.key(event));
  }

  update(data) {
    const content = JSON.stringify(data);
    if (content === this.content) return;
    const same = this.data && data.code === this.data.code;
    Object.assign(this, { content, data });
    this.busy(false);
    this.storages.update(data.storages);
    this.drawChain();
    this.choose(same ? Math.min(this.at, data.steps.length - 1) : data.steps.length - 1);
    if (this.wanted) this.input?.focus();
    this.wanted = false;
  }

  get step() {
    return this.data.steps[this.at];
  }

  // The step that the next one is applied to: the chosen one, or the last good one before a failure.
  get base() {
    return this.step?.kind === "fails" ? this.at - 1 : this.at;
  }

  // ---- the chain

  drawChain() {
    const { words } = this.data;
    this.chain.setAttribute("aria-label", words.chain);
    const items = this.data.steps.map(({ code, kind }, at) =>
      element(
        "li",
        {},
        element(
          "button",
          { type: "button", class: `link ${kind}`, onclick: () => this.choose(at) },
          element("code", {}, code),
          element("span", { class: "kind" }, mark(kind), words[`kind.${kind}`]),
        ),
      ),
    );
    this.chain.replaceChildren(...items);
    const button = (name, act, text = words[name]) => element("button", { type: "button", class: `tool ${name}`, onclick: act }, text);
    this.copy = button("copy", () => this.copyCode());
    this.tools.replaceChildren(
      button("back", () => this.choose(this.at - 1), `← ${words.back}`),
      button("forth", () => this.choose(this.at + 1), `${words.forth} →`),
      button("cut", () => this.send(this.data.typed.slice(0, this.data.steps.length - 2))),
      this.copy,
      button("send", () => this.port.trigger("send", true)),
    );
  }

  choose(at, told = false) {
    const { steps } = this.data;
    this.at = Math.max(0, Math.min(at, steps.length - 1));
    for (const [position, item] of [...this.chain.children].entries()) {
      item.firstChild.setAttribute("aria-current", String(position === this.at ? "step" : false));
    }
    const able = { back: this.at > 0, forth: this.at < steps.length - 1, cut: steps.length > 1 };
    for (const [name, on] of Object.entries(able)) this.tools.querySelector(`.${name}`).disabled = !on;
    this.drawFacts();
    this.drawNext();
    const tensor = steps[this.base]?.tensors[0];
    if (tensor) this.storages.choose(tensor, false);
    if (tensor && !told) publish({ tensor, storage: [steps[this.base].storage], source: SOURCE });
  }

  // A tensor chosen in the storages below is the step that gave it.
  follow(selection) {
    if (!this.data || selection.source === SOURCE) return;
    const at = this.data.steps.findIndex(({ tensors }) => tensors.includes(selection.tensor));
    if (at >= 0) this.choose(at, true);
    this.storages.follow(selection);
  }

  key(event) {
    const typing = event.target instanceof HTMLInputElement;
    if (typing || !event.altKey) return;
    if (event.key === "ArrowLeft") this.choose(this.at - 1);
    else if (event.key === "ArrowRight") this.choose(this.at + 1);
    else return;
    event.preventDefault();
  }

  // ---- changing the chain

  add(code) {
    if (!code.trim()) return;
    this.wanted = true;
    this.send([...this.data.typed.slice(0, this.base), code]);
  }

  send(steps) {
    this.busy(true);
    this.port.set("steps", steps);
  }

  busy(on) {
    this.frame.classList.toggle("busy", on);
    this.frame.setAttribute("aria-busy", String(on));
  }

  async copyCode() {
    await navigator.clipboard.writeText(this.data.code);
    this.copy.textContent = this.data.words.copied;
  }

  // ---- the chosen step

  drawFacts() {
    const { step } = this;
    const { words } = this.data;
    if (!step) return this.facts.replaceChildren();
    const says = fill(words[`says.${step.kind}`], { storage: step.storage, count: step.tensors.length });
    const head = element(
      "header",
      { class: `verdict ${step.kind}` },
      element("strong", {}, mark(step.kind), ` ${says}`),
      step.line ? element("code", {}, step.line) : null,
    );
    const why = step.why ? element("p", { class: "why" }, step.why) : null;
    const problem = step.problem ? element("p", { class: "problem" }, step.problem) : null;
    const body = step.kind === "fails" ? this.failure(step) : this.success(step);
    this.facts.replaceChildren(...[head, why, ...body, problem].filter(Boolean));
  }

  success(step) {
    const { words, steps } = this.data;
    if (step.layout) return [element("p", { class: "note" }, fill(words.no_strides, step))];
    const before = this.at > 0 ? steps[this.at - 1] : null;
    const rows = ["shape", "stride", "offset"].map((name) => [name === "offset" ? "storage_offset" : name, before && written(before, name), written(step, name)]);
    const memory = step.formats.length ? step.formats.join(", ") : words.not_contiguous;
    const was = before?.formats && (before.formats.length ? before.formats.join(", ") : words.not_contiguous);
    rows.push(["memory format", before && was, memory], ["dtype", before && before.dtype, step.dtype]);
    const head = element("tr", {}, element("td", {}), before ? element("th", { scope: "col" }, words.before) : null, element("th", { scope: "col" }, words.after));
    const table = element("table", { class: "layout" }, before ? element("thead", {}, head) : null, element("tbody", {}, rows.map(row)));
    return [table, dimensions(step, words)];
  }

  failure(step) {
    if (!step.asked) return [];
    const { words } = this.data;
    const remedies = step.remedies.map((steps) =>
      element("button", { type: "button", class: "remedy", onclick: () => this.send([...this.data.typed.slice(0, this.base), ...steps]) }, element("code", {}, steps.join(""))),
    );
    return [dimensions(step, words), ...obstacle(step, words), element("p", { class: "remedies" }, `${words.remedy}: `, remedies)];
  }

  // ---- the step after it

  drawNext() {
    const { words, steps } = this.data;
    const base = steps[this.base];
    if (!base) return this.next.replaceChildren();
    const hint = fill(words["add.hint"], { name: base.name });
    this.input = element("input", { type: "text", class: "typed", maxlength: 200, spellcheck: "false", autocomplete: "off", autocapitalize: "off", "aria-label": words.add, placeholder: ".view(2, -1)" });
    const form = element(
      "form",
      { onsubmit: (event) => { event.preventDefault(); this.add(this.input.value); } },
      element("label", {}, element("span", { class: "label" }, words.add), this.input),
      element("button", { type: "submit", class: "tool" }, words["add.button"]),
      element("p", { class: "note hint" }, hint),
    );
    this.foreseen = element("p", { class: "foreseen", "aria-live": "polite" });
    this.next.replaceChildren(form, ...this.palette(base), this.foreseen, this.sliders.of(this.source(base), words));
  }

  palette(base) {
    const { words } = this.data;
    const groups = Map.groupBy(base.suggestions, ({ group }) => group);
    return [...groups].map(([group, members]) =>
      element(
        "div",
        { class: "group", role: "group", "aria-label": words[`group.${group}`] },
        element("span", { class: "label" }, words[`group.${group}`]),
        element("div", { class: "choices" }, members.map((one) => this.choice(one))),
      ),
    );
  }

  choice(one) {
    const foresee = () => { this.foreseen.textContent = this.foresight(one); };
    return element(
      "button",
      { type: "button", class: `choice ${one.kind}`, onclick: () => this.add(one.code), onpointerenter: foresee, onfocus: foresee },
      mark(one.kind),
      element("code", {}, one.code),
    );
  }

  // What would come of a step, before it is taken.
  foresight(one) {
    const { words } = this.data;
    const kind = words[`kind.${one.kind}`];
    if (one.kind === "parts") return `${fill(words["foresees.parts"], one)}. ${one.why}`;
    if (!one.shape) return `${one.code}: ${kind}. ${one.why}`;
    const values = { code: one.code, kind, shape: tuple(one.shape), stride: tuple(one.stride), offset: String(one.offset) };
    return `${fill(words.foresees, values)}. ${one.why}`;
  }

  // ---- as_strided by hand

  source(base) {
    const tensor = this.data.storages.tensors.find(({ name }) => name === base.tensors[0]);
    const storage = this.data.storages.storages.find(({ id }) => id === base.storage);
    return tensor && storage && !base.tuple ? { tensor, storage } : null;
  }

  // While a slider moves, the strip shows what it would read.
  preview(tensor) {
    this.storages.preview(tensor && { ...tensor, name: this.data.words.preview });
    if (!tensor) this.storages.choose(this.data.steps[this.base].tensors[0], false);
  }
}

const written = (step, name) => (name === "offset" ? String(step.offset) : tuple(step[name]));

const row = ([name, before, after]) =>
  element(
    "tr",
    {},
    element("th", { scope: "row" }, name),
    before === null ? null : element("td", { class: "was" }, before),
    element("td", { class: before !== null && before !== after ? "changed" : null }, after),
  );

// The kind of a step as a shape, so that colour is never alone.
const SIGNS = { view: "◱", copy: "+", same: "=", parts: "⋮", fails: "✕", start: "•", unknown: "?" };
const mark = (kind) => element("i", { class: "sign", "aria-hidden": "true" }, SIGNS[kind]);
