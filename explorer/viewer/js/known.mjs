// What is known of a run whatever is drawn of it: reads what explorer/viewer/known.py writes.
import { unpack } from "./blob.mjs";
import { NOTHING } from "./subjects.mjs";

export class Known {
  // `before`: of how many nodes nothing is known yet; `bytes` are then those of a run without any.
  constructor(bytes, before = null) {
    const { header, columns } = unpack(bytes, "AXK1");
    this.header = header;
    this.columns = before === null ? columns : blank(columns, before);
    this.nodes = this.columns.node_name.length;
    this.complete = before === null;
  }

  // The texts of a drawing after those of the run: where each stands then, and those that are new.
  continued(texts) {
    this.places ??= new Map(this.header.texts.map((text, place) => [text, place]));
    const further = [];
    const places = texts.map((text) => this.places.get(text) ?? this.header.texts.length + further.push(text) - 1);
    return { places, further };
  }

  // The columns by subject of a drawing: first the nodes, then `own`, those of the boxes that are subjects themselves.
  subjects(own) {
    const names = new Set([...Object.keys(this.columns), ...Object.keys(own)].filter((name) => /^(subject_|held$|kept$)/.test(name)));
    const lacking = (count) => new Float32Array(count).fill(NOTHING);
    return Object.fromEntries([...names].map((name) => [name, chained(this.columns[name] ?? lacking(this.nodes), own[name] ?? lacking(own.subject_kind.length))]));
  }
}

// Columns of no rows as those of so many, with nothing in them.
function blank(columns, rows) {
  const byNode = ([name, column]) => [name, /^(node|subject)_/.test(name) ? new Uint8Array(rows) : column];
  return Object.fromEntries(Object.entries(columns).map(byNode));
}

function chained(first, second) {
  if (!second.length) return first;
  const wider = first.BYTES_PER_ELEMENT < second.BYTES_PER_ELEMENT ? second : first;
  const all = new wider.constructor(first.length + second.length);
  all.set(first);
  all.set(second, first.length);
  return all;
}
