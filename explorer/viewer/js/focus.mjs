// What is drawn and what is held on to: hidden and isolated boxes, and pins. They are kept by what boxes show, not by boxes, so that they
// outlive folding: a folded module is gone once all in it is hidden.
export class Focus {
  // `changed()` is called whenever something is shown or hidden.
  constructor(changed) {
    this.changed = changed;
    this.hidden = new Set();
    this.only = null;
    this.pinned = [];
    this.scene = null;
    this.gone = 0;
  }

  use(scene) {
    const other = this.scene && this.scene.columns.node_name.length !== scene.columns.node_name.length;
    this.scene = scene;
    if (other) Object.assign(this, { hidden: new Set(), only: null, pinned: [] }); // another graph
    this.#count();
  }

  isDrawn(box) { return !this.gone || !this.mask[box]; }

  // Of boxes or wires that may be seen, those that are drawn.
  boxes(found) { return this.gone ? found.filter((box) => !this.mask[box]) : found; }
  wires(found) {
    const { source, target } = this.scene.wires;
    return this.gone ? found.filter((wire) => !this.mask[source[wire]] && !this.mask[target[wire]]) : found;
  }

  hide(boxes) {
    for (const name of this.#names(boxes)) this.hidden.add(name);
    this.#count();
  }

  // Only `boxes`, what belongs to them, and nothing else.
  isolate(boxes) {
    this.only = new Set(this.#names(boxes));
    this.#count();
  }

  showAll() {
    this.hidden.clear();
    this.only = null;
    this.#count();
  }

  // Pins a box, or takes its pin out again.
  pin(box) {
    const name = this.scene.id(box);
    const at = this.pinned.findIndex((pin) => pin.name === name);
    if (at >= 0) this.pinned.splice(at, 1);
    else this.pinned.push({ name, title: this.scene.title(box), nodes: Array.from(this.scene.nodesOf(box)).slice(0, 1) });
    this.changed();
  }

  // Where a pinned box is now: itself, or what shows its first node.
  boxesOfPin({ name, nodes }) {
    const own = this.scene.boxOfId.get(name);
    return own === undefined ? (this.scene.boxesOfNode.get(nodes[0]) ?? []).slice(0, 1) : [own];
  }

  drop(pin) {
    this.pinned = this.pinned.filter((each) => each !== pin);
    this.changed();
  }

  get pins() { return this.pinned.flatMap((pin) => this.boxesOfPin(pin)); }

  // What a box shows: its nodes by number; an input, a saved tensor or a result by its own id.
  #names(boxes) {
    const { subjects } = this.scene;
    return [...boxes].flatMap((box) => (subjects.ofSecond.has(box) ? [this.scene.id(box)] : Array.from(this.scene.nodesOf(box))));
  }

  #count() {
    const { scene, hidden, only } = this;
    this.mask = new Uint8Array(scene.count);
    this.gone = 0;
    for (let box = 0; box < scene.count && (hidden.size || only); box++) {
      if (!this.#isGone(box, hidden, only)) continue;
      this.mask[box] = 1;
      this.gone++;
    }
    this.changed();
  }

  // What belongs to a node (its inputs, saved tensors, result) goes and comes with it.
  #isGone(box, hidden, only) {
    const { scene } = this;
    if (scene.subjects.ofSecond.has(box)) {
      const [name, node] = [scene.id(box), scene.node(box)];
      return hidden.has(name) || hidden.has(node) || Boolean(only && !only.has(name) && !only.has(node));
    }
    const nodes = scene.nodesOf(box);
    return nodes.every((node) => hidden.has(node)) || Boolean(only && !nodes.some((node) => only.has(node)));
  }
}
