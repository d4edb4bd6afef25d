// What a search means. A query is terms with spaces between, all of which must hold:
//   word, "two words"      part of a name, module, variable or source text
//   name:  module:  dtype:  device:     with * for anything; a module's name stands for all that is in it
//   kind:leaf   line:12   line:3-7   shape:[64,*]   shape:[64,...]
//   grad>1e3  zeros>0.9  ratio<1e-4  saved>1MB  time>1ms  forward>…  backward>…    with > >= < <= =
//   nan  inf               in a gradient or a value
import { FLAGS, NOTHING } from "./subjects.mjs";

const UNITS = {
  saved: { "": 1, b: 1, kb: 1e3, mb: 1e6, gb: 1e9, kib: 2 ** 10, mib: 2 ** 20, gib: 2 ** 30 },
  time: { "": 1, s: 1, ms: 1e-3, us: 1e-6, "µs": 1e-6, "μs": 1e-6, ns: 1e-9 },
  plain: { "": 1, "%": 0.01 },
};
const QUANTITIES = {
  grad: (subjects, one) => subjects.number("gradient", one),
  zeros: (subjects, one) => subjects.number("zeros", one),
  ratio: (subjects, one) => subjects.number("ratio", one),
  saved: (subjects, one) => (subjects.kept(one).length ? subjects.keptBytes([one]) : NOTHING),
  forward: (subjects, one) => subjects.number("forward", one),
  backward: (subjects, one) => subjects.number("backward", one),
  time: (subjects, one) => seconds(subjects.number("forward", one), subjects.number("backward", one)),
};
const TIMES = new Set(["forward", "backward", "time"]);
const COMPARE = {
  ">": (a, b) => a > b,
  ">=": (a, b) => a >= b,
  "<": (a, b) => a < b,
  "<=": (a, b) => a <= b,
  "=": (a, b) => a === b,
};
const ODD = { nan: FLAGS.nanGradient | FLAGS.nanValue, inf: FLAGS.infGradient | FLAGS.infValue };
const KINDS = ["operation", "custom", "leaf", "input", "saved", "result"];
const KEYS = { kind, line, shape, name, module, dtype: meta("dtype"), device: meta("device"), 행: line, 줄: line };

const TOKEN = /"([^"]*)"|(?:[^\s"[(]|\[[^\]]*(?:\]|$)|\([^)]*(?:\)|$)|"[^"]*(?:"|$))+/g;
const COMPARISON = /^([a-z]+)(>=|<=|>|<|=)(.*)$/i;
const PAIR = /^([\p{L}]+):(?!:)(.*)$/u;
const NUMBER = /^([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)\s*(.*)$/i;

// Thrown for a query that cannot be read: `key` of the text that says why, and what to fill in.
export class Unreadable extends Error {
  constructor(key, values = {}) {
    super(key);
    this.key = `find.problem.${key}`;
    this.values = values;
  }
}

// A test (subject) => whether it is meant, or null where nothing was asked. Throws `Unreadable`.
export function reader(subjects, query) {
  const tests = [...query.matchAll(TOKEN)].map(([term, quoted]) => (quoted === undefined ? readTerm(subjects, term) : text(subjects, quoted)));
  return tests.length ? (subject) => tests.every((test) => test(subject)) : null;
}

function readTerm(subjects, term) {
  const odd = ODD[term.toLowerCase()];
  if (odd) return (one) => (subjects.flags(one) & odd) !== 0;
  const compared = COMPARISON.exec(term);
  if (compared && Object.hasOwn(QUANTITIES, compared[1].toLowerCase())) return comparison(subjects, compared[1].toLowerCase(), compared[2], compared[3]);
  const pair = PAIR.exec(term);
  if (!pair) return text(subjects, term.replaceAll('"', ""));
  const key = pair[1].toLowerCase();
  if (Object.hasOwn(QUANTITIES, key)) throw new Unreadable("compare", { key });
  if (!Object.hasOwn(KEYS, key)) throw new Unreadable("key", { key: pair[1], keys: Object.keys(KEYS).filter((each) => /^[a-z]/.test(each)).join(", ") });
  if (!pair[2]) throw new Unreadable("empty", { key });
  return KEYS[key](subjects, pair[2].replaceAll('"', ""));
}

function text(subjects, wanted) {
  const { scene } = subjects;
  const { columns } = scene;
  const hits = hitsOf(scene, (one) => one.includes(wanted.toLowerCase()));
  const ofBox = (box) => hits[columns.box_title[box]] || hits[columns.box_subtitle[box]];
  return (one) => {
    if (one >= subjects.nodes) return ofBox(subjects.second[one - subjects.nodes]);
    if (hits[columns.node_name[one]] || hits[columns.node_module[one]] || hits[columns.node_variable[one]] || hits[columns.node_text[one]]) return true;
    return subjects.boxes(one).some((box) => scene.node(box) === one && ofBox(box));
  };
}

function comparison(subjects, key, sign, amount) {
  const units = UNITS[TIMES.has(key) ? "time" : key] ?? UNITS.plain;
  const read = NUMBER.exec(amount.trim());
  const unit = read && units[read[2].toLowerCase()];
  if (!unit) throw new Unreadable("number", { term: `${key}${sign}${amount}`, example: key === "saved" ? "saved>1MB" : TIMES.has(key) ? `${key}>1ms` : `${key}>0.5` });
  const bound = Math.fround(Number(read[1]) * unit);
  const of = QUANTITIES[key];
  return (one) => {
    const number = of(subjects, one);
    return number !== NOTHING && COMPARE[sign](number, bound);
  };
}

// By its name in PyTorch's words or in the reader's, or the beginning of one; frozen parameters are inputs, too.
function kind(subjects, wanted) {
  const { columns, words } = subjects.scene;
  const asked = wanted.toLowerCase();
  if (asked === "frozen") return (one) => columns.subject_state[one] === 5;
  const meant = KINDS.filter((each) => each.startsWith(asked) || words[`kind.${each}`].toLowerCase().startsWith(asked));
  if (!meant.length) throw new Unreadable("kind", { kind: wanted, kinds: [...KINDS, "frozen"].join(", ") });
  return (one) => meant.includes(subjects.kind(one));
}

function line(subjects, wanted) {
  const read = /^(\d+)(?:-(\d+))?$/.exec(wanted.trim());
  if (!read) throw new Unreadable("line", { line: wanted });
  const [from, to] = [Number(read[1]), Number(read[2] ?? read[1])];
  const lines = subjects.scene.columns.node_line;
  return (one) => {
    const number = lines[subjects.node(one)];
    return number > 0 && number >= from && number <= to;
  };
}

// [64,*]: two dimensions, the first 64; [64,...]: any number more; [] is a single number.
function shape(subjects, wanted) {
  const inner = wanted.trim().replace(/^[[(]|[\])]$/g, "").trim();
  const parts = inner === "" ? [] : inner.replace(/,$/, "").split(/[,x×]/).map((part) => part.trim().replace("…", "..."));
  if (parts.some((part) => !/^(\d+|\*|\.\.\.)$/.test(part)) || parts.slice(0, -1).includes("...")) throw new Unreadable("shape", { shape: wanted });
  const open = parts.at(-1) === "...";
  const sizes = open ? parts.slice(0, -1) : parts;
  const hits = hitsOf(subjects.scene, (written) => {
    if (!/^\([\d, ]*\)$/.test(written)) return false;
    const given = written.match(/\d+/g) ?? [];
    return (open ? given.length >= sizes.length : given.length === sizes.length) && sizes.every((size, at) => size === "*" || Number(size) === Number(given[at]));
  });
  return (one) => hits[subjects.scene.columns.subject_shape[one]];
}

function name(subjects, wanted) {
  const { columns } = subjects.scene;
  const pattern = new RegExp(`(?:^|\\.)${glob(wanted, ".*")}$`, "i");
  const hits = hitsOf(subjects.scene, (written) => pattern.test(written));
  return (one) => (one < subjects.nodes ? hits[columns.node_name[one]] || hits[columns.node_variable[one]] : hits[columns.box_title[subjects.second[one - subjects.nodes]]]);
}

// Any whole part of the path; a leaf is in the module that its name begins with.
function module(subjects, wanted) {
  const { scene } = subjects;
  const { columns } = scene;
  const pattern = new RegExp(`(?:^|\\.)${glob(wanted, "[^.]*")}(?:\\.|$)`, "i");
  const paths = hitsOf(scene, (written) => pattern.test(written));
  const owners = hitsOf(scene, (written) => pattern.test(written.slice(0, Math.max(0, written.lastIndexOf(".")))));
  return (one) => {
    const node = subjects.node(one);
    if (node === null) return false;
    return columns.node_module[node] ? paths[columns.node_module[node]] : subjects.kind(node) === "leaf" && owners[columns.node_variable[node]];
  };
}

function meta(column) {
  return (subjects, wanted) => {
    const pattern = new RegExp(`^${glob(wanted.replace(/^torch\./, ""), ".*")}`, "i");
    const hits = hitsOf(subjects.scene, (written) => written !== "" && pattern.test(written));
    return (one) => hits[subjects.scene.columns[`subject_${column}`][one]];
  };
}

// Every text of the scene is looked at once, however many subjects bear it.
function hitsOf(scene, test) {
  return scene.header.texts.map((written) => (test(written.toLowerCase()) ? 1 : 0));
}

const glob = (pattern, any) => pattern.split("*").map((part) => part.replace(/[\\^$.|?+()[\]{}]/g, "\\$&")).join(any);

function seconds(forward, backward) {
  if (forward === NOTHING) return backward;
  return backward === NOTHING ? forward : forward + backward;
}
