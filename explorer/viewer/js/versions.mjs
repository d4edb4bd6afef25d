// What happened to each storage of a run, line by line: made, viewed, saved by autograd, written to; at a write the version before and after,
// who changed with it, and which saved tensor it made stale. Choosing an event selects its line, tensor and node in every view.
import { publish } from "./bus.mjs";
import { element, fill } from "./dom.mjs";
import { mountFollower } from "./follower.mjs";
import { roving } from "./roving.mjs";

const SOURCE = "versions";
const SIGNS = { made: "•", view: "◱", saved: "⌂", write: "✎" };

export const mount = (root) => mountFollower(root, new VersionsView());

class VersionsView {
  constructor() {
    this.frame = element("div", { class: "versions" });
  }

  update(data) {
    const content = JSON.stringify(data);
    if (content === this.content) return;
    Object.assign(this, { content, data });
    const { words } = data;
    const none = data.storages.some(({ written }) => written) ? null : element("p", { class: "note" }, words.none);
    const more = data.more ? element("p", { class: "note" }, fill(words.more_storages, { count: data.more })) : null;
    this.frame.replaceChildren(...[none, ...data.storages.map((one) => this.card(one)), more, element("p", { class: "note" }, words.blind), this.comparison()].filter(Boolean));
  }

  follow() {}

  card({ storage, tensors, events, hidden, hiddenAt }) {
    const { words } = this.data;
    const items = events.map((event) => this.event(event, storage));
    if (hidden) items.splice(hiddenAt, 0, element("li", { class: "gap" }, fill(words.hidden, { count: hidden })));
    const list = element("ol", { class: "timeline" }, items);
    roving(list);
    const names = tensors.length ? fill(words.tensors, { names: tensors.join(", ") }) : words.unnamed;
    return element("section", { class: "card" }, element("header", {}, element("h3", {}, fill(words.storage, { id: storage })), element("span", { class: "size" }, names)), list);
  }

  event(event, storage) {
    const { words } = this.data;
    const bad = event.stale.length > 0;
    const silent = event.kind === "write" && !event.counted;
    const version = silent ? words.uncounted : fill(event.kind === "write" ? words.moved : words.at, event);
    return element(
      "li",
      { class: `event ${event.kind}${bad ? " bad" : ""}${silent ? " silent" : ""}` },
      element("span", { class: "version" }, version),
      element(
        "button",
        { type: "button", tabindex: "-1", onclick: () => this.pick(event, storage) },
        element("span", { class: "what" }, element("i", { class: "sign", "aria-hidden": "true" }, SIGNS[event.kind]), ` ${this.says(event)}`),
        element("span", { class: "line" }, event.line ? fill(words.line, event) : ""),
        element("code", {}, event.text),
      ),
      event.kind === "write" ? this.consequences(event, storage, silent) : null,
    );
  }

  says(event) {
    const { words } = this.data;
    if (event.kind === "saved") return fill(words["says.saved"], event);
    if (event.kind === "write") return fill(words[event.name ? "says.write.through" : "says.write"], event);
    return words[`says.${event.kind}`];
  }

  consequences(event, storage, silent) {
    const { words } = this.data;
    const changed = event.changed.length ? fill(words.changed, { names: event.changed.join(", ") }) : words.changed_none;
    const place = fill(words.address, { id: storage, byte: event.address });
    return [
      element("p", { class: "then" }, `${changed} ${place}`),
      silent ? element("p", { class: "then warn" }, words.silent) : null,
      event.stale.map((one) =>
        element("div", { class: "then alarm" }, element("strong", {}, fill(words.stale, one)), element("p", {}, fill(words.stale_why, one)), element("p", { class: "said" }, one.said)),
      ),
    ];
  }

  pick({ line, name, node, stale, changed }, storage) {
    publish({ line, node: node ?? stale[0]?.node ?? null, tensor: changed[0] ?? name, storage: [storage], source: SOURCE });
  }

  // clone, detach and their like, side by side, by a run of their own.
  comparison() {
    const { words, compared } = this.data;
    if (!compared.rows.length) return null;
    const columns = ["storage", "graph", "counter"];
    const answer = (yes) => element("td", { class: yes ? "yes" : "no" }, yes ? `✓ ${words.yes}` : `– ${words.no}`);
    const rows = compared.rows.map((row) =>
      element("tr", {}, element("th", { scope: "row" }, element("code", {}, CALLS[row.name] ?? row.name)), columns.map((name) => answer(row[name])), element("td", {}, element("code", {}, String(row.first)))),
    );
    const head = element("tr", {}, [words["compare.what"], ...columns.map((name) => words[`compare.${name}`]), words["compare.first"]].map((text) => element("th", { scope: "col" }, text)));
    return element(
      "section",
      { class: "card compared" },
      element("h3", {}, words["compare.title"]),
      element("p", { class: "note" }, words["compare.why"]),
      element("pre", {}, element("code", {}, compared.code)),
      element("div", { class: "scroll", tabindex: "0" }, element("table", {}, element("thead", {}, head), element("tbody", {}, rows))),
    );
  }
}

const CALLS = { x_clone: "x.clone()", x_detach: "x.detach()", x_data: "x.data", x_both: "x.detach().clone()" };
