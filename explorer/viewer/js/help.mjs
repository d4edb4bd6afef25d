// The dialog that lists all keys, and what a search can say.
import { element } from "./dom.mjs";
import { KEYS } from "./keys.mjs";

const QUERIES = [
  ["relu", "text"],
  ["kind:leaf", "kind"],
  ["module:layer3.*", "module"],
  ["name:*Backward0", "name"],
  ["line:12  line:3-7", "line"],
  ["shape:[64,*]", "shape"],
  ["dtype:float16", "dtype"],
  ["grad>1e3  grad<1e-6", "grad"],
  ["ratio<1e-4", "ratio"],
  ["zeros>0.9", "zeros"],
  ["saved>1MB", "saved"],
  ["time>1ms", "time"],
  ["nan  inf", "odd"],
  ["conv grad>1 line:4", "and"],
];

export class Help {
  // `closed()` is called once the dialog is gone again.
  constructor(closed) {
    this.root = element("dialog", { class: "help", onclose: closed, onclick: (event) => event.target === this.root && this.root.close() });
    // The keys of the page must not act while it is open; Escape is the dialog's own.
    this.root.addEventListener("keydown", (event) => event.stopPropagation());
  }

  open({ words }) {
    const close = element("button", { type: "button", class: "plain", onclick: () => this.root.close() }, words["help.close"]);
    this.root.setAttribute("aria-label", words["help.title"]);
    this.root.replaceChildren(element("div", { class: "sheet" },
      element("header", {}, element("h2", {}, words["help.title"]), close),
      element("dl", { class: "keys" }, KEYS.map(({ does, keys, shown }) => element("div", {},
        element("dt", {}, (shown ?? keys).map((key) => element("kbd", {}, key))), element("dd", {}, words[`key.${does}`])))),
      element("h3", {}, words["help.search"]),
      element("dl", { class: "queries" }, QUERIES.map(([query, name]) => element("div", {},
        element("dt", {}, element("code", {}, query)), element("dd", {}, words[`query.${name}`])))),
      element("p", { class: "faint" }, words["help.pointer"])));
    this.root.showModal();
    close.focus();
  }
}
