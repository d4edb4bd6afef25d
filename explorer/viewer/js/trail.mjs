// The line below the drawing: back and forth through selections, where the selection lies, and what is out of the ordinary (hidden, isolated,
// traced, pinned), each with the button that ends it.
import { element, fill, icon } from "./dom.mjs";

export class Trail {
  // `actions`: go(by), module(path), and what the chips' buttons call.
  constructor(actions) {
    this.actions = actions;
    this.back = element("button", { type: "button", onclick: () => actions.go(-1) }, icon("M10 4L6 8l4 4"));
    this.on = element("button", { type: "button", onclick: () => actions.go(1) }, icon("M6 4l4 4-4 4"));
    this.crumbs = element("nav", { class: "crumbs" });
    this.chips = element("div", { class: "chips" });
    this.root = element("div", { class: "trail" }, this.back, this.on, this.crumbs, this.chips);
  }

  // `path` is the module of the selection ("" for none), `here` what is selected in it (null for the module itself), `open` the paths drawn open.
  show(words, { path, here, history, chips }) {
    for (const [button, name, by] of [[this.back, "trail.back", -1], [this.on, "trail.forward", 1]]) {
      button.title = words[name];
      button.setAttribute("aria-label", words[name]);
      button.disabled = !history.can(by);
    }
    const parts = path ? path.split(".") : [];
    const crumbs = parts.map((part, at) => {
      const upTo = parts.slice(0, at + 1).join(".");
      const current = here === null && at === parts.length - 1;
      return element("button", { type: "button", title: words[current ? "trail.fold" : "trail.select"], "aria-current": current ? "true" : null, onclick: () => this.actions.module(upTo) }, part);
    });
    if (here !== null) crumbs.push(element("span", { "aria-current": "true" }, here));
    this.crumbs.setAttribute("aria-label", words.trail);
    this.crumbs.replaceChildren(...crumbs.flatMap((crumb, at) => (at ? [element("span", { class: "faint", "aria-hidden": "true" }, "›"), crumb] : [crumb])));
    this.chips.replaceChildren(...chips.map((chip) => this.#chip(words, chip)));
  }

  #chip(words, { text, values = {}, go = null, end, endName }) {
    const said = fill(words[text], values);
    return element("span", { class: "chip" },
      go ? element("button", { type: "button", class: "go", onclick: go }, said) : element("span", {}, said),
      element("button", { type: "button", class: "end", "aria-label": `${words[endName]}: ${said}`, title: words[endName], onclick: end }, endName === "trail.all" ? words[endName] : "✕"));
  }
}
