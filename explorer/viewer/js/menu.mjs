// A button that shows a list of switches. It closes by Escape, by a click elsewhere, and when the keyboard leaves it.
import { element, icon } from "./dom.mjs";

const DOTS = "M3 8h.01M8 8h.01M13 8h.01";

export class Menu {
  constructor() {
    this.button = element("button", { type: "button", "aria-haspopup": "true", "aria-expanded": "false", onclick: () => this.#turn(this.list.hidden) }, icon(DOTS));
    this.list = element("div", { class: "menu", role: "group", hidden: true });
    this.root = element("div", { class: "menu-holder" }, this.button, this.list);
    this.root.addEventListener("focusout", ({ relatedTarget }) => {
      if (!this.root.contains(relatedTarget)) this.#turn(false);
    });
    this.root.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key !== "Escape") return;
      this.#turn(false);
      this.button.focus();
    });
  }

  // `items`: { name, text, on, choose() }. A menu that is open stays so, with the same item in focus.
  show(title, items) {
    this.root.hidden = !items.length;
    this.button.title = title;
    for (const part of [this.button, this.list]) part.setAttribute("aria-label", title);
    if (this.items?.map(({ name }) => name).join() !== items.map(({ name }) => name).join()) {
      this.switches = items.map(({ name }, at) => element("button", { type: "button", class: `toggle ${name}`, onclick: () => this.items[at].choose() }));
      this.list.replaceChildren(...this.switches);
    }
    this.items = items;
    this.switches.forEach((each, at) => {
      each.textContent = items[at].text;
      each.setAttribute("aria-pressed", String(items[at].on));
    });
  }

  #turn(open) {
    this.list.hidden = !open;
    this.button.setAttribute("aria-expanded", String(open));
  }
}
