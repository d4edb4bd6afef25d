// The storages of a self-contained file, below the graph: closed until one is chosen by its mark, or a person opens them. They are read only
// then, and of many as many as can be looked at are drawn, with the one that was chosen among them.
import { subscribe } from "./bus.mjs";
import { mount } from "./storage_view.mjs";

const MOST = 40; // as MOST_STORAGES of explorer/viewer/storages.py
const utf8 = new TextDecoder();

export class KeptStorages {
  // `root`: a <details> with the title, and an element with a shadow root that the style sheet is in; `read()`: a promise of the bytes, or of null.
  constructor(root, read) {
    this.root = root;
    this.read = read;
    this.chosen = {};
    root.hidden = false;
    root.addEventListener("toggle", () => root.open && this.#show());
    subscribe(({ storage, tensor, source }) => source !== "storage" && storage?.length && this.#choose({ storage: storage[0], tensor }));
  }

  // Chosen by its mark in the drawing, which stays in sight above.
  async open(storage) {
    this.chosen = { ...this.chosen, storage };
    this.root.open = true;
    await this.#show();
    const { top } = this.root.getBoundingClientRect();
    if (top > innerHeight / 2) scrollBy({ top: top - innerHeight / 2 });
  }

  #choose(chosen) {
    this.chosen = chosen;
    if (this.root.open) this.#show();
  }

  async #show() {
    this.all ??= this.read().then((bytes) => bytes && JSON.parse(utf8.decode(bytes)));
    const all = await this.all;
    if (!all) return;
    this.view ??= mount(this.root.querySelector(".shadow").shadowRoot, { set() {} });
    this.view.update(some(all, this.chosen));
  }
}

// What storage_view.mjs draws of all that there is: as `strips` of explorer/viewer/storages.py, what several tensors share first.
function some(all, { storage: chosen, tensor: named }) {
  const sharers = new Map();
  for (const { storage } of all.tensors) sharers.set(storage, (sharers.get(storage) ?? 0) + 1);
  const rank = ({ id }) => (id === chosen ? 0 : sharers.get(id) > 1 ? 1 : 2);
  const drawn = all.storages.toSorted((a, b) => rank(a) - rank(b) || a.id - b.id).slice(0, MOST).sort((a, b) => a.id - b.id);
  const ids = new Set([-1, ...drawn.map(({ id }) => id)]);
  const tensors = all.tensors.filter(({ storage }) => ids.has(storage));
  const over = tensors.filter(({ storage }) => storage === chosen);
  const tensor = (over.find(({ name }) => name === named) ?? over.find(({ view }) => view) ?? over[0])?.name ?? all.tensor;
  return { ...all, storages: drawn, more: all.storages.length - drawn.length, tensors, tensor };
}
