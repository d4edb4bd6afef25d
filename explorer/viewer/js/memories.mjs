// Two memories, the computer's and the graphics card's, and a program that moves tensors between them, one line at a time.
//
// Data from Python (numbers.py): {steps: [{code, note, host: [{name, cells, fresh}], device: [...], copy: null | {from, to, bytes}}], words}.
import { element, fill } from "./dom.mjs";

export function mount(root) {
  const view = new Memories();
  root.append(view.frame);
  return { update: (data) => view.update(data), unmount: () => view.frame.remove() };
}

class Memories {
  constructor() {
    this.frame = element("div", { class: "sheet" });
    this.at = 0;
  }

  update(data) {
    const content = JSON.stringify(data);
    if (content === this.content) return;
    Object.assign(this, { content, data });
    this.draw();
  }

  draw() {
    const { steps, words } = this.data;
    const lines = steps.map((step, at) =>
      element("button", { type: "button", class: "line", "aria-pressed": String(at === this.at), onclick: () => this.go(at) }, element("code", {}, step.code)),
    );
    const step = steps[this.at];
    const move = step.copy ? element("div", { class: `copy ${step.copy.from}`, role: "img", "aria-label": step.note }, element("span", { class: "arrow" }), element("span", {}, fill(words.copied, step.copy))) : element("div", { class: "copy still" }, words.still);
    this.frame.replaceChildren(
      element("div", { class: "lines", role: "group", "aria-label": words.lines }, lines),
      element("p", { class: "said", "aria-live": "polite" }, step.note),
      element("div", { class: "memories" }, memory(words.host, step.host, words), move, memory(words.device, step.device, words)),
    );
  }

  go(at) {
    this.at = at;
    this.draw();
    this.frame.querySelectorAll(".line")[at].focus();
  }
}

function memory(title, tensors, words) {
  const held = tensors.map(({ name, cells, fresh }) =>
    element("div", { class: fresh ? "held fresh" : "held" }, element("code", {}, name), fresh ? element("span", { class: "tag" }, words.fresh) : null, element("div", { class: "row" }, cells.map((cell) => element("span", { class: "number" }, String(cell))))),
  );
  return element("section", { class: "card memory" }, element("h3", {}, title), held.length ? held : element("p", { class: "note" }, words.empty));
}
