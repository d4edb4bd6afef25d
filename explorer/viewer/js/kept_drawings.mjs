// The drawings that a self-contained file holds, each with other modules open: compressed, and read only once one is shown.
import { decode } from "./scene.mjs";

export class KeptDrawings {
  // `holders`: the elements with the drawings in base64; `open`: the open set of each; `depths`: which of them answers a command of the toolbar.
  constructor(holders, { open, depths }) {
    this.holders = holders;
    this.open = open.map((names) => new Set(names));
    this.depths = depths;
    this.scenes = new Map();
  }

  // A promise of the scene; it is rejected where the file is damaged.
  async scene(at) {
    if (!this.scenes.has(at)) this.scenes.set(at, decode(await inflated(this.holders[at].textContent)));
    return this.scenes.get(at);
  }

  // Which drawing shows what `from` shows with `name` opened or folded: { at, exact }. Not every combination is in the file, so it may be the
  // nearest in which `name` turned; null where there is none. "cell" opens all calls, "cell#17" one.
  toggled(from, name) {
    const shown = this.open[from];
    const isOpen = (names) => names.has(name) || names.has(name.split("#")[0]);
    const wanted = turned(shown, name);
    const fitting = this.open.map((names, at) => ({ at, away: distance(names, wanted) })).filter(({ at }) => isOpen(this.open[at]) !== isOpen(shown));
    if (!fitting.length) return null;
    const { at, away } = fitting.reduce((best, each) => (each.away < best.away ? each : best));
    return { at, exact: away === 0 };
  }
}

// As `toggle` of explorer/graph/folding.py.
function turned(names, name) {
  if (!names.has(name)) return new Set([...names, name]);
  const inside = [...".@#["].map((sign) => name + sign);
  return new Set([...names].filter((each) => each !== name && !inside.some((start) => each.startsWith(start))));
}

function distance(some, others) {
  return [...some].filter((name) => !others.has(name)).length + [...others].filter((name) => !some.has(name)).length;
}

async function inflated(text) {
  const bytes = Uint8Array.from(atob(text.trim()), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
