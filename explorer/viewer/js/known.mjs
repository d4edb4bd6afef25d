// What is known of a run whatever is drawn of it: reads what explorer/viewer/known.py writes.
import { unpack } from "./blob.mjs";
import { NOTHING } from "./subjects.mjs";

export class Known {
  constructor(bytes) {
    const { header, columns } = unpack(bytes, "AXK1");
    this.header = header;
    this.columns = columns;
    this.nodes = columns.node_name.length;
  }

  // The columns by subject of a drawing: first the nodes, then `own`, those of the boxes that are subjects themselves.
  subjects(own) {
    const names = new Set([...Object.keys(this.columns), ...Object.keys(own)].filter((name) => /^(subject_|held$|kept$)/.test(name)));
    const lacking = (count) => new Float32Array(count).fill(NOTHING);
    return Object.fromEntries([...names].map((name) => [name, chained(this.columns[name] ?? lacking(this.nodes), own[name] ?? lacking(own.subject_kind.length))]));
  }
}

function chained(first, second) {
  if (!second.length) return first;
  const wider = first.BYTES_PER_ELEMENT < second.BYTES_PER_ELEMENT ? second : first;
  const all = new wider.constructor(first.length + second.length);
  all.set(first);
  all.set(second, first.length);
  return all;
}
