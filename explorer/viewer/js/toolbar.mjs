// The buttons above the drawing. Fold depth and saved tensors change what is drawn, so they are asked of Python; gradients are there already.
import { element, fill, icon } from "./dom.mjs";

const FIT = "M2 6V2h4M10 2h4v4M14 10v4h-4M6 14H2v-4";
const PLUS = "M8 3v10M3 8h10";
const MINUS = "M3 8h10";

export class Toolbar {
  // `actions`: fit(), zoom(factor), gradients(shown), and command(text) where commands are answered, else null.
  constructor(actions) {
    this.actions = actions;
    this.fit = button(FIT, () => actions.fit());
    this.out = button(MINUS, () => actions.zoom(1 / 1.3));
    this.in = button(PLUS, () => actions.zoom(1.3));
    this.depth = element("select", { onchange: () => this.#fold() });
    this.saved = element("button", { type: "button", class: "toggle", onclick: () => this.#toggleSaved() });
    this.gradients = element("button", { type: "button", class: "toggle gradients", "aria-pressed": "true", onclick: () => this.#toggleGradients() });
    this.root = element("div", { class: "tools", role: "toolbar" }, this.depth, this.gradients, this.saved, this.out, this.in, this.fit);
  }

  use(scene) {
    const { words } = scene;
    for (const [tool, name] of [[this.fit, "tool.fit"], [this.out, "tool.out"], [this.in, "tool.in"]]) {
      tool.title = words[name];
      tool.setAttribute("aria-label", words[name]);
    }
    this.#useDepths(scene);
    const shown = scene.columns.box_kind.includes(scene.header.kinds.indexOf("saved"));
    this.saved.hidden = !this.actions.command || !scene.header.saved;
    this.saved.textContent = words["tool.saved"];
    this.saved.setAttribute("aria-pressed", String(shown));
    this.gradients.hidden = !scene.labels;
    this.gradients.textContent = words["tool.gradients"];
  }

  // The choices are the depths there are; the first entry only says what this is, since the person may have opened modules one by one.
  #useDepths(scene) {
    const { words, header } = scene;
    this.depth.hidden = !this.actions.command || !header.depth;
    this.depth.setAttribute("aria-label", words["tool.depth"]);
    this.depth.title = words["tool.depth"];
    const levels = Array.from({ length: Math.max(0, header.depth - 1) }, (_, at) => [`depth:${at + 1}`, fill(words["tool.depth.level"], { depth: at + 1 })]);
    const options = [["", words["tool.depth.now"]], ["fold_all", words["tool.depth.none"]], ...levels, ["unfold_all", words["tool.depth.all"]]];
    this.depth.replaceChildren(...options.map(([value, text]) => element("option", { value, disabled: value === "" }, text)));
    this.depth.value = "";
  }

  #fold() {
    this.actions.command(this.depth.value);
    this.depth.value = "";
  }

  #toggleGradients() {
    const shown = this.gradients.getAttribute("aria-pressed") !== "true";
    this.gradients.setAttribute("aria-pressed", String(shown));
    this.actions.gradients(shown);
  }

  #toggleSaved() {
    this.actions.command(this.saved.getAttribute("aria-pressed") === "true" ? "saved:off" : "saved:on");
  }
}

function button(path, onclick) {
  return element("button", { type: "button", onclick }, icon(path));
}
