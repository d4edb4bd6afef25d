// The tools above the drawing: from which side it is seen, what its colours mean, how deep it is open, a menu of what is wanted rarely, and the
// camera. Fold depth and saved tensors change what is drawn, so they are asked of the host; the rest is done here.
import { element, fill, icon } from "./dom.mjs";
import { FACES } from "./faces.mjs";
import { Menu } from "./menu.mjs";
import { offered } from "./overlays.mjs";

const FIT = "M2 6V2h4M10 2h4v4M14 10v4h-4M6 14H2v-4";
const PLUS = "M8 3v10M3 8h10";
const MINUS = "M3 8h10";

// A drawing so many times as high as wide, and so many px high, may be cut into columns (explorer/graph/wrapping.py); Graphviz is offered for drawings of
// at most so many boxes.
const LONG = 2;
const HIGH = 4000;
const MOST_FOR_GRAPHVIZ = 500;

export class Toolbar {
  // `actions`: fit(), zoom(factor), help(), set(setting, value), command(text), and answers(text), whether that command can be followed.
  constructor(actions) {
    this.actions = actions;
    this.faces = FACES.map((face) => element("button", { type: "button", onclick: () => actions.set("view", face) }));
    this.face = element("div", { class: "faces", role: "group" }, this.faces);
    this.overlay = element("select", { class: "overlay", onchange: () => actions.set("overlay", this.overlay.value) });
    this.depth = element("select", { onchange: () => this.#fold() });
    this.menu = new Menu();
    this.fit = button(FIT, () => actions.fit());
    this.out = button(MINUS, () => actions.zoom(1 / 1.3));
    this.in = button(PLUS, () => actions.zoom(1.3));
    this.help = element("button", { type: "button", onclick: () => actions.help() }, "?");
    for (const tool of [this.out, this.in]) tool.classList.add("zoom"); // two fingers do that on a small screen
    this.root = element("div", { class: "tools", role: "toolbar" }, this.face, this.overlay, this.depth, this.menu.root, this.out, this.in, this.fit, this.help);
  }

  use(scene, settings) {
    const { words } = scene;
    this.root.setAttribute("aria-label", words.tools);
    for (const [tool, name] of [[this.fit, "tool.fit"], [this.out, "tool.out"], [this.in, "tool.in"], [this.help, "tool.help"]]) {
      tool.title = words[name];
      tool.setAttribute("aria-label", words[name]);
    }
    this.face.setAttribute("aria-label", words.face);
    this.faces.forEach((tool, at) => {
      tool.textContent = words[`face.${FACES[at]}`];
      tool.title = words[`face.${FACES[at]}.hint`];
      tool.setAttribute("aria-pressed", String(settings.view === FACES[at]));
    });
    this.#useOverlays(scene, settings);
    this.#useDepths(scene);
    this.#useMenu(scene, settings);
  }

  #useOverlays(scene, settings) {
    const { words } = scene;
    this.overlay.setAttribute("aria-label", words.overlay);
    this.overlay.title = words.overlay;
    this.overlay.replaceChildren(...["off", ...offered(scene)].map((name) => element("option", { value: name }, name === "off" ? `${words.overlay}…` : words[`overlay.${name}`])));
    this.overlay.value = settings.overlay;
    if (this.overlay.selectedIndex < 0) this.overlay.value = "off";
    this.overlay.classList.toggle("on", this.overlay.value !== "off");
  }

  // The choices are the depths there are; the first entry only says what this is, since the person may have opened modules one by one.
  #useDepths(scene) {
    const { words, header } = scene;
    this.depth.setAttribute("aria-label", words["tool.depth"]);
    this.depth.title = words["tool.depth"];
    const levels = Array.from({ length: Math.max(0, header.depth - 1) }, (_, at) => [`depth:${at + 1}`, fill(words["tool.depth.level"], { depth: at + 1 })]);
    const options = [["", words["tool.depth.now"]], ["fold_all", words["tool.depth.none"]], ...levels, ["unfold_all", words["tool.depth.all"]]];
    const there = options.filter(([value]) => value === "" || this.actions.answers(value));
    this.depth.hidden = !header.depth || there.length < 2;
    this.depth.replaceChildren(...there.map(([value, text]) => element("option", { value, disabled: value === "" }, text)));
    this.depth.value = "";
  }

  #useMenu(scene, settings) {
    const { words, header, columns } = scene;
    const { command, answers, set } = this.actions;
    const graphviz = header.engine === "graphviz";
    const saved = columns.box_kind.includes(header.kinds.indexOf("saved"));
    const own = (name, there) => there && { name, text: words[`tool.${name}`], on: settings[name], choose: () => set(name, !settings[name]) };
    this.menu.show(words["tool.menu"], [
      own("gradients", scene.labels > 0),
      header.saved && answers("saved:on") && { name: "saved", text: words["tool.saved"], on: saved, choose: () => command(saved ? "saved:off" : "saved:on") },
      own("shapes", columns.wire_shape.some(Boolean)),
      own("widths", Boolean(columns.wire_gradient)),
      own("storages", columns.held.length > 0),
      answers("wrap:on") && (header.wrapped || scene.height > Math.max(HIGH, LONG * scene.width)) && { name: "wrap", text: words["tool.wrap"], on: header.wrapped, choose: () => command(`wrap:${header.wrapped ? "off" : "on"}`) },
      answers("engine:graphviz") && (graphviz || scene.count <= MOST_FOR_GRAPHVIZ) && { name: "graphviz", text: words["tool.graphviz"], on: graphviz, choose: () => command(`engine:${graphviz ? "layered" : "graphviz"}`) },
    ].filter(Boolean));
  }

  #fold() {
    this.actions.command(this.depth.value);
    this.depth.value = "";
  }
}

function button(path, onclick) {
  return element("button", { type: "button", onclick }, icon(path));
}
