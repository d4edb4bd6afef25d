// What a drawing of a large graph does not carry, asked of the server (explorer/viewer/asked.py) by the names in its header. Throws where nothing comes.
import { Known } from "./known.mjs";

export async function askDetail(name, place) { return (await ask(`details/${name}/${place}`)).json(); }

// What is known of the runs of one view: asked for once, and kept until another run is shown.
export class KnownRuns {
  #name = null;
  #known = null;
  #before = new Map();

  of(name) {
    if (name !== this.#name) this.#known = read(name).then((bytes) => new Known(bytes)).catch((problem) => { this.#name = null; throw problem; });
    this.#name = name;
    return this.#known;
  }

  // What a drawing of so many nodes is shown with until then: the texts of the viewer, which are the same for all runs.
  async before(name, nodes) {
    if (!this.#before.has(name)) this.#before.set(name, await read(name));
    return new Known(this.#before.get(name), nodes);
  }
}

async function read(name) { return new Uint8Array(await (await ask(`known/${name}`)).arrayBuffer()); }

async function ask(path) {
  const answer = await fetch(new URL(`../../${path}`, import.meta.url));
  if (!answer.ok) throw new Error(`nothing at ${path}: ${answer.status}`);
  return answer;
}
