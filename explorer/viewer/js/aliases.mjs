// The inspector's section on shared memory: each storage of the selection that other boxes lie in too, its letter, and these boxes.
import { element, fill } from "./dom.mjs";
import { inkOn } from "./scales.mjs";

const MOST_STORAGES = 4;
const MOST_BOXES = 6;

// `actions`: storage(id) to choose one, box(box) to go to one. Null where nothing is shared.
export function aliases(tags, box, actions) {
  if (!tags.of(box).length) return null;
  return tags.of(box).slice(0, MOST_STORAGES).map((storage) => one(tags, storage, box, actions));
}

function one(tags, storage, here, actions) {
  const { scene } = tags;
  const { words } = scene;
  const others = tags.boxes.get(storage).filter((box) => box !== here);
  const mark = element("span", { class: "tag", style: `background: ${tags.color(storage)}; color: ${inkOn(tags.color(storage))}` }, tags.letter(storage));
  const choose = element("button", { type: "button", class: "link", title: words["alias.choose"], onclick: () => actions.storage(storage) }, mark, fill(words["alias.storage"], { storage }));
  const links = others.slice(0, MOST_BOXES).map((box) => element("button", { type: "button", class: "link", onclick: () => actions.box(box) }, `${scene.title(box)} · ${words[`kind.${scene.kind(box)}`]}`));
  const more = others.length - links.length;
  return element("div", { class: "fact" }, choose, element("div", { class: "alias-list" }, links, more > 0 ? element("span", { class: "faint" }, fill(words["tensor.more"], { count: more })) : null));
}
