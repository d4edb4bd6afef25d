// The interactive graph: a canvas with its tools, and the inspector beside it. Knows neither Streamlit nor files: a host hands it scenes and
// hears what the person did. Nothing moves that the person did not move: a new scene keeps camera and selection where it can.
import { aliases } from "./aliases.mjs";
import { Bins } from "./bins.mjs";
import { hearRecorded, obey, publish, recent, subscribe } from "./bus.mjs";
import { Camera, COMFORTABLE, READABLE } from "./camera.mjs";
import { Badge } from "./badge.mjs";
import { anchor, heirs } from "./continuity.mjs";
import { element, fill } from "./dom.mjs";
import { draw } from "./draw.mjs";
import { dress } from "./dress.mjs";
import { ExportMenu } from "./export_menu.mjs";
import { FACES } from "./faces.mjs";
import { FarPictures } from "./far.mjs";
import { Focus } from "./focus.mjs";
import { Help } from "./help.mjs";
import { History } from "./history.mjs";
import { listen } from "./input.mjs";
import { image } from "./image.mjs";
import { Inspector } from "./inspector.mjs";
import { listenToKeys } from "./keys.mjs";
import { Legend } from "./legend.mjs";
import { Minimap } from "./minimap.mjs";
import { Motion } from "./motion.mjs";
import { offered, overlay } from "./overlays.mjs";
import { OverlayLegend } from "./overlay_legend.mjs";
import { neighbour, pick } from "./pick.mjs";
import { use as useRecorded } from "./recorded.mjs";
import { DOWN, progress, relations, route, SELF, UP } from "./relations.mjs";
import { Search } from "./search.mjs";
import { Tags, tagAt } from "./tags.mjs";
import { readTheme, watchDensity, watchTheme } from "./theme.mjs";
import { Toolbar } from "./toolbar.mjs";
import { Trail } from "./trail.mjs";
import { wiresAt } from "./scene.mjs";

const NOTHING = { boxes: [], frame: null, related: null };
// Px of the drawing's window below which the inspector stands below it, and below which an overview does not show all.
const NARROW = 720;
const SLIM = 480;
// Ms after the last movement until what was drawn simply is drawn in full.
const REST_MS = 140;
// Px around a box that a ring around it may take.
const RING = 8;
let views = 0;

export class GraphView {
  // `host`: selected(node or null), toggle(name of a module or a group in the open set), shows(setting, value) after the person changed one,
  // command(text) for another drawing, a storage or another run, and answers(text), whether it can do that.
  constructor(root, host) {
    this.host = host;
    this.name = `graph-${++views}`;
    this.camera = new Camera();
    this.scene = null;
    this.selection = NOTHING;
    this.hover = { box: null, frame: null };
    this.matches = new Set();
    this.match = null;
    this.touched = false;
    this.moving = false;
    this.far = new FarPictures();
    this.frame = null; // the animation frame asked for, and which part of the drawing it will draw anew: null is all of it
    this.stale = null;
    this.settings = { view: "backward", overlay: "off", gradients: true, shapes: false, widths: false, storages: false, step: null };
    this.overlay = null;
    this.overview = false;
    this.recorded = null; // what a replay says of its step
    this.tagged = null;
    this.storage = null; // chosen by its tag
    this.traced = UP | DOWN; // what a selection lights up with it; "route" for the way to a pin
    this.history = new History();
    this.opened = null;
    this.early = recent(); // what others selected before there was a scene
    this.#build(root);
    this.stops = [
      listen(this.canvas, this.#gestures()),
      listenToKeys(this.root, this.canvas, this.#keys()),
      subscribe((selection) => this.#hear(selection)),
      obey((orders) => this.drive(orders)),
      hearRecorded((said) => this.#record(said)),
      watchTheme(() => this.refreshTheme()),
      watchDensity(() => this.#resize()),
    ];
    this.resizing = new ResizeObserver(() => this.#resize());
    this.resizing.observe(this.root);
  }

  #build(root) {
    this.canvas = element("canvas", { class: "graph", tabindex: "0", role: "application" });
    this.context = this.canvas.getContext("2d", { alpha: false });
    this.canvas.addEventListener("contextrestored", () => this.#restore());
    this.said = element("p", { class: "said", "aria-live": "polite" });
    this.nothing = element("p", { class: "nothing", hidden: true });
    this.tip = element("p", { class: "tip", hidden: true, "aria-hidden": "true" });
    this.focus = new Focus(() => this.scene && this.#tell());
    this.search = new Search((boxes, box, how) => this.#found(boxes, box, how), (box) => this.#open({ box, frame: null }), () => this.canvas.focus());
    this.toolbar = new Toolbar({ fit: () => this.fit(), zoom: (factor) => this.#zoom(factor), help: () => this.#help(), set: (name, value) => this.set(name, value, true), command: this.host.command, answers: this.host.answers });
    this.exports = new ExportMenu({ image: (scale, whole) => image(this, scale, whole), area: () => this.#area(), dark: () => this.theme.dark, dress: (everything) => dress(this, everything) });
    this.help = new Help(() => this.canvas.focus());
    this.trail = new Trail({ go: (by) => this.#go(by), module: (path) => this.#crumb(path) });
    this.legend = new Legend();
    this.scaleLegend = new OverlayLegend();
    this.badge = new Badge(this.#asksRuns());
    this.minimap = new Minimap((x, y) => this.#move(() => this.camera.centre(x, y)));
    this.inspector = new Inspector({
      select: (node) => this.selectNode(node, true),
      module: (path) => this.selectModule(path),
      toggle: () => this.#open({ box: this.selection.boxes[0] ?? null, frame: this.selection.frame }),
      command: this.#asksRuns(),
    });
    this.bar = element("div", { class: "bar" }, this.search.root, this.toolbar.root, this.exports.root);
    this.stage = element("div", { class: "stage" }, this.canvas, this.bar, this.minimap.canvas, this.nothing, this.tip);
    const main = element("div", { class: "main" }, this.stage, element("div", { class: "foot" }, this.trail.root, this.scaleLegend.root, this.legend.root, this.badge.root));
    this.root = element("div", { class: "explorer-graph" }, main, this.inspector.root, this.said, this.help.root);
    root.append(this.root);
  }

  // The drawing comes first: all of it is seen at once where there is room, the inspector goes below it, the legend begins folded.
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
    cancelAnimationFrame(this.frame);
    clearTimeout(this.rest);
    this.root.remove();
  }

  // Shows a scene. `toggled` is the module whose folding asked for it: it stays where it is on the screen.
  show(scene, toggled = null) {
    const before = this.scene;
    const { step } = this.settings;
    const held = before && anchor(before, scene, this.selection, toggled === null ? null : this.opened);
    const kept = held ? heirs(before, scene, this.selection) : NOTHING;
    const shift = held ? [held.to[0] - held.from[0], held.to[1] - held.from[1]] : [0, 0];
    this.motion = new Motion(scene, held ? { scene: before, x: this.motion.x, y: this.motion.y } : null, shift);
    this.scene = scene;
    useRecorded(scene, this.recorded);
    this.bins = new Bins(scene);
    this.tagged = null;
    this.overlay = overlay(this.settings.overlay, scene);
    this.focus.use(scene);
    this.#setLimits();
    this.hover = { box: null, frame: null };
    this.canvas.setAttribute("aria-label", scene.words.label);
    this.nothing.textContent = scene.words.nothing;
    this.nothing.hidden = scene.count > 0;
    this.refreshTheme();
    this.search.use(scene);
    this.toolbar.use(scene, this.settings);
    this.exports.use(scene);
    this.badge.show(scene);
    const lost = this.selection.boxes.length > 0 && !kept.boxes.length;
    this.#choose(kept.boxes, kept.frame, false);
    if (lost) this.host.selected(null);
    if (held) this.camera.pan(-shift[0] * this.camera.k, -shift[1] * this.camera.k);
    else this.#firstView();
    if (this.early) this.#hear(this.early);
    this.early = null;
    if (step !== null) this.#stepTo(step, false);
    this.search.arrive();
    this.redraw();
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

  fit() {
    this.#move(() => this.camera.fit(this.scene.width, this.scene.height));
  }

  // Selects what shows a node, all copies of a leaf together; null clears. `reveal` moves the camera where it is out of sight.
  selectNode(node, reveal = false, tell = true) {
    const boxes = node === null ? [] : (this.scene?.boxesOfNode.get(node) ?? []);
    this.#choose(primary(this.scene, boxes), null, tell);
    if (reveal && boxes.length) this.#reveal(boxes[0]);
  }

  // Its frame or its folded box, else what shows its first node: a module of one node has no frame. `reveal` as for a node.
  selectModule(path, reveal = false, tell = true) {
    const { scene } = this;
    const frame = Array.from({ length: scene.frames }, (_, at) => at).find((at) => scene.text("frame_module", at) === path);
    const boxes = Array.from({ length: scene.count }, (_, box) => box).filter((box) => scene.text("box_module", box) === path);
    if (frame !== undefined) this.#choose([], frame, tell);
    else if (boxes.length) this.#choose(boxes.slice(0, 1), null, tell);
    else this.selectNode(scene.nodeOfModule(path), reveal, tell);
    if (reveal && frame !== undefined) this.#revealFrame(frame);
    else if (reveal && boxes.length) this.#reveal(boxes[0]);
  }

  // A readable piece at the result's end where the whole would be too small to read; of an overview only in a narrow window, where the whole
  // would be nothing but colours.
  #firstView() {
    const { camera, scene } = this;
    if (camera.width < 2) return;
    this.touched = false;
    camera.fit(scene.width, scene.height);
    if (camera.k >= READABLE || scene.count === 0 || (this.overview && camera.width >= SLIM)) return;
    camera.k = Math.min(COMFORTABLE, Math.max(READABLE, camera.across(scene.width)));
    const result = lowest(scene);
    const fits = scene.width * camera.k < camera.width;
    camera.centre(fits ? scene.width / 2 : scene.x[result], scene.y[result] - (camera.height / 2 - 60) / camera.k);
  }

  #setLimits() {
    this.camera.farthest = Math.min(0.2, this.camera.fitting(this.scene.width, this.scene.height) * 0.6);
  }

  #resize() {
    const { camera, canvas } = this;
    this.root.classList.toggle("narrow", this.overview || this.root.clientWidth < NARROW);
    camera.bar = this.bar.offsetHeight + 12;
    const ratio = window.devicePixelRatio || 1;
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    if (width === camera.width && height === camera.height && ratio === this.ratio) return;
    const first = camera.width < 2;
    const [dx, dy] = [(width - camera.width) / 2, (height - camera.height) / 2];
    Object.assign(camera, { width, height });
    Object.assign(canvas, { width: Math.round(width * ratio), height: Math.round(height * ratio) });
    const denser = ratio !== this.ratio;
    this.ratio = ratio;
    if (!this.scene) return;
    if (denser) this.minimap.show(this);
    this.#setLimits();
    if (first || !this.touched) this.#firstView();
    else camera.pan(dx, dy);
    this.#paint();
  }

  // Draws in the next animation frame, which a hidden page never gets: all, or only a part [left, top, right, bottom] of the drawing.
  redraw(part = null) {
    this.stale = part && (this.frame === null ? part : this.stale && around(this.stale, part));
    this.frame ??= requestAnimationFrame((now) => {
      this.frame = null;
      if (this.motion?.step(now / 1000)) this.redraw();
      this.#paint(this.frame === null ? this.stale : null);
    });
  }

  #paint(part = null) {
    if (!this.scene || this.camera.width < 2) return;
    const { boxes, coarse } = draw(this.context, this, part);
    if (part) return;
    this.coarse = coarse;
    this.root.dataset.drawn = boxes;
    this.root.dataset.boxes = this.scene.count;
    this.root.dataset.camera = `${this.camera.x} ${this.camera.y} ${this.camera.k}`;
    this.minimap.look(this.camera, this.scene);
  }

  // Moves the camera. What is drawn simply meanwhile is drawn in full once it rests.
  #move(change) {
    this.touched = true;
    this.moving = true;
    change();
    this.redraw();
    clearTimeout(this.rest);
    this.rest = setTimeout(() => {
      this.moving = false;
      if (this.coarse || this.frame !== null) this.redraw();
    }, REST_MS);
  }

  // What somebody else asks of the view, as if the person had done it: `select` a node, `module` to select, `fold` a name of the open set to
  // open or to fold, and any of `settings`.
  drive({ select, module, fold, ...settings }) {
    for (const [name, value] of Object.entries(settings)) if (Object.hasOwn(this.settings, name)) this.set(name, value, true);
    if (module !== undefined) this.selectModule(module, true);
    if (select !== undefined) this.selectNode(select, true);
    if (fold !== undefined) this.host.toggle(fold);
  }

  // One of `settings`: what the drawing looks like, not what is in it. `tell`: the person chose it here, so the host shall know.
  set(name, value, tell = false) {
    if (name === "view" && !FACES.includes(value)) return;
    if (name === "step") return void this.#stepTo(value, tell);
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
    this.redraw();
  }

  // Backward, one node after another: selects the one that runs as the `step`-th and lights what has run; null ends it.
  #stepTo(step, tell) {
    const steps = this.scene?.columns.node_step;
    const node = step === null || !steps ? -1 : steps.indexOf(step);
    if (steps && node < 0 && step !== null) return;
    this.settings.step = null;
    if (steps) this.#choose(node < 0 ? [] : primary(this.scene, this.scene.boxesOfNode.get(node) ?? []), null, tell);
    this.settings.step = step;
    if (tell) this.host.shows("step", step);
    if (node < 0) return;
    this.traced = "step";
    this.selection = { ...this.selection, related: progress(this.scene, step) };
    if (this.selection.boxes.length && !this.#sees(this.selection.boxes[0])) this.#reveal(this.selection.boxes[0]);
    this.#tell();
  }

  // A sentence below the drawing, by its key, until something else is said.
  remark(text) {
    this.said.textContent = this.scene.words[text];
    this.#tell({ text, endName: "trail.close", end: () => this.#tell() });
  }

  // Whoever selects something else is done with going through backward.
  #endStep(tell) {
    this.settings.step = null;
    if (tell) this.host.shows("step", null);
  }

  #step(by) {
    if (!this.scene) return;
    const last = this.scene.columns.node_step.reduce((a, b) => Math.max(a, b), 0);
    const next = (this.settings.step ?? 0) + by;
    this.#stepTo(next < 1 ? null : Math.min(last, next), true);
  }

  #nextOverlay(by) {
    const names = ["off", ...offered(this.scene)];
    const next = names[(names.indexOf(this.settings.overlay) + by + names.length) % names.length];
    this.set("overlay", next, true);
    this.said.textContent = fill(this.scene.words["said.overlay"], { name: this.scene.words[`overlay.${next}`] });
  }

  #zoom(factor, x, y) {
    this.#move(() => this.camera.zoom(factor, x, y));
  }

  #reveal(box) {
    const { scene, camera } = this;
    this.#move(() => camera.reveal(scene.x[box], scene.y[box], scene.w[box], scene.h[box]));
  }

  // The upper edge of a frame, where its name stands: the frame itself may be larger than the window.
  #revealFrame(frame) {
    const { frame_x: x, frame_y: y, frame_width: w, frame_height: h } = this.scene.columns;
    this.#move(() => this.camera.reveal(x[frame], y[frame] - h[frame] / 2 + 30, Math.min(w[frame], 200), 60));
  }

  #gestures() {
    const under = (x, y) => pick(this, ...this.camera.toDrawing(x, y));
    return {
      pan: (dx, dy) => this.#move(() => this.camera.pan(dx, dy)),
      zoom: (factor, x, y) => this.#zoom(factor, x, y),
      point: (x, y) => this.scene && this.#point(x === null ? { box: null, frame: null } : under(x, y), x, y),
      click: (x, y, further) => {
        if (!this.scene) return;
        const storage = tagAt(this, ...this.camera.toDrawing(x, y));
        if (storage !== null) return void this.#chooseStorage(storage);
        const { box, frame } = under(x, y);
        if (further && box !== null && this.selection.boxes.length) return void this.#route(this.selection.boxes, this.#together(box));
        this.#choose(box === null ? [] : primary(this.scene, this.#together(box)), frame, true);
      },
      open: (x, y) => this.scene && this.#open(under(x, y)),
    };
  }

  // What `box` lights up with: every copy of a leaf; a saved tensor or a result stands for itself.
  #together(box) {
    const { scene } = this;
    return scene.kind(box) === "leaf" ? scene.boxesOfNode.get(scene.node(box)) : [box];
  }

  #point(hover, x, y) {
    const { scene } = this;
    this.canvas.style.cursor = hover.box !== null || hover.frame !== null ? "pointer" : "";
    this.tip.hidden = hover.box === null;
    if (hover.box !== null) this.#showTip(hover.box, x, y);
    if (hover.box === this.hover.box && hover.frame === this.hover.frame) return;
    const parts = [this.hover, hover].map((each) => this.#ringed(each)).filter(Boolean);
    const frames = this.hover.frame !== hover.frame;
    this.hover = hover;
    if (hover.box !== null) this.tip.textContent = [scene.title(hover.box), scene.subtitle(hover.box), this.#coloured(hover.box)].filter(Boolean).join("\n");
    this.redraw(frames ? null : parts.reduce(around));
  }

  // The rectangle that the ring around a box that is pointed at takes, or null.
  #ringed({ box }) {
    if (box === null) return null;
    const { scene, camera } = this;
    const [w, h] = [scene.w[box], scene.h[box]].map((side) => side / 2 + RING / Math.min(1, camera.k));
    return [scene.x[box] - w, scene.y[box] - h, scene.x[box] + w, scene.y[box] + h];
  }

  #showTip(box, x, y) {
    const far = x > this.camera.width * 0.6;
    Object.assign(this.tip.style, { left: far ? "" : `${x + 14}px`, right: far ? `${this.camera.width - x + 10}px` : "", top: `${y + 16}px` });
    this.tip.hidden = this.camera.k >= READABLE;
  }

  #open({ box, frame }) {
    const fold = frame !== null ? this.scene.text("frame_fold", frame) : box !== null ? this.scene.text("box_fold", box) : "";
    if (!fold) return;
    this.opened = frame !== null ? this.scene.text("frame_id", frame) : this.scene.id(box);
    this.host.toggle(fold);
  }

  #keys() {
    return {
      fit: () => this.fit(),
      closer: () => this.#zoom(1.25),
      farther: () => this.#zoom(0.8),
      search: () => this.search.focus(),
      clear: () => this.#choose([], null, true),
      open: () => this.#open({ box: this.selection.boxes[0] ?? null, frame: this.selection.frame }),
      walk: (key) => this.#walk(key),
      back: () => this.#go(-1),
      forward: () => this.#go(1),
      upstream: () => this.#trace(UP),
      downstream: () => this.#trace(DOWN),
      route: () => this.#route(this.focus.pins, this.selection.boxes),
      pin: () => this.selection.boxes.length && this.focus.pin(this.selection.boxes[0]),
      hide: () => this.#hide(),
      isolate: () => this.#isolate(),
      all: () => this.focus.showAll(),
      step: () => this.#step(1),
      stepBack: () => this.#step(-1),
      overlay: (key) => this.scene && this.#nextOverlay(key === "O" ? -1 : 1),
      face: () => this.set("view", FACES[(FACES.indexOf(this.settings.view) + 1) % FACES.length], true),
      help: () => this.#help(),
    };
  }

  #help() {
    if (this.scene) this.help.open(this.scene);
  }

  // Lights one side of the selection only; once more, both again.
  #trace(direction) {
    if (!this.selection.boxes.length) return;
    this.traced = this.traced === direction ? UP | DOWN : direction;
    this.#relate();
    this.#tell();
  }

  // The way between two boxes; where there is none, that is said.
  #route(from, to) {
    const { words } = this.scene;
    const found = from.length && to.length ? route(this.scene, from, to) : null;
    this.said.textContent = found ? fill(words["said.route"], { count: found.length }) : words[from.length && to.length ? "said.route.none" : "said.route.pin"];
    this.traced = found ? "route" : UP | DOWN;
    if (found) this.selection = { ...this.selection, related: found };
    else this.#relate();
    this.#tell(found ? null : { text: from.length && to.length ? "said.route.none" : "said.route.pin", endName: "trail.close", end: () => this.#tell() });
    this.redraw();
  }

  #relate() {
    const { boxes } = this.selection;
    this.selection = { ...this.selection, related: boxes.length ? relations(this.scene, boxes, this.traced) : null };
    this.redraw();
  }

  #hide() {
    const boxes = this.#chosen();
    if (!boxes.length) return;
    this.focus.hide(boxes);
    this.#choose([], null, true);
  }

  // What is lit where one side or a way is traced; else the selection with its neighbours, and what is pinned.
  #isolate() {
    const chosen = this.#chosen();
    if (!chosen.length) return;
    const { related } = this.selection;
    const lit = related && this.traced !== (UP | DOWN) ? Array.from(related.boxes.keys()).filter((box) => related.boxes[box]) : neighbours(this.scene, chosen);
    this.focus.isolate([...lit, ...chosen, ...this.focus.pins]);
  }

  // The selected boxes, or all that are in the selected frame.
  #chosen() {
    const { selection, scene } = this;
    if (selection.frame === null) return selection.boxes;
    const path = scene.text("frame_module", selection.frame);
    return Array.from({ length: scene.count }, (_, box) => box).filter((box) => Array.from(scene.nodesOf(box)).some((node) => `${scene.text("node_module", node)}.`.startsWith(`${path}.`)));
  }

  // A selection that was, wherever it is drawn now.
  #go(by) {
    const entry = this.history.go(by);
    if (!entry) return;
    const { scene } = this;
    const own = entry.ids.map((id) => scene.boxOfId.get(id)).filter((box) => box !== undefined);
    const boxes = own.length ? own : entry.node === null ? [] : primary(scene, scene.boxesOfNode.get(entry.node) ?? []);
    const frame = boxes.length || !entry.frame ? null : (scene.frameOfId.get(entry.frame) ?? null);
    const folded = entry.frame && frame === null ? scene.boxOfId.get(entry.frame) : undefined;
    this.#choose(folded === undefined ? boxes : [folded], frame, true, false);
    if (boxes.length) this.#reveal(boxes[0]);
    else if (frame !== null) this.#revealFrame(frame);
  }

  // Selects the module; selected already, it folds or opens.
  #crumb(path) {
    const { selection, scene } = this;
    const here = selection.frame !== null ? scene.text("frame_module", selection.frame) : selection.boxes.length ? scene.text("box_module", selection.boxes[0]) : "";
    if (here === path) this.#open({ box: selection.boxes[0] ?? null, frame: selection.frame });
    else this.selectModule(path, true);
  }

  // All that lies in one storage lights up, and the strip of its cells is asked for.
  #chooseStorage(storage) {
    const shared = this.tags.boxes.get(storage);
    if (!shared) return;
    const first = shared.find((box) => this.scene.kind(box) === "leaf") ?? shared[0]; // the tensor itself speaks for what was made of it
    const boxes = [first, ...shared.filter((box) => box !== first)];
    this.#choose([boxes[0]], null, false, true);
    const marks = new Uint8Array(this.scene.count);
    for (const box of boxes) marks[box] = SELF;
    this.storage = storage;
    this.selection = { boxes, frame: null, related: { boxes: marks, wires: new Uint8Array(this.scene.wires.count) } };
    const named = boxes.map((box) => this.scene.variable(box)).find(Boolean) ?? null;
    publish({ storage: [storage], tensor: named, source: this.name });
    this.said.textContent = fill(this.scene.words["said.storage"], { storage, count: boxes.length });
    this.host.command(`storage:${storage}`);
    this.#tell();
    this.redraw();
  }

  // The line below the drawing: where the selection lies, and what is hidden, traced or pinned.
  #tell(remark = null) {
    const { selection, scene, focus } = this;
    const box = selection.boxes[0];
    const frame = selection.frame === null ? null : scene.text("frame_module", selection.frame);
    const shown = frame ?? (box === undefined ? "" : scene.text("box_module", box));
    const named = this.facts?.title ?? null; // a group of repeats, or a step: no module of its own
    const path = named !== null ? "" : shown || (box === undefined ? "" : moduleOf(scene, box));
    const chips = [];
    if (remark) chips.push(remark);
    if (this.storage !== null) chips.push({ text: "chip.storage", values: { letter: this.tags.letter(this.storage), count: selection.boxes.length }, endName: "trail.close", end: () => this.#choose([], null, true) });
    if (this.traced === UP || this.traced === DOWN) chips.push({ text: this.traced === UP ? "chip.upstream" : "chip.downstream", endName: "trail.close", end: () => this.#trace(this.traced) });
    if (this.traced === "route") chips.push({ text: "chip.route", values: { count: selection.related.length }, endName: "trail.close", end: () => { this.traced = UP | DOWN; this.#relate(); this.#tell(); } });
    if (this.traced === "step") chips.push({ text: "chip.step", values: { step: this.settings.step, steps: scene.columns.node_step.reduce((a, b) => Math.max(a, b), 0) }, endName: "trail.close", end: () => this.#stepTo(null, true) });
    for (const pin of focus.pinned) chips.push({ text: "chip.pin", values: { title: pin.title }, go: () => this.#goToPin(pin), endName: "trail.unpin", end: () => focus.boxesOfPin(pin).length ? focus.pin(focus.boxesOfPin(pin)[0]) : focus.drop(pin) });
    if (focus.gone) chips.push({ text: focus.only ? "chip.isolated" : "chip.hidden", values: { count: focus.gone }, endName: "trail.all", end: () => focus.showAll() });
    this.trail.show(scene.words, { path, here: named ?? (shown || box === undefined ? null : scene.title(box)), history: this.history, chips });
    this.redraw();
  }

  #goToPin(pin) {
    const [box] = this.focus.boxesOfPin(pin);
    if (box !== undefined) this.#goTo(box);
  }

  #goTo(box) {
    this.#choose(primary(this.scene, this.#together(box), box), null, true);
    this.#reveal(box);
  }

  #walk(key) {
    const { scene } = this;
    if (!scene?.count) return;
    const from = this.selection.boxes[0];
    const to = from === undefined ? lowest(scene) : neighbour(this, from, key);
    if (to === null) return;
    this.#choose(primary(scene, this.#together(to), to), null, true);
    this.#reveal(to);
  }

  #found(boxes, box, how) {
    this.matches = new Set(boxes);
    this.match = box;
    if (how === "entered") this.#choose(primary(this.scene, this.#together(box), box), null, true);
    if (how && box !== null) this.#reveal(box);
    this.redraw();
  }

  // What others selected: a module, a node, else a tensor's node, else the nodes of a line.
  #hear(selection) {
    const { source, node, tensor, line, module } = selection;
    if (source === this.name) return;
    if (!this.scene) {
      this.early = selection; // a table may be there before the drawing is
      return;
    }
    if (module) {
      this.selectModule(module, true, false);
      this.host.selected(null);
      return;
    }
    const { scene } = this;
    const named = node ?? (tensor === null ? undefined : scene.header.tensors[tensor]);
    const nodes = named !== undefined && named !== null ? [named] : line === null ? [] : scene.nodesOfLine(line);
    const boxes = [...new Set(nodes.flatMap((each) => scene.boxesOfNode.get(each) ?? []))].filter((box) => nodes.length === 1 || !["input", "saved"].includes(scene.kind(box)));
    this.#choose(nodes.length === 1 ? primary(scene, boxes) : boxes, null, false);
    this.host.selected(nodes.length ? nodes[0] : null);
    if (boxes.length && !boxes.some((box) => this.#sees(box))) this.#reveal(boxes[0]);
  }

  // What is in sight of the drawing: left, top, width, height.
  #area() {
    const [left, top, right, bottom] = this.camera.seen();
    return [left, top, right - left, bottom - top];
  }

  #sees(box) {
    const [left, top, right, bottom] = this.camera.seen();
    const { x, y } = this.scene;
    return x[box] > left && x[box] < right && y[box] > top && y[box] < bottom;
  }

  // The one place where a selection comes about. `tell`: the person did it here, so others shall know. `keep`: back and forth lead here again.
  #choose(boxes, frame, tell, keep = true) {
    const { scene } = this;
    this.traced = UP | DOWN;
    this.storage = null;
    if (this.settings.step !== null) this.#endStep(tell);
    this.selection = { boxes, frame, related: boxes.length ? relations(scene, boxes) : null };
    if (keep && (boxes.length || frame !== null)) this.history.add({ ids: boxes.map((box) => scene.id(box)), node: boxes.length ? scene.node(boxes[0]) : null, frame: frame === null ? null : scene.text("frame_id", frame) });
    this.#learn(tell);
  }

  // Shows and tells what is known of the selection: at once where the scene has it, else as soon as it has come, if that is still selected.
  #learn(tell) {
    const { scene } = this;
    const { boxes: [box], frame } = this.selection;
    const wanted = (this.wanted = {});
    const facts = box !== undefined ? scene.boxDetail(box) : frame !== null ? scene.frameDetail(frame) : null;
    if (facts !== undefined) return void this.#inspect(facts, tell);
    const title = box !== undefined ? scene.title(box) : scene.text("frame_title", frame);
    const kind = box !== undefined ? scene.kind(box) : "module";
    this.facts = null;
    this.inspector.wait(scene, title, kind, "details.asked");
    this.#tell();
    const asked = box !== undefined ? scene.askBoxDetail(box) : scene.askFrameDetail(frame);
    asked.then(
      (found) => wanted === this.wanted && this.#inspect(found, tell),
      () => wanted === this.wanted && this.inspector.wait(scene, title, kind, "details.lost"),
    );
  }

  #inspect(facts, tell) {
    const { scene } = this;
    const { boxes: [box], frame } = this.selection;
    const kind = box !== undefined ? scene.kind(box) : null;
    const saved = kind === "saved" ? scene.savedOf(box, facts) : null;
    const input = kind === "input" ? scene.inputOf(box, facts) : null;
    const shared = box === undefined ? null : aliases(this.tags, box, { storage: (storage) => this.#chooseStorage(storage), box: (other) => this.#goTo(other) });
    this.facts = facts;
    this.inspector.show(scene, facts, { saved, input, open: frame !== null, shared });
    this.#say(facts);
    if (tell) this.#publish(facts, input);
    this.#tell();
  }

  #publish(facts, input) {
    const node = facts?.node ?? null;
    const storage = input ? [input.storage] : (facts?.storages ?? []);
    publish({ node, line: facts?.line ?? null, storage, tensor: input?.name ?? facts?.variable ?? null, source: this.name, ...(facts?.kind === "module" ? { module: facts.module } : {}) });
    this.host.selected(node);
  }

  #say(facts) {
    const { scene, selection } = this;
    const box = selection.boxes[0];
    if (box === undefined) {
      this.said.textContent = facts ? fill(scene.words["said.box"], { title: facts.module, kind: scene.words["kind.module"] }) : "";
      return;
    }
    const title = [scene.title(box), facts.name].filter(Boolean).join(", ");
    const links = { inputs: wiresAt(scene.wires.into, box).length, outputs: wiresAt(scene.wires.out, box).length };
    const parts = [fill(scene.words["said.box"], { title, kind: scene.words[`kind.${scene.kind(box)}`] }), this.#coloured(box), fill(scene.words["said.links"], links)];
    this.said.textContent = parts.filter(Boolean).join("; ");
  }

  // What the colour of a box says, in words; empty without an overlay.
  #coloured(box) {
    const { overlay: shown, scene } = this;
    return shown && `${scene.words[`overlay.${shown.name}`]}: ${shown.text(box) || scene.words["overlay.none"]}`;
  }
}

// The box of `boxes` that speaks for all, `first` or the node's own, comes first.
function primary(scene, boxes, first = boxes[0]) {
  return first === undefined ? [] : [first, ...boxes.filter((box) => box !== first && scene.kind(box) === "leaf")];
}

// Where a node was made; of a leaf, the module that its name begins with: other objects are no modules.
function moduleOf(scene, box) {
  const node = scene.node(box);
  const path = scene.text("node_module", node);
  if (path || scene.kind(box) !== "leaf") return path;
  const name = scene.text("node_variable", node);
  const owner = name.slice(0, Math.max(0, name.lastIndexOf(".")));
  return owner && scene.nodeOfModule(owner) !== null ? owner : "";
}

function neighbours({ wires }, boxes) {
  return boxes.flatMap((box) => [
    ...Array.from(wiresAt(wires.into, box), (wire) => wires.source[wire]),
    ...Array.from(wiresAt(wires.out, box), (wire) => wires.target[wire]),
  ]);
}

// The smallest rectangle around two.
function around(one, other) {
  return [Math.min(one[0], other[0]), Math.min(one[1], other[1]), Math.max(one[2], other[2]), Math.max(one[3], other[3])];
}

function lowest(scene) {
  let best = 0;
  for (let box = 1; box < scene.count; box++) if (scene.y[box] > scene.y[best]) best = box;
  return best;
}
