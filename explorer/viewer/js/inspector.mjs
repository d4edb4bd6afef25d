// The panel beside the drawing: what is known of the selection, in sections. Everything from a run goes in as text.
import { element, fill } from "./dom.mjs";
import { bytes, format, grid, thousands } from "./numbers.mjs";

export class Inspector {
  // `actions`: select(node), module(path) to select one, toggle() to open or fold the one shown.
  constructor(actions) {
    this.actions = actions;
    this.root = element("aside", { class: "inspector", tabindex: "0" });
  }

  // Shows the facts (see explorer/viewer/details.py) of a node, a saved tensor, an input or a module; null shows what to click.
  show({ words, header }, facts, { saved = null, input = null, open = false } = {}) {
    this.words = words;
    this.formulas = header.formulas;
    this.root.setAttribute("aria-label", words.inspector);
    const content = facts === null ? this.#empty() : facts.kind === "module" ? this.#module(facts, open) : input ? this.#input(facts, input) : this.#node(facts, saved);
    this.root.replaceChildren(...content.filter(Boolean));
    this.root.scrollTop = 0;
  }

  #empty() {
    return [element("p", { class: "hint" }, this.words.empty), element("p", { class: "hint faint" }, this.words["empty.more"])];
  }

  #module(facts, open) {
    const { words } = this;
    const label = open ? words["module.fold"] : words["module.open"];
    const sums = [
      [words["sum.nodes"], thousands(facts.nodes ?? 0)],
      [words["sum.parameters"], thousands(facts.parameters ?? 0)],
      [words["sum.saved"], bytes(facts.saved_bytes ?? 0)],
      [words["sum.norm"], format(facts.largest_norm)],
    ];
    return [
      this.#heading(facts.module, "module", words["kind.module"]),
      this.#path(facts.module),
      element("button", { class: "plain", type: "button", onclick: () => this.actions.toggle() }, label),
      this.#section("sums", element("dl", { class: "pairs" }, sums.map(pair))),
    ];
  }

  // An input that needs no gradient: why, what it is, and which node took it.
  #input(facts, input) {
    const { words } = this;
    const user = element("button", { class: "link", type: "button", onclick: () => this.actions.select(facts.node) }, facts.text ?? facts.name);
    return [
      this.#heading(input.name, "input", words["kind.input"]),
      element("p", {}, fill(words[`input.${input.why}`], { dtype: input.dtype })),
      this.#section("tensor", [input.value !== undefined && input.value !== null ? grid(input.value) : null, this.#meta({ ...input, name: null })]),
      this.#section("user", [element("div", { class: "fact" }, user), element("p", { class: "faint" }, facts.name)]),
    ];
  }

  #node(facts, saved) {
    const { words } = this;
    const leaf = facts.kind === "leaf";
    const formula = this.formulas[facts.name];
    const sections = {
      [facts.text ? "call" : "source"]: this.#call(facts),
      result: facts.results?.map((result) => this.#named(result.name, result.value, result.stats)),
      tensor: leaf ? [facts.tensors?.map((tensor) => this.#tensor(tensor)), facts.outputs?.map((tensor) => this.#meta(tensor))].filter(Boolean) : null,
      incoming: this.#incoming(facts),
      outgoing: facts.outgoing?.map((gradient) => this.#outgoing(gradient, formula)),
      local: this.#local(facts, formula),
      inputs: facts.inputs?.map((tensor) => this.#meta(tensor)),
      outputs: leaf ? null : facts.outputs?.map((tensor) => this.#meta(tensor)),
      saved: facts.saved?.map((tensor) => this.#saved(tensor)),
    };
    const names = saved ? ["saved", ...Object.keys(sections).filter((name) => name !== "saved")] : Object.keys(sections);
    if (saved) sections.saved = [this.#saved(saved)];
    return [
      saved ? this.#heading(saved.name, "saved", `${words["kind.saved"]} · ${facts.name}`) : this.#heading(facts.name, facts.kind, words[`kind.${facts.kind}`]),
      facts.module ? this.#path(facts.module, facts) : null,
      ...names.map((name) => (sections[name]?.length ? this.#section(name, sections[name]) : null)),
    ];
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
    const again = call ? element("span", { class: "faint" }, fill(this.words["call.again"], { call, calls })) : null;
    return element("nav", { class: "path", "aria-label": this.words["section.module"] }, links, again);
  }

  #section(name, content) {
    return element("section", { class: `about-${name}` }, element("h3", {}, this.words[`section.${name}`]), content);
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
    const shown = facts.incoming.map((gradient, number) => {
      const name = several ? fill(this.words["grad.output"], { number }) : null;
      return gradient ? this.#named(name, gradient.value, gradient.stats, gradient.shape) : element("p", { class: "faint" }, [name, this.words["grad.none"]].filter(Boolean).join(": "));
    });
    return [...shown, element("p", { class: "faint" }, this.words["grad.sum"])];
  }

  #outgoing(gradient, formula) {
    const link = element("button", { class: "link", type: "button", onclick: () => this.actions.select(gradient.target) }, fill(this.words["grad.to"], { name: gradient.to }));
    const rule = formula?.slots[gradient.slot]?.gradient;
    return element("div", { class: "fact" },
      element("div", { class: "name" }, link, gradient.shape && gradient.shape !== "()" ? element("span", { class: "faint" }, gradient.shape) : null),
      rule ? element("code", { class: "faint" }, rule) : null,
      gradient.stats ? this.#numbers(gradient.value, gradient.stats) : element("p", { class: "faint" }, this.words["grad.none"]));
  }

  // By slot: the formula where it is known, the numbers where they are small; last what they mean.
  #local(facts, formula) {
    const slots = Math.max(formula?.slots.length ?? 0, facts.local?.length ?? 0);
    const shown = Array.from({ length: slots }, (_, slot) => this.#slot(facts, formula?.slots[slot], slot)).filter(Boolean);
    const numbers = facts.local?.some((value) => value !== null);
    return [
      ...shown,
      formula?.remark ? element("p", { class: "faint" }, formula.remark) : null,
      numbers ? element("p", { class: "faint" }, this.words["local.ones"]) : null,
    ].filter(Boolean);
  }

  #slot(facts, formula, slot) {
    const value = facts.local?.[slot] ?? null;
    const to = facts.outgoing?.find((edge) => edge.slot === slot)?.to;
    if (!formula && value === null) return null;
    const name = formula ? element("code", {}, formula.local) : (to ?? fill(this.words["local.slot"], { slot }));
    return element("div", { class: "fact" }, element("div", { class: "name" }, name), value === null ? null : grid(value));
  }

  #tensor(tensor) {
    return [
      this.#named(`${tensor.name} ${this.words.value}`, tensor.value, tensor.value_stats, tensor.shape),
      tensor.grad !== undefined || tensor.grad_stats ? this.#named(`${tensor.name}.grad`, tensor.grad, tensor.grad_stats) : null,
    ];
  }

  #named(name, value, stats, shape) {
    const size = shape && shape !== "()" ? element("span", { class: "faint" }, shape) : null;
    return element("div", { class: "fact" }, name || size ? element("div", { class: "name" }, name, size) : null, this.#numbers(value, stats));
  }

  // The numbers where small, and the statistics where they say more than the numbers.
  #numbers(value, stats) {
    const small = value !== undefined && value !== null;
    const single = small && !Array.isArray(value);
    return [small ? grid(value) : null, stats && !single ? this.#stats(stats) : null];
  }

  #stats(stats) {
    const shown = ["norm", "min", "max", ...["nans", "infs"].filter((name) => stats[name])];
    return element("dl", { class: "stats" }, shown.map((name) => {
      const alarming = name === "nans" || name === "infs" || typeof stats[name] === "string";
      return element("div", { class: alarming ? "alarm" : null }, element("dt", {}, this.words[`stat.${name}`]), element("dd", {}, format(stats[name])));
    }));
  }

  // A tensor's place in memory: shape and name first, the rest in one quiet line.
  #meta(tensor) {
    const { words } = this;
    const quiet = [
      `${words["tensor.stride"]} ${tensor.stride}`,
      tensor.dtype,
      tensor.device,
      tensor.storage >= 0 ? `${words["tensor.storage"]} ${tensor.storage}` : null,
      tensor.offset ? `${words["tensor.offset"]} ${tensor.offset}` : null,
      tensor.view ? words["tensor.view"] : null,
    ];
    return element("div", { class: "fact" },
      element("div", { class: "name" }, tensor.name ?? null, element("span", {}, tensor.shape)),
      element("p", { class: "faint" }, quiet.filter(Boolean).join(" · ")));
  }

  #saved(saved) {
    const { words } = this;
    const quiet = [
      saved.stride ? `${words["tensor.stride"]} ${saved.stride}` : null,
      saved.dtype,
      saved.bytes ? bytes(saved.bytes) : null,
      saved.storage >= 0 ? `${words["tensor.storage"]} ${saved.storage}` : null,
    ];
    const small = saved.value !== undefined;
    return element("div", { class: "fact" },
      element("div", { class: "name" }, saved.name, element("span", {}, saved.shape ?? saved.text ?? "")),
      saved.shape ? element("p", { class: "faint" }, quiet.filter(Boolean).join(" · ")) : null,
      saved.alias ? element("p", { class: "alias" }, fill(words["tensor.alias"], { name: saved.alias })) : null,
      saved.error ? element("p", { class: "alarm" }, saved.error) : null,
      small && saved.shape ? grid(saved.value) : null,
      saved.stats && !small ? this.#stats(saved.stats) : null);
  }
}

const pair = ([name, value]) => element("div", {}, element("dt", {}, name), element("dd", {}, value));
