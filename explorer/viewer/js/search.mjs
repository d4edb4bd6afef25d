// The search box: how many places match a query, going from one to the next, and what is folded away. `query` says what a query means.
import { element, fill, icon } from "./dom.mjs";
import { reader, Unreadable } from "./query.mjs";

const MOST_FOLDED = 6;
const NOTHING = { places: [], boxes: [], count: 0, problem: null, asked: false };

// What matches: `places` from top to bottom, each a box with the subjects that matched in it (all copies of a leaf are one place); `boxes`, all
// that show a match; `count` of subjects; `problem`, the key and values of a text, where the query cannot be read. Nothing is
// looked for before all is known.
export function find(scene, query) {
  if (!query.trim()) return NOTHING;
  if (!scene.complete) return { ...NOTHING, asked: true };
  const { subjects } = scene;
  let matches = null;
  try {
    matches = reader(subjects, query);
  } catch (problem) {
    if (!(problem instanceof Unreadable)) throw problem;
    return { ...NOTHING, problem, asked: true };
  }
  if (!matches) return NOTHING;
  const found = new Map();
  const boxes = new Set();
  let count = 0;
  for (let subject = 0; subject < subjects.count; subject++) {
    if (!matches(subject)) continue;
    const shown = subjects.boxes(subject);
    if (!shown.length) continue;
    count++;
    for (const box of shown) boxes.add(box);
    if (found.has(shown[0])) found.get(shown[0]).push(subject);
    else found.set(shown[0], [subject]);
  }
  const places = [...found].map(([box, those]) => ({ box, subjects: those, folded: scene.node(box) === null }));
  places.sort((a, b) => scene.y[a.box] - scene.y[b.box] || scene.x[a.box] - scene.x[b.box]);
  return { places, boxes: [...boxes], count, problem: null, asked: true };
}

export class Search {
  // `found(boxes, box, how)` is told of every change: all matches, and the one that is looked at; `how` is "typed" while the text is being
  // typed, "entered" once the person goes to a match, null where nothing was done. `open(box)` asks for a folded module to be opened.
  constructor(found, open, leave) {
    this.found = found;
    this.open = open;
    this.result = NOTHING;
    this.at = 0;
    this.sought = null; // what matched in a module that was asked to open
    this.input = element("input", { type: "search", autocomplete: "off", spellcheck: "false", oninput: () => this.run(), onkeydown: (event) => this.#key(event, leave) });
    this.count = element("output", { class: "count", "aria-live": "polite" });
    this.back = element("button", { type: "button", hidden: true, onclick: () => this.step(-1) }, icon("M4 10l4-4 4 4"));
    this.on = element("button", { type: "button", hidden: true, onclick: () => this.step(1) }, icon("M4 6l4 4 4-4"));
    this.more = element("div", { class: "more", hidden: true, onmousedown: (event) => event.preventDefault() }); // the text box keeps the focus
    this.root = element("div", { class: "search", role: "search" }, this.input, this.count, this.back, this.on, this.more);
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

  // To what was asked for in a module that was folded: called once its drawing is shown.
  arrive() {
    const sought = new Set(this.sought);
    const at = this.result.places.findIndex(({ subjects }) => subjects.some((subject) => sought.has(subject)));
    this.sought = null;
    if (at < 0) return;
    this.at = at;
    this.entered = true;
    this.#tell("entered");
  }

  focus() {
    this.input.focus();
    this.input.select();
  }

  run(how = "typed") {
    this.result = find(this.scene, this.input.value);
    this.at = 0;
    this.entered = false;
    if (how !== null) this.sought = null;
    this.#tell(how);
  }

  // The first step after typing goes to the match that is already looked at.
  step(by) {
    const { length } = this.result.places;
    if (!length) return;
    if (this.entered) this.at = (this.at + by + length) % length;
    this.entered = true;
    this.#tell("entered");
  }

  #tell(how) {
    const { words, complete } = this.scene;
    const { places, boxes, count, asked, problem } = this.result;
    this.count.textContent = !asked || problem ? "" : !complete ? "…" : places.length ? `${this.at + 1}/${places.length}` : words["search.none"];
    this.count.setAttribute("aria-label", asked && complete && !problem ? fill(words["said.matches"], { count }) : "");
    this.back.hidden = this.on.hidden = places.length < 2;
    this.#tellMore();
    this.found(boxes, places[this.at]?.box ?? null, how);
  }

  // Why nothing could be looked for; else in which folded modules there is something, each a button that opens one.
  #tellMore() {
    const { words } = this.scene;
    const { places, problem } = this.result;
    const folded = places.filter((place) => place.folded);
    if (this.more.matches(":focus-within")) this.input.focus(); // the button in focus goes
    this.more.hidden = !problem && !folded.length;
    if (problem) this.more.replaceChildren(element("p", { role: "status" }, fill(words[problem.key], problem.values)));
    else this.more.replaceChildren(...folded.slice(0, MOST_FOLDED).map((place) => this.#folded(place)), ...(folded.length > MOST_FOLDED ? [element("span", {}, fill(words["find.more"], { count: folded.length - MOST_FOLDED }))] : []));
  }

  #folded({ box, subjects }) {
    const said = fill(this.scene.words["find.in"], { module: this.scene.title(box), count: subjects.length });
    return element("button", { type: "button", title: this.scene.words["find.open"], onclick: () => {
      this.sought = subjects;
      this.open(box);
    } }, said);
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
