// The page of a self-contained file: the graph view over drawings that lie in the file, with the code beside it.
import { listing } from "./code_listing.mjs";
import { element } from "./dom.mjs";
import { GraphView } from "./graph_view.mjs";
import { KeptDrawings } from "./kept_drawings.mjs";

export async function open(document) {
  const { code, broken, ...held } = JSON.parse(document.getElementById("run").textContent);
  const drawings = new KeptDrawings([...document.querySelectorAll("script[data-scene]")], held);
  const first = await drawings.scene(0).catch(refused);
  if (!first) {
    document.getElementById("opening").textContent = broken;
    return;
  }
  const { words } = first;
  const main = element("main", {});
  document.body.replaceChildren(
    element("header", { class: "page" }, element("h1", {}, words["export.title"]), element("p", {}, words["export.note"])),
    element("div", { class: "columns" }, code ? listing(code, words["export.code"]) : null, main),
  );
  let shown = 0;
  let turn = Promise.resolve(); // one fold after another, each from what the one before left
  const show = async (found, toggled) => {
    const scene = found && (await drawings.scene(found.at).catch(refused));
    if (scene) view.show(scene, toggled);
    if (scene) shown = found.at;
    if (!scene || !found.exact) view.remark(!found ? "export.absent" : scene ? "export.nearest" : "export.broken");
  };
  const view = new GraphView(main, {
    selected() {},
    shows() {},
    toggle(name) { turn = turn.then(() => show(drawings.toggled(shown, name), name)); },
    fold(command) { turn = turn.then(() => show({ at: drawings.depths[command], exact: true }, null)); },
    folds: Object.keys(drawings.depths),
    command: null,
  });
  view.show(first);
}

function refused(error) {
  console.warn(error);
  return null;
}
