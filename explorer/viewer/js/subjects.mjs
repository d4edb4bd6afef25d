// Everything that can be found, coloured or compared, by number: the nodes first, drawn or folded away, then the inputs, saved tensors and
// results that have boxes of their own. Reads the columns of explorer/viewer/subjects.py.
export const NOTHING = -1;
export const FLAGS = { nanGradient: 1, infGradient: 2, nanValue: 4, infValue: 8 };
const SECOND = new Set(["input", "saved", "result"]);

export class Subjects {
  constructor(scene) {
    this.scene = scene;
    this.nodes = scene.columns.node_name.length;
    this.second = Array.from({ length: scene.count }, (_, box) => box).filter((box) => SECOND.has(scene.kind(box)));
    this.count = this.nodes + this.second.length;
    this.ofSecond = new Map(this.second.map((box, at) => [box, this.nodes + at]));
    this.held = lists(scene.columns.subject_held, scene.columns.held);
    this.kept = lists(scene.columns.subject_kept, scene.columns.kept);
  }

  // The subjects that a box stands for: itself, or all nodes in a folded module.
  of(box) {
    return this.ofSecond.has(box) ? [this.ofSecond.get(box)] : this.scene.nodesOf(box);
  }

  // The boxes that show a subject: its own, all copies of a leaf, or the folded module that it is in.
  boxes(subject) {
    if (subject >= this.nodes) return [this.second[subject - this.nodes]];
    return (this.scene.boxesOfNode.get(subject) ?? []).filter((box) => !this.ofSecond.has(box));
  }

  // The node itself, or the one that took or saved this tensor, or made this result.
  node(subject) { return subject < this.nodes ? subject : this.scene.node(this.second[subject - this.nodes]); }

  number(name, subject) { return this.scene.columns[`subject_${name}`]?.[subject] ?? NOTHING; }
  text(name, subject) { return this.scene.text(`subject_${name}`, subject); }
  kind(subject) { return this.scene.header.kinds[this.scene.columns.subject_kind[subject]]; }
  flags(subject) { return this.scene.columns.subject_flags[subject]; }

  // Of several subjects together: each storage counts whole, and once.
  keptBytes(subjects) {
    const storages = new Set();
    for (const subject of subjects) for (const storage of this.kept(subject)) storages.add(storage);
    return [...storages].reduce((sum, storage) => sum + this.scene.columns.storage_bytes[storage], 0);
  }

  // Seconds of the calls that made them, each call once.
  forwardSeconds(subjects) {
    const calls = new Map();
    for (const subject of subjects) {
      const seconds = this.number("forward", subject);
      if (seconds !== NOTHING) calls.set(this.scene.columns.node_op[subject], seconds);
    }
    return calls.size ? [...calls.values()].reduce((sum, seconds) => sum + seconds, 0) : NOTHING;
  }
}

// at(k): the numbers of row k of rows laid one after another, `lengths` of them each.
function lists(lengths, numbers) {
  const ends = new Uint32Array(lengths.length + 1);
  for (let row = 0; row < lengths.length; row++) ends[row + 1] = ends[row] + lengths[row];
  return (row) => numbers.subarray(ends[row], ends[row + 1]);
}
