// The page of a self-contained file: the graph view over drawings that lie in the file, with the code beside it and the storages below.
import { listing } from "./code_listing.mjs";
import { element, fill } from "./dom.mjs";
import { GraphView } from "./graph_view.mjs";
import { inflated, KeptDrawings, turned } from "./kept_drawings.mjs";
import { KeptStorages } from "./kept_storages.mjs";

export async function open(document) {
  const [run, known, details, cells, strips] = ["run", "known", "details", "cells", "storages"].map((id) => document.getElementById(id));
  const { code, broken, drawings: about } = JSON.parse(run.textContent);
  const drawings = new KeptDrawings([...document.querySelectorAll("script[data-scene]")], known, details, about);
  let shown = drawings.first; // see KeptDrawings
  const first = await drawings.scene(shown).catch(refused);
  if (!first) {
    document.getElementById("opening").textContent = broken;
    return;
  }
  const { words, header } = first;
  const storages = new KeptStorages(strips, () => inflated(cells.textContent).catch(refused));
  const main = element("main", {});
  const cut = about.length > 1 && drawings.deepest < header.depth ? fill(words["export.depths"], { deepest: drawings.deepest, depths: header.depth }) : null;
  document.body.replaceChildren(
    element("header", { class: "page" }, element("h1", {}, words["export.title"]), element("p", {}, words["export.note"]), cut && element("p", { class: "cut" }, cut)),
    element("div", { class: "columns" }, code ? listing(code, words["export.code"]) : null, main),
    storages.root,
  );
  let turn = Promise.resolve(); // one drawing after another, each from what the one before left
  const show = (change, toggled) => (turn = turn.then(async () => {
    const wanted = { ...shown, ...change(shown) };
    for (const placed of [{}, { engine: "layered", wrap: false }]) {
      const scene = await drawings.scene({ ...wanted, ...placed }).catch(refused);
      if (!scene) continue;
      shown = { ...wanted, ...placed, open: new Set(scene.header.open_modules) };
      view.show(scene, toggled);
      return placed.engine ? view.remark("export.placed") : undefined;
    }
    return view.remark("export.absent");
  }));
  const view = new GraphView(main, {
    selected() {},
    shows() {},
    toggle: (name) => show(({ open: names }) => ({ open: turned(names, name) }), name),
    answers: (text) => following(text, drawings, header.depth, shown) !== null,
    command(text) {
      const follow = following(text, drawings, header.depth, shown);
      if (text.startsWith("storage:")) storages.open(Number(text.slice(8)));
      else if (follow) show(() => follow, null);
    },
  });
  view.show(first);
}

// What a command of the toolbar changes of what is shown; null where the file cannot follow it. See `GraphEvents.command` of component.py.
function following(text, drawings, depth, shown) {
  const [name, value] = text.split(":");
  const at = { fold_all: 0, depth: Number(value), unfold_all: depth }[name];
  const open = at === undefined ? null : drawings.openAt(at, shown.saved);
  if (open) return { open };
  if (name === "saved" && drawings.openAt(0, value === "on")) return { saved: value === "on" };
  if (name === "wrap" && drawings.openAt(0, shown.saved)) return { wrap: value === "on" };
  if (name === "engine" && (value === "layered" || drawings.holds({ ...shown, engine: value }))) return { engine: value };
  return name === "storage" ? {} : null;
}

function refused(error) {
  console.warn(error);
  return null;
}
