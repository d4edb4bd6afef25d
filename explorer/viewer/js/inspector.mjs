// The panel beside the drawing: what is known of the selection, in sections that fold. Everything from a run goes in as text.
import { memory, memoryBrief, pairs, savings, time, timeBrief } from "./costs.mjs";
import { element, fill } from "./dom.mjs";
import { formulas } from "./formula.mjs";
import { layers, layersBrief } from "./layers.mjs";
import { bytes, format, grid, seconds, thousands } from "./numbers.mjs";
import { origin, originBrief } from "./origin.mjs";
import { meta, named, numbers, saved as savedFact } from "./tensor_facts.mjs";

// Of a call that takes thousands of tensors only the first are listed.
const MOST_INPUTS = 64;

const FOLDED = ["inputs", "outputs", "product", "time", "memory", "layers", "origin"];

export class Inspector {
  // `actions`: select(node), module(path) to select one, toggle() to open or fold the one shown, command(text) to ask for a run, or null.
  constructor(actions) {
    this.actions = { ...actions, command: actions.command && ((text) => this.#ask(text)) };
    this.ask = actions.command;
    this.root = element("aside", { class: "inspector", tabindex: "0" });
    this.folded = new Set(FOLDED);
    this.pending = null;
  }

  // Shows the facts (see explorer/viewer/details.py) of a node, a saved tensor, an input or a module; null shows what to click.
  // `shared` is what aliases.mjs says of the box.
  show(scene, facts, { saved = null, input = null, open = false, shared = null } = {}) {
    if (scene !== this.scene) this.pending = null;
    this.scene = scene;
    this.words = scene.words;
    this.last = [facts, { saved, input, open, shared }];
    const subject = facts && [facts.kind, facts.node ?? facts.module, saved?.name, input?.name].join(" ");
    const kept = subject !== null && subject === this.subject ? { top: this.root.scrollTop, focus: this.root.getRootNode().activeElement?.dataset.focus } : {};
    this.subject = subject;
    this.root.setAttribute("aria-label", this.words.inspector);
    const content = facts === null ? this.#empty() : facts.kind === "module" ? this.#module(facts, open) : input ? this.#input(facts, input) : this.#node(facts, saved);
    this.root.replaceChildren(...[...content, this.#section("shared", shared)].filter(Boolean));
    this.root.scrollTop = kept.top ?? 0;
    if (kept.focus) this.root.querySelector(`[data-focus="${kept.focus}"]`)?.focus({ preventScroll: true });
  }

  // While details are asked for, or where they did not come: what was selected, and the text of that key.
  wait(scene, title, kind, said) {
    this.scene = scene;
    this.words = scene.words;
    this.pending = this.subject = null;
    this.root.setAttribute("aria-label", this.words.inspector);
    this.root.replaceChildren(this.#heading(title, kind, this.words[`kind.${kind}`]), element("p", { class: "hint faint", role: "status" }, this.words[said]));
  }

  // What the sections are written with.
  get #about() {
    return { words: this.words, header: this.scene.header, actions: this.actions, pending: this.pending };
  }

  #ask(text) {
    this.pending = text;
    this.show(this.scene, ...this.last);
    this.ask(text);
  }

  #empty() {
    return [element("p", { class: "hint" }, this.words.empty), element("p", { class: "hint faint" }, this.words["empty.more"])];
  }

  #module(facts, open) {
    const { words } = this;
    const took = (name) => (facts.time?.[name] === undefined || facts.time[name] === null ? null : [words[`time.${name}`], seconds(facts.time[name])]);
    const sums = pairs([
      [words["sum.nodes"], thousands(facts.nodes ?? 0)],
      [words["sum.parameters"], thousands(facts.parameters ?? 0)],
      [words["sum.saved"], bytes(facts.saved_bytes ?? 0)],
      [words["sum.norm"], format(facts.largest_norm)],
      facts.own_bytes === undefined ? null : [words["memory.own"], bytes(facts.own_bytes)],
      took("forward"),
      took("backward"),
      facts.hook_count ? [words["sum.hooks"], thousands(facts.hook_count)] : null,
      facts.missing ? [words["sum.missing"], thousands(facts.missing)] : null,
    ]);
    return [
      this.#heading(facts.title ?? facts.module, "module", [facts.repeats ? fill(words["group.repeats"], { count: thousands(facts.repeats) }) : facts.title ? words["kind.step"] : words["kind.module"], facts.class_name].filter(Boolean).join(" · ")),
      facts.title ? null : this.#path(facts.module),
      element("button", { class: "plain", type: "button", onclick: () => this.actions.toggle() }, words[open ? "module.fold" : "module.open"]),
      this.#section("sums", sums),
      this.#section("savings", savings(this.#about, facts)),
    ];
  }

  // An input that needs no gradient: why, what it is, and which node took it.
  #input(facts, input) {
    const { words } = this;
    const user = element("button", { class: "link", type: "button", onclick: () => this.actions.select(facts.node) }, facts.text ?? facts.name);
    return [
      this.#heading(input.name, "input", words["kind.input"]),
      element("p", {}, fill(words[`input.${input.why}`], { dtype: input.dtype })),
      this.#section("tensor", [input.value !== undefined && input.value !== null ? grid(input.value) : null, meta(this.#about, { ...input, name: null })]),
      this.#section("user", [element("div", { class: "fact" }, user), element("p", { class: "faint" }, facts.name)]),
    ];
  }

  #node(facts, saved) {
    const { words } = this;
    const about = this.#about;
    const leaf = facts.kind === "leaf";
    const sections = {
      [facts.text ? "call" : "source"]: this.#call(facts),
      ...(leaf ? {} : { local: formulas(about, facts) }),
      result: facts.results?.map((result) => named(about, result.name, result.value, result.stats)),
      tensor: leaf ? [facts.tensors?.map((tensor) => this.#tensor(tensor)), facts.outputs?.map((tensor) => meta(about, tensor))].filter(Boolean) : null,
      incoming: this.#incoming(facts),
      outgoing: this.#listed(facts.outgoing, facts.more?.outgoing, (gradient) => this.#outgoing(gradient)),
      ...(leaf ? { local: formulas(about, facts) } : {}),
      product: this.#product(facts),
      saved: facts.saved?.map((tensor) => savedFact(about, tensor)),
      inputs: this.#listed(facts.inputs?.slice(0, MOST_INPUTS), (facts.inputs?.length ?? 0) - MOST_INPUTS, (tensor) => meta(about, tensor)),
      outputs: leaf ? null : this.#listed(facts.outputs, facts.more?.outputs, (tensor) => meta(about, tensor)),
      time: time(about, facts),
      memory: memory(about, facts),
      layers: layers(about, facts),
      origin: origin(about, facts),
    };
    const briefs = { time: timeBrief(facts), memory: memoryBrief(facts), layers: layersBrief(about, facts), origin: originBrief(about, facts) };
    const names = saved ? ["saved", ...Object.keys(sections).filter((name) => name !== "saved")] : Object.keys(sections);
    if (saved) sections.saved = [savedFact(about, saved)];
    return [
      saved ? this.#heading(saved.name, "saved", `${words["kind.saved"]} · ${facts.name}`) : this.#heading(facts.name, facts.kind, words[`kind.${facts.kind}`]),
      facts.module ? this.#path(facts.module, facts) : null,
      ...names.map((name) => this.#section(name, sections[name], briefs[name])),
    ];
  }

  // `more` are there that are not listed.
  #listed(list, more, show) {
    if (!list) return null;
    return [...list.map(show), more > 0 ? element("p", { class: "faint" }, fill(this.words["tensor.more"], { count: more })) : null];
  }

  #heading(title, kind, label) {
    return element("header", {}, element("h2", {}, title), element("span", { class: `kind ${kind}` }, label));
  }

  // model › layer1 › 0: each part selects that module.
  #path(path, { call, calls } = {}) {
    const parts = path.split(".");
    const links = parts.flatMap((part, at) => {
      const upTo = parts.slice(0, at + 1).join(".");
      const link = element("button", { class: "link", type: "button", onclick: () => this.actions.module(upTo) }, part);
      return at ? [element("span", { class: "faint" }, "›"), link] : [link];
    });
    return element("nav", { class: "path", "aria-label": this.words["section.module"] }, links, this.#again({ call, calls }));
  }

  // Which call of its module, where there were several.
  #again({ call, calls }) {
    return call ? element("span", { class: "faint" }, fill(this.words["call.again"], { call, calls })) : null;
  }

  // A heading with `brief` beside it, and the content below; what was folded or opened stays so for the next selection. Null without content.
  #section(name, content, brief = null) {
    if (content === null || content === undefined || content.length === 0) return null;
    const body = element("details", { open: !this.folded.has(name), ontoggle: ({ target }) => this.folded[target.open ? "delete" : "add"](name) },
      element("summary", { "data-focus": `section-${name}` }, element("h3", {}, this.words[`section.${name}`]), brief ? element("span", { class: "brief" }, brief) : null),
      content);
    return element("section", { class: `about-${name}` }, body);
  }

  #call(facts) {
    if (!facts.text && !facts.line) return null;
    const place = facts.line ? fill(this.words.line, { line: facts.line }) : null;
    return [
      facts.text ? element("code", { class: "call" }, facts.text) : null,
      facts.source && facts.source !== facts.text ? element("code", { class: "source faint" }, facts.source) : null,
      element("p", { class: "faint" }, [place, facts.in_place ? this.words.in_place : null].filter(Boolean).join(" · ")),
    ];
  }

  #incoming(facts) {
    if (!facts.incoming) return null;
    const several = facts.incoming.length > 1;
    const shown = this.#listed(facts.incoming, facts.more?.incoming, (gradient, number) => {
      const name = several ? fill(this.words["grad.output"], { number }) : null;
      return gradient ? named(this, name, gradient.value, gradient.stats, gradient.shape) : element("p", { class: "faint" }, [name, this.#absent(facts)].filter(Boolean).join(": "));
    });
    return [...shown, element("p", { class: "faint" }, this.words["grad.sum"]), this.#contributions(facts, several)];
  }

  // Why there is no gradient: it cannot be read, none was read in this graph, or none came.
  #absent({ unread }) {
    const why = unread ? "unread" : this.scene.header.evidence.flowed ? "none" : "unknown";
    return this.words[`grad.${why}`];
  }

  // At a fan-in: what each use sent, and that the sum of these is what came in.
  #contributions({ contributions, contributions_more: more, unread }, several) {
    if (!contributions) return null;
    const one = (each) => element("div", { class: "fact" },
      element("div", { class: "name" }, this.#link(each.node, fill(this.words["grad.from"], { name: each.from })), this.#again(each), several ? element("span", { class: "faint" }, fill(this.words["grad.output"], { number: each.output_nr })) : null),
      each.stats ? numbers(this, each.value, each.stats) : element("p", { class: "faint" }, this.#absent({ unread })));
    return element("div", { class: "contributions" },
      element("h4", {}, fill(this.words["grad.contributions"], { count: contributions.length + (more ?? 0) })),
      contributions.map(one),
      more ? element("p", { class: "faint" }, fill(this.words["tensor.more"], { count: more })) : null);
  }

  #link(node, text) {
    return element("button", { class: "link", type: "button", onclick: () => this.actions.select(node) }, text);
  }

  #outgoing(gradient) {
    return element("div", { class: "fact" },
      element("div", { class: "name" }, this.#link(gradient.target, fill(this.words["grad.to"], { name: gradient.to })), gradient.shape && gradient.shape !== "()" ? element("span", { class: "faint" }, gradient.shape) : null),
      gradient.stats ? numbers(this, gradient.value, gradient.stats) : element("p", { class: "faint" }, this.#absent(gradient)));
  }

  #product({ gradient_x_input: product }) {
    if (!product) return null;
    return [named(this, null, product.value, product.stats, product.shape), element("p", { class: "faint" }, this.words["product.meaning"])];
  }

  #tensor(tensor) {
    return [
      named(this, `${tensor.name} ${this.words.value}`, tensor.value, tensor.value_stats, tensor.shape),
      tensor.grad !== undefined || tensor.grad_stats ? named(this, `${tensor.name}.grad`, tensor.grad, tensor.grad_stats) : null,
    ];
  }
}
