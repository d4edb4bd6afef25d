// The drawings that a self-contained file holds: the one that it opens with, and those of each fold depth, of which the drawing of any other
// open set is made. Compressed, and read only once one is needed. Which one is wanted is a record { open, saved, engine, wrap }: the open set,
// whether saved tensors have boxes, who placed it ("layered" or "graphviz"), and whether what is long is cut into columns.
import { folded } from "./folded.mjs";
import { Level } from "./level.mjs";
import { Known } from "./known.mjs";
import { decode, decodeDetails } from "./scene.mjs";

const WHOLE = { engine: "layered", wrap: false };

export class KeptDrawings {
  // `holders`: the elements with the drawings in base64, `known` and `details`: with what is known of the run, and of the boxes; `about`: of each { open, saved, engine,
  // wrapped, depth }: as above, and the fold depth that it is the drawing of, or null.
  constructor(holders, known, details, about) {
    this.holders = holders;
    this.known = known;
    this.details = details;
    this.about = about.map((each) => ({ ...each, open: new Set(each.open) }));
    this.scenes = new Map();
    this.levels = new Map();
  }

  // The open set at a fold depth, null where the file has no such drawing.
  openAt(depth, saved) { return this.about[this.#place(depth, saved)]?.open ?? null; }

  // The deepest fold depth whose drawing is there.
  get deepest() { return Math.max(0, ...this.about.map(({ depth }) => depth ?? 0)); }

  // A promise of the scene that is wanted, null where the file lacks what it takes; it is rejected where the file is damaged.
  async scene(wanted) {
    const exact = this.#exact(wanted);
    const found = exact >= 0 ? await this.#read(exact) : wanted.engine === "layered" ? folded(await this.#levels(wanted.saved), wanted.open, wanted.wrap) : null;
    if (found) found.header.wrapped = wanted.engine === "layered" && wanted.wrap; // also where nothing in it is long
    return found;
  }

  // What the file opens with.
  get first() {
    const { open, saved, engine, wrapped } = this.about[0];
    return { open, saved, engine, wrap: wrapped };
  }

  // Whether this very drawing is there.
  holds(wanted) { return this.#exact(wanted) >= 0; }

  #exact(wanted) { return this.about.findIndex((each) => fits(each, wanted) && same(each.open, wanted.open)); }

  #place(depth, saved) { return this.about.findIndex((each) => each.depth === depth && fits(each, { saved, ...WHOLE })); }

  async #read(place) {
    this.shared ??= Promise.all([inflated(this.known.textContent).then((bytes) => new Known(bytes)), inflated(this.details.textContent).then(decodeDetails)]);
    if (!this.scenes.has(place)) this.scenes.set(place, decode(await inflated(this.holders[place].textContent), ...(await this.shared)));
    return this.scenes.get(place);
  }

  // Those of each fold depth, from the outermost on.
  async #levels(saved) {
    if (!this.levels.has(saved)) {
      const found = [];
      for (let place = this.#place(0, saved); place >= 0; place = this.#place(found.length, saved)) found.push(new Level(await this.#read(place), found.length));
      this.levels.set(saved, found);
    }
    return this.levels.get(saved);
  }
}

// As `toggle` of explorer/graph/folding.py.
export function turned(names, name) {
  if (!names.has(name)) return new Set([...names, name]);
  const inside = [...".@#["].map((sign) => name + sign);
  return new Set([...names].filter((each) => each !== name && !inside.some((start) => each.startsWith(start))));
}

const fits = (each, { saved, engine, wrap }) => each.saved === saved && each.engine === engine && (engine !== "layered" || each.wrapped === wrap);
const same = (some, others) => some.size === others.size && [...some].every((name) => others.has(name));

// What stands in a data block of the file: base64 of compressed bytes.
export async function inflated(text) {
  const bytes = Uint8Array.from(atob(text.trim()), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
