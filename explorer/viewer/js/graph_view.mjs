// The interactive graph: a canvas with its tools, and the inspector beside it. Knows neither Streamlit nor files: a host hands it scenes and
// hears what the person did. Nothing moves that the person did not move: a new scene keeps camera and selection where it can.
import { Badge } from "./badge.mjs";
import { Bins } from "./bins.mjs";
import { hearRecorded, obey, subscribe } from "./bus.mjs";
import { anchor, heirs } from "./continuity.mjs";
import { element, fill } from "./dom.mjs";
import { dress } from "./dress.mjs";
import { ExportMenu } from "./export_menu.mjs";
import { FACES } from "./faces.mjs";
import { FarPictures } from "./far.mjs";
import { Focus } from "./focus.mjs";
import { Help } from "./help.mjs";
import { image } from "./image.mjs";
import { Inspector } from "./inspector.mjs";
import { listenToKeys } from "./keys.mjs";
import { Legend } from "./legend.mjs";
import { Minimap } from "./minimap.mjs";
import { Motion } from "./motion.mjs";
import { offered, overlay } from "./overlays.mjs";
import { OverlayLegend } from "./overlay_legend.mjs";
import { Pointing } from "./pointing.mjs";
import { use as useRecorded } from "./recorded.mjs";
import { DOWN, UP } from "./relations.mjs";
import { Search } from "./search.mjs";
import { NOTHING, Selecting } from "./selecting.mjs";
import { Surface } from "./surface.mjs";
import { Tags } from "./tags.mjs";
import { readTheme, watchDensity, watchTheme } from "./theme.mjs";
import { Toolbar } from "./toolbar.mjs";
import { Trail } from "./trail.mjs";

// Px of the drawing's window below which the inspector stands below it.
const NARROW = 720;
let views = 0;

export class GraphView {
  // `host`: selected(node or null), toggle(name of a module or a group in the open set), shows(setting, value) after the person changed one,
  // command(text) for another drawing, a storage or another run, and answers(text), whether it can do that.
  constructor(root, host) {
    this.host = host;
    this.name = `graph-${++views}`;
    this.scene = null;
    this.settings = { view: "backward", overlay: "off", gradients: true, shapes: false, widths: false, storages: false, step: null };
    this.overlay = null;
    this.overview = false;
    this.far = new FarPictures();
    this.matches = new Set();
    this.match = null;
    this.recorded = null; // what a replay says of its step
    this.tagged = null;
    this.opened = null; // what the person opened or folded last
    this.surface = new Surface(this);
    this.pointing = new Pointing(this);
    this.selecting = new Selecting(this);
    this.#build(root);
    this.stops = [
      this.pointing.unmount,
      listenToKeys(this.root, this.surface.canvas, this.#keys()),
      subscribe((selection) => this.selecting.hear(selection)),
      obey((orders) => this.drive(orders)),
      hearRecorded((said) => this.#record(said)),
      watchTheme(() => this.refreshTheme()),
      watchDensity(() => this.#resize()),
    ];
    this.resizing = new ResizeObserver(() => this.#resize());
    for (const part of [this.root, this.stage]) this.resizing.observe(part); // a legend that grows takes of the drawing's window
  }

  #build(root) {
    const { surface, selecting } = this;
    surface.canvas.addEventListener("contextrestored", () => this.#restore());
    this.said = element("p", { class: "said", "aria-live": "polite" });
    this.nothing = element("p", { class: "nothing", hidden: true });
    this.focus = new Focus(() => this.scene && selecting.tell());
    this.search = new Search((boxes, box, how) => this.#found(boxes, box, how), (box) => this.open({ box, frame: null }), () => surface.canvas.focus());
    this.toolbar = new Toolbar({ fit: () => surface.fit(), zoom: (factor) => surface.zoom(factor), help: () => this.#help(), set: (name, value) => this.set(name, value, true), command: this.host.command, answers: this.host.answers });
    this.exports = new ExportMenu({ image: (scale, whole) => image(this, scale, whole), area: () => surface.area(), dark: () => this.theme.dark, dress: (everything) => dress(this, everything) });
    this.help = new Help(() => surface.canvas.focus());
    this.trail = new Trail({ go: (by) => selecting.go(by), module: (path) => selecting.crumb(path) });
    this.legend = new Legend();
    this.scaleLegend = new OverlayLegend();
    this.badge = new Badge(this.#asksRuns());
    this.minimap = new Minimap((x, y) => surface.move((camera) => camera.centre(x, y)));
    this.inspector = new Inspector({
      select: (node) => selecting.node(node, true),
      module: (path) => selecting.module(path),
      toggle: () => this.#turn(),
      command: this.#asksRuns(),
    });
    this.bar = element("div", { class: "bar" }, this.search.root, this.toolbar.root, this.exports.root);
    this.stage = element("div", { class: "stage" }, surface.canvas, this.bar, this.minimap.canvas, this.nothing, this.pointing.tip);
    const main = element("div", { class: "main" }, this.stage, element("div", { class: "foot" }, this.trail.root, this.scaleLegend.root, this.legend.root, this.badge.root));
    this.root = element("div", { class: "explorer-graph" }, main, this.inspector.root, this.said, this.help.root);
    root.append(this.root);
  }

  // The drawing comes first: as much of it as can be read is seen at once, the inspector goes below it, the legend begins folded.
  setOverview(overview) {
    if (overview && !this.overview) this.legend.fold(true);
    this.overview = overview;
  }

  // Tells the host that another run is wanted; null where there is nobody to run it.
  #asksRuns() { return this.host.answers("verify") ? this.host.command : null; }

  // Px of the drawing and the inspector beside it; below each other they take what they need.
  setHeight(height) {
    this.root.style.setProperty("--height", `${height}px`);
    this.#resize();
  }

  unmount() {
    for (const stop of this.stops) stop();
    this.exports.unmount();
    this.resizing.disconnect();
    this.surface.unmount();
    this.root.remove();
  }

  // Shows a scene. `toggled` is the module whose folding asked for it: it stays where it is on the screen.
  show(scene, toggled = null) {
    const before = this.scene;
    const { selection, settings: { step } } = this;
    const held = before && anchor(before, scene, selection, toggled === null ? null : this.opened);
    const kept = held ? heirs(before, scene, selection) : NOTHING;
    const shift = held ? [held.to[0] - held.from[0], held.to[1] - held.from[1]] : [0, 0];
    this.motion = new Motion(scene, held ? { scene: before, x: this.motion.x, y: this.motion.y } : null, shift);
    this.scene = scene;
    useRecorded(scene, this.recorded);
    this.bins = new Bins(scene);
    this.tagged = null;
    this.overlay = overlay(this.settings.overlay, scene);
    this.focus.use(scene);
    this.pointing.forget();
    this.#name(scene);
    this.refreshTheme();
    for (const tool of [this.search, this.toolbar, this.exports]) tool.use(scene, this.settings);
    this.badge.show(scene);
    this.surface.use(held ? shift : null);
    this.selecting.use(kept, step);
    this.search.arrive();
    this.redraw();
  }

  // Words of the scene that stand outside of the drawing.
  #name({ words, count }) {
    this.surface.canvas.setAttribute("aria-label", words.label);
    this.nothing.textContent = words.nothing;
    this.nothing.hidden = count > 0;
  }

  // Says that a drawing did not come.
  lose(sentence) {
    this.nothing.textContent = sentence;
    this.nothing.hidden = false;
  }

  refreshTheme() {
    this.theme = readTheme(this.root);
    if (!this.scene) return;
    this.legend.show(this.scene, this.theme, this.settings);
    this.scaleLegend.show(this.overlay, this.scene, this.theme);
    this.minimap.show(this);
    this.redraw();
  }

  // A browser that loses one canvas has lost them all: those of the legends, of the overview and behind the drawing too.
  #restore() {
    this.far = new FarPictures();
    this.refreshTheme();
  }

  // Which boxes share memory: worked out once something asks for it.
  get tags() { return (this.tagged ??= new Tags(this.scene)); }

  // What draw.mjs reads of those who keep it.
  get camera() { return this.surface.camera; }
  get moving() { return this.surface.moving; }
  get hover() { return this.pointing.hover; }
  get selection() { return this.selecting.now; }
  get storage() { return this.selecting.storage; }

  redraw(part) { this.surface.redraw(part); }

  // The surface has painted, and so many boxes are in sight.
  painted(boxes) {
    const { camera } = this;
    Object.assign(this.root.dataset, { drawn: boxes, boxes: this.scene.count, camera: `${camera.x} ${camera.y} ${camera.k}` });
    this.minimap.look(camera, this.scene);
  }

  #resize() {
    this.root.classList.toggle("narrow", this.overview || this.root.clientWidth < NARROW);
    if (!this.surface.resize(this.bar.offsetHeight + 12)) return;
    this.minimap.show(this); // of as many pixels as there are now, which empties it
    this.minimap.look(this.camera, this.scene);
  }

  // What somebody else asks of the view, as if the person had done it: `select` a node, `module` to select, `fold` a name of the open set to
  // open or to fold, and any of `settings`.
  drive({ select, module, fold, ...settings }) {
    for (const [name, value] of Object.entries(settings)) if (Object.hasOwn(this.settings, name)) this.set(name, value, true);
    if (module !== undefined) this.selecting.module(module, true);
    if (select !== undefined) this.selecting.node(select, true);
    if (fold !== undefined) this.host.toggle(fold);
  }

  // One of `settings`: what the drawing looks like, not what is in it. `tell`: the person chose it here, so the host shall know.
  set(name, value, tell = false) {
    if (name === "view" && !FACES.includes(value)) return;
    if (name === "step") return void this.selecting.stepTo(value, tell);
    this.settings[name] = value;
    if (tell) this.host.shows(name, value);
    if (!this.scene) return;
    if (name === "overlay") this.overlay = overlay(value, this.scene);
    this.toolbar.use(this.scene, this.settings);
    this.refreshTheme();
  }

  // A replay beside the graph stands at another step.
  #record(said) {
    const offers = Boolean(said) !== Boolean(this.recorded);
    this.recorded = said;
    if (!this.scene) return;
    useRecorded(this.scene, said);
    this.overlay = overlay(this.settings.overlay, this.scene);
    if (offers) this.toolbar.use(this.scene, this.settings);
    this.scaleLegend.show(this.overlay, this.scene, this.theme);
    this.minimap.show(this);
    this.redraw();
  }

  // A sentence below the drawing, by its key, until something else is said.
  remark(text) {
    this.say(this.scene.words[text]);
    this.selecting.tell(text);
  }

  // To those who hear the page rather than see it.
  say(sentence) { this.said.textContent = sentence; }

  #nextOverlay(by) {
    const names = ["off", ...offered(this.scene)];
    const next = names[(names.indexOf(this.settings.overlay) + by + names.length) % names.length];
    this.set("overlay", next, true);
    this.say(fill(this.scene.words["said.overlay"], { name: this.scene.words[`overlay.${next}`] }));
  }

  // Opens or folds what is selected.
  #turn() {
    const { boxes: [box], frame } = this.selection;
    this.open({ box: box ?? null, frame });
  }

  // Opens or folds a box or a frame, where it is something that does.
  open({ box, frame }) {
    const fold = frame !== null ? this.scene.text("frame_fold", frame) : box !== null ? this.scene.text("box_fold", box) : "";
    if (!fold) return;
    this.opened = frame !== null ? this.scene.text("frame_id", frame) : this.scene.id(box);
    this.host.toggle(fold);
  }

  #keys() {
    const { surface, selecting } = this;
    return {
      fit: () => surface.fit(),
      closer: () => surface.zoom(1.25),
      farther: () => surface.zoom(0.8),
      search: () => this.search.focus(),
      clear: () => selecting.choose([], null, true),
      open: () => this.#turn(),
      walk: (key) => selecting.walk(key),
      back: () => selecting.go(-1),
      forward: () => selecting.go(1),
      upstream: () => selecting.trace(UP),
      downstream: () => selecting.trace(DOWN),
      route: () => selecting.routeFromPin(),
      pin: () => selecting.pin(),
      hide: () => selecting.hide(),
      isolate: () => selecting.isolate(),
      all: () => this.focus.showAll(),
      step: () => selecting.step(1),
      stepBack: () => selecting.step(-1),
      overlay: (key) => this.scene && this.#nextOverlay(key === "O" ? -1 : 1),
      face: () => this.set("view", FACES[(FACES.indexOf(this.settings.view) + 1) % FACES.length], true),
      help: () => this.#help(),
    };
  }

  // What a search has found, and which of it the person stands at; `how` tells whether that was entered.
  #found(boxes, box, how) {
    this.matches = new Set(boxes);
    this.match = box;
    if (how === "entered") this.selecting.chooseBox(box);
    if (how && box !== null) this.surface.reveal(box);
    this.redraw();
  }

  #help() {
    if (this.scene) this.help.open(this.scene);
  }

  // What the colour of a box says, in words; empty without an overlay.
  coloured(box) {
    const { overlay: shown, scene } = this;
    return shown && `${scene.words[`overlay.${shown.name}`]}: ${shown.text(box) || scene.words["overlay.none"]}`;
  }
}
