// The search box: which boxes match a text, how many, and going from one to the next.
import { element, fill, icon } from "./dom.mjs";

const LINE = /^(?:line|l|행)\s*:\s*(\d+)$/i;

// Boxes that match, from top to bottom: any part of a box's texts, or of its node's name, module, variable or source text (of any
// node's in a folded module); `line:3` finds what line 3 made.
export function find(scene, query) {
  const wanted = query.trim().toLowerCase();
  if (!wanted) return [];
  const line = LINE.exec(wanted)?.[1];
  const hits = line ? null : scene.header.texts.map((text) => text.toLowerCase().includes(wanted));
  const { columns } = scene;
  const nodeMatches = (node) =>
    line
      ? columns.node_line[node] === Number(line)
      : hits[columns.node_name[node]] || hits[columns.node_module[node]] || hits[columns.node_variable[node]] || hits[columns.node_text[node]];
  const boxMatches = (box) =>
    (hits && (hits[columns.box_title[box]] || hits[columns.box_subtitle[box]] || hits[columns.box_module[box]])) || scene.nodesOf(box).some(nodeMatches);
  const found = Array.from({ length: scene.count }, (_, box) => box).filter(boxMatches);
  return found.sort((a, b) => scene.y[a] - scene.y[b] || scene.x[a] - scene.x[b]);
}

export class Search {
  // `found(boxes, box, how)` is told of every change: all matches, and the one that is looked at; `how` is "typed" while the text is being
  // typed, "entered" once the person goes to a match, null where nothing was done.
  constructor(found, leave) {
    this.found = found;
    this.matches = [];
    this.at = 0;
    this.input = element("input", { type: "search", autocomplete: "off", spellcheck: "false", oninput: () => this.run(), onkeydown: (event) => this.#key(event, leave) });
    this.count = element("output", { class: "count", "aria-live": "polite" });
    this.back = element("button", { type: "button", hidden: true, onclick: () => this.step(-1) }, icon("M4 10l4-4 4 4"));
    this.on = element("button", { type: "button", hidden: true, onclick: () => this.step(1) }, icon("M4 6l4 4 4-4"));
    this.root = element("div", { class: "search", role: "search" }, this.input, this.count, this.back, this.on);
  }

  use(scene) {
    const { words } = scene;
    this.scene = scene;
    this.input.placeholder = words.search;
    this.input.title = words["search.hint"];
    for (const [button, name] of [[this.back, "search.previous"], [this.on, "search.next"]]) label(button, words[name]);
    this.input.setAttribute("aria-label", `${words.search}: ${words["search.hint"]}`);
    this.run(null);
  }

  focus() {
    this.input.focus();
    this.input.select();
  }

  run(how = "typed") {
    this.matches = find(this.scene, this.input.value);
    this.at = 0;
    this.entered = false;
    this.#tell(how);
  }

  // The first step after typing goes to the match that is already looked at.
  step(by) {
    if (!this.matches.length) return;
    if (this.entered) this.at = (this.at + by + this.matches.length) % this.matches.length;
    this.entered = true;
    this.#tell("entered");
  }

  #tell(how) {
    const { words } = this.scene;
    const asked = this.input.value.trim() !== "";
    this.count.textContent = !asked ? "" : this.matches.length ? `${this.at + 1}/${this.matches.length}` : words["search.none"];
    this.count.setAttribute("aria-label", asked ? fill(words["said.matches"], { count: this.matches.length }) : "");
    this.back.hidden = this.on.hidden = this.matches.length < 2;
    this.found(this.matches, this.matches[this.at] ?? null, how);
  }

  #key(event, leave) {
    event.stopPropagation();
    if (event.key === "Enter") this.step(event.shiftKey ? -1 : 1);
    else if (event.key === "Escape") {
      this.input.value = "";
      this.run();
      leave();
    } else return;
    event.preventDefault();
  }
}

function label(button, name) {
  button.title = name;
  button.setAttribute("aria-label", name);
}
