// How the inspector writes one tensor: its numbers, its statistics, its place in memory. `about` is {words, actions}.
import { element, fill } from "./dom.mjs";
import { histogram } from "./histogram.mjs";
import { bytes, format, grid, percent } from "./numbers.mjs";

const ALWAYS = ["norm", "min", "max"];
const LARGE = ["mean", "std"];
const COUNTS = ["zeros", "nans", "infs"];

export function named({ words }, name, value, stats, shape) {
  const size = shape && shape !== "()" ? element("span", { class: "faint" }, shape) : null;
  return element("div", { class: "fact" }, name || size ? element("div", { class: "name" }, name, size) : null, numbers({ words }, value, stats));
}

// The numbers where small, and the statistics where they say more than the numbers.
export function numbers({ words }, value, stats) {
  const small = value !== undefined && value !== null;
  const single = small && !Array.isArray(value);
  return [small ? grid(value) : null, stats && !single ? statistics(words, stats, value) : null];
}

function statistics(words, stats, value) {
  const shown = [...ALWAYS, ...LARGE.filter((name) => stats[name] !== undefined)];
  const counts = COUNTS.filter((name) => stats[name]);
  return [
    element("dl", { class: "stats" }, shown.map((name) => entry(words, name, format(stats[name]), typeof stats[name] === "string"))),
    histogram(stats, value, words["stat.histogram"]),
    stats.counted ? element("p", { class: "faint" }, fill(words["stat.counted"], { counted: stats.counted.toLocaleString("en-US") })) : null,
    counts.length ? element("dl", { class: "stats" }, counts.map((name) => entry(words, name, share(stats[name], stats.numel), name !== "zeros"))) : null,
  ];
}

const entry = (words, name, text, alarming) => element("div", { class: alarming ? "alarm" : null }, element("dt", {}, words[`stat.${name}`]), element("dd", {}, text));
const share = (count, of) => (of ? `${count.toLocaleString("en-US")} · ${percent(count / of)}` : String(count));

// A tensor's place in memory: shape and name first, the rest in one quiet line.
export function meta({ words }, tensor) {
  const quiet = [
    `${words["tensor.stride"]} ${tensor.stride}`,
    tensor.dtype,
    tensor.device,
    tensor.storage >= 0 ? `${words["tensor.storage"]} ${tensor.storage}` : null,
    tensor.offset ? `${words["tensor.offset"]} ${tensor.offset}` : null,
    tensor.view ? words["tensor.view"] : null,
  ];
  const { version, version_after: after } = tensor;
  return element("div", { class: "fact" },
    element("div", { class: "name" }, tensor.name ?? null, element("span", {}, tensor.shape)),
    element("p", { class: "faint" }, quiet.filter(Boolean).join(" · ")),
    after === undefined ? null : element("p", { class: "alias" }, fill(words["tensor.version"], { before: version, after })));
}

export function saved(about, tensor) {
  const { words } = about;
  const quiet = [
    tensor.stride ? `${words["tensor.stride"]} ${tensor.stride}` : null,
    tensor.dtype,
    tensor.bytes ? bytes(tensor.bytes) : null,
    tensor.storage >= 0 ? `${words["tensor.storage"]} ${tensor.storage}` : null,
  ];
  const small = tensor.value !== undefined;
  return element("div", { class: tensor.error ? "fact missing" : "fact" },
    element("div", { class: "name" }, tensor.name, element("span", {}, tensor.shape ?? tensor.text ?? "")),
    tensor.shape ? element("p", { class: "faint" }, quiet.filter(Boolean).join(" · ")) : null,
    sharing(about, tensor),
    tensor.error ? missing(words, tensor.error) : null,
    tensor.shape || tensor.stats ? numbers(about, small ? tensor.value : null, tensor.stats) : null);
}

// What is missing: first in the reader's words, then in torch's.
function missing(words, error) {
  const kind = /kept by checkpoint/.test(error) ? "checkpoint" : /save_on_cpu/.test(error) ? "on_cpu" : /packed/.test(error) ? "packed" : /freed|second time/.test(error) ? "freed" : /in-?place|inplace/.test(error) ? "changed" : "other";
  return [element("p", { class: "alarm" }, words[`missing.${kind}`]), element("p", { class: "faint" }, error)];
}

// Whose memory it is: the named tensor, then others that hold the same storage; each selects its node.
function sharing({ words, actions }, { alias, holder, shared = [], shared_more: more }) {
  const link = (name, node) => (node === undefined ? name : element("button", { class: "link", type: "button", onclick: () => actions.select(node) }, name));
  const line = (word, content) => element("p", { class: "alias" }, around(words[word], "name", content));
  return [
    alias ? line("tensor.alias", link(alias, holder)) : null,
    ...shared.map((each) => (each.saver ? line("tensor.saver", link(each.saver, each.node)) : line("tensor.alias", link(each.name, each.node)))),
    more ? element("p", { class: "faint" }, fill(words["tensor.more"], { count: more })) : null,
  ];
}

// A text of the catalogue with an element in the place of one of its fields.
function around(text, field, content) {
  const [before, after] = text.split(`{${field}}`);
  return [before, content, after].filter(Boolean);
}
