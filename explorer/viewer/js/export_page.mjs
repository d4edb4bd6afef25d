// The page of a self-contained file: the graph view over scenes that lie in the file, with the code beside it.
import { listing } from "./code_listing.mjs";
import { element } from "./dom.mjs";
import { GraphView } from "./graph_view.mjs";
import { decode } from "./scene.mjs";

export function open(document) {
  const { code, broken } = JSON.parse(document.getElementById("run").textContent);
  const scenes = read(document);
  if (!scenes) {
    document.getElementById("opening").textContent = broken;
    return;
  }
  const first = scenes[0];
  const { words } = first;
  const main = element("main", {});
  document.body.replaceChildren(
    element("header", { class: "page" }, element("h1", {}, words["export.title"]), element("p", {}, words["export.note"])),
    element("div", { class: "columns" }, code ? listing(code, words["export.code"]) : null, main),
  );
  let shown = first;
  const show = (scene, toggled) => view.show((shown = scene), toggled);
  const view = new GraphView(main, {
    selected() {},
    shows() {},
    toggle(name) { show(withToggled(scenes, shown, name), name); },
    command: null,
  });
  show(first, null);
}

// The scenes in the file, or null where one is damaged.
function read(document) {
  try {
    return [...document.querySelectorAll("script[data-scene]")].map((holder) => decode(fromBase64(holder.textContent)));
  } catch (error) {
    console.warn(error);
    return null;
  }
}

function fromBase64(text) {
  return Uint8Array.from(atob(text.trim()), (character) => character.charCodeAt(0));
}

// Not every combination of open modules is in the file: take the one nearest to what was asked, the one shown if there is none. "cell" opens
// all calls, "cell#17" one.
function withToggled(scenes, shown, name) {
  const isOpen = (scene) => [name, name.split("#")[0]].some((each) => scene.header.open_modules.includes(each));
  const wanted = scenes.filter((scene) => isOpen(scene) !== isOpen(shown));
  const distance = (scene) => scene.header.open_modules.filter((each) => !shown.header.open_modules.includes(each)).length
    + shown.header.open_modules.filter((each) => !scene.header.open_modules.includes(each)).length;
  return wanted.reduce((best, scene) => (best === shown || distance(scene) < distance(best) ? scene : best), shown);
}
