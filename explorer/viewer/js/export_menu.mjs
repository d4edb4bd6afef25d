// The menu that saves the graph as a file. An image of the drawing is made here, colours of an overlay and all; everything else is asked of the
// server, without a rerun of the page: a POST that answers with the file, or with a sentence. A self-contained file has no server, so there the
// menu offers images only.
import { element, fill, icon } from "./dom.mjs";

const DOWN = "M8 2v8M4.5 7L8 10.5 11.5 7M3 13.5h10";
const FORMATS = ["svg", "png", "pdf", "dot", "html", "json", "model-explorer"];
const SUFFIXES = { "model-explorer": "model-explorer.json" };
const SCOPES = ["sight", "drawing", "everything"];
const DRAWN = new Set(["svg", "pdf", "png"]);
const SCALE = 2;

export class ExportMenu {
  // `view`: image(scale, whole), a promise of a PNG of what is in sight or of the whole drawing, or null; area(), what is in sight of the drawing:
  // [left, top, width, height]; dark(), of the theme; dress(everything), the colours and lines
  // of the drawing or of all nodes, or null where they are the usual ones.
  constructor(view) {
    this.view = view;
    this.source = null; // { token, name } where there is a server
    this.button = element("button", { type: "button", "aria-haspopup": "dialog", "aria-expanded": "false", onclick: () => this.#turn(this.panel.hidden) }, icon(DOWN));
    this.scopes = SCOPES.map((scope) => element("input", { type: "radio", name: "scope", value: scope, checked: scope === "drawing" }));
    this.labels = this.scopes.map((input) => element("label", {}, input, element("span")));
    this.what = element("fieldset", {}, element("legend"), this.labels);
    this.formats = FORMATS.map((format) => element("button", { type: "button", class: format, onclick: () => this.#save(format) }));
    this.note = element("p", { class: "faint" });
    this.said = element("p", { class: "state", role: "status" });
    this.panel = element("div", { class: "export-menu", role: "dialog", hidden: true }, this.what, element("div", { class: "formats" }, this.formats), this.note, this.said);
    this.root = element("div", { class: "tools export" }, this.button, this.panel);
    this.root.addEventListener("keydown", (event) => {
      event.stopPropagation(); // the canvas and Streamlit listen for single letters
      if (event.key !== "Escape") return;
      this.#turn(false);
      this.button.focus();
    });
    document.addEventListener("pointerdown", (event) => {
      if (!this.panel.hidden && !event.composedPath().includes(this.root)) this.#turn(false);
    }, { signal: (this.ending = new AbortController()).signal });
  }

  unmount() {
    this.ending.abort();
  }

  use(scene) {
    const words = (this.words = scene.words);
    this.root.hidden = scene.count === 0;
    this.button.title = words["export.menu"];
    for (const part of [this.button, this.panel]) part.setAttribute("aria-label", words["export.menu"]);
    this.what.firstChild.textContent = words["export.what"];
    this.labels.forEach((label, at) => (label.lastChild.textContent = words[`export.what.${SCOPES[at]}`]));
    this.formats.forEach((button, at) => (button.textContent = words[`export.format.${FORMATS[at]}`]));
    this.note.textContent = words["export.whole"];
    this.#offer();
  }

  // Where files can be asked for, and how they are called; null where there is no server.
  setSource(source) {
    this.source = source;
    if (this.words) this.#offer();
  }

  #offer() {
    this.note.hidden = this.labels[SCOPES.indexOf("everything")].hidden = !this.source;
    this.formats.forEach((button, at) => (button.hidden = !this.source && FORMATS[at] !== "png"));
  }

  #turn(open) {
    this.panel.hidden = !open;
    this.said.textContent = "";
    this.button.setAttribute("aria-expanded", String(open));
    if (open) this.panel.querySelector("input:checked, button:not([hidden])")?.focus({ preventScroll: true });
  }

  async #save(format) {
    if (this.waiting) return;
    const scope = this.scopes.find((input) => input.checked).value;
    const name = `${this.source?.name ?? "graph"}.${SUFFIXES[format] ?? format}`;
    this.#wait(true);
    try {
      const file = await (format === "png" && scope !== "everything" ? this.#image(scope === "drawing") : this.#ask(format, scope));
      if (typeof file === "string") {
        this.said.textContent = file;
      } else {
        hand(file, name);
        this.said.textContent = fill(this.words["export.saved"], { name });
      }
    } catch {
      this.said.textContent = this.words["export.lost"];
    } finally {
      this.#wait(false);
    }
  }

  async #image(whole) {
    return (await this.view.image(SCALE, whole)) ?? this.words["export.too_large"];
  }

  // The file, or a sentence that says why there is none.
  async #ask(format, scope) {
    const dress = DRAWN.has(format) ? this.view.dress(scope === "everything") : null;
    const body = JSON.stringify({ format, scope, area: this.view.area(), theme: this.view.dark() ? "dark" : "light", dress });
    const answer = await fetch(new URL(`../../exports/${this.source.token}`, import.meta.url), { method: "POST", body });
    return answer.ok ? answer.blob() : (await answer.json()).said;
  }

  // The buttons are not disabled meanwhile: the one in focus would lose it, and Escape would no longer close the menu.
  #wait(waiting) {
    this.waiting = waiting;
    if (waiting) this.said.textContent = this.words["export.writing"];
    this.panel.setAttribute("aria-busy", String(waiting));
  }
}

function hand(file, name) {
  const address = URL.createObjectURL(file);
  element("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
