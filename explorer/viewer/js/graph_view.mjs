// The interactive graph: a canvas with its tools, and the inspector beside it. Knows neither Streamlit nor files: a host hands it scenes and
// hears what the person did. Nothing moves that the person did not move: a new scene keeps camera and selection where it can.
import { Bins } from "./bins.mjs";
import { publish, subscribe } from "./bus.mjs";
import { Camera, COMFORTABLE, READABLE } from "./camera.mjs";
import { Badge } from "./badge.mjs";
import { anchor, heirs } from "./continuity.mjs";
import { element, fill } from "./dom.mjs";
import { draw } from "./draw.mjs";
import { listen } from "./input.mjs";
import { Inspector } from "./inspector.mjs";
import { listenToKeys } from "./keys.mjs";
import { Legend } from "./legend.mjs";
import { Minimap } from "./minimap.mjs";
import { Motion } from "./motion.mjs";
import { neighbour, pick } from "./pick.mjs";
import { relations } from "./relations.mjs";
import { Search } from "./search.mjs";
import { readTheme, watchTheme } from "./theme.mjs";
import { Toolbar } from "./toolbar.mjs";
import { wiresAt } from "./scene.mjs";

const NOTHING = { boxes: [], frame: null, related: null };
const NARROW = 720;
let views = 0;

export class GraphView {
  // `host`: selected(node or null), toggle(name of a module or a group in the open set), and command(text), or null where drawings cannot be asked for.
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
    this.gradients = true;
    this.opened = null;
    this.early = null; // what others selected before there was a scene
    this.#build(root);
    this.stops = [
      listen(this.canvas, this.#gestures()),
      listenToKeys(this.root, this.canvas, this.#keys()),
      subscribe((selection) => this.#hear(selection)),
      watchTheme(() => this.refreshTheme()),
    ];
    this.resizing = new ResizeObserver(() => this.#resize());
    this.resizing.observe(this.root);
  }

  #build(root) {
    this.canvas = element("canvas", { class: "graph", tabindex: "0", role: "application" });
    this.context = this.canvas.getContext("2d", { alpha: false });
    this.said = element("p", { class: "said", "aria-live": "polite" });
    this.nothing = element("p", { class: "nothing", hidden: true });
    this.tip = element("p", { class: "tip", hidden: true, "aria-hidden": "true" });
    this.search = new Search((boxes, box, how) => this.#found(boxes, box, how), (box) => this.#open({ box, frame: null }), () => this.canvas.focus());
    this.toolbar = new Toolbar({ fit: () => this.fit(), zoom: (factor) => this.#zoom(factor), gradients: (shown) => this.#showGradients(shown), command: this.host.command });
    this.legend = new Legend();
    this.badge = new Badge(this.host.command);
    this.minimap = new Minimap((x, y) => this.#move(() => this.camera.centre(x, y)));
    this.inspector = new Inspector({
      select: (node) => this.selectNode(node, true),
      module: (path) => this.selectModule(path),
      toggle: () => this.#open({ box: this.selection.boxes[0] ?? null, frame: this.selection.frame }),
      command: this.host.command,
    });
    this.stage = element("div", { class: "stage" }, this.canvas, element("div", { class: "bar" }, this.search.root, this.toolbar.root), this.minimap.canvas, this.nothing, this.tip);
    const main = element("div", { class: "main" }, this.stage, element("div", { class: "foot" }, this.legend.root, this.badge.root));
    this.root = element("div", { class: "explorer-graph" }, main, this.inspector.root, this.said);
    root.append(this.root);
  }

  // Px of the drawing and the inspector beside it; below each other they take what they need.
  setHeight(height) {
    this.root.style.setProperty("--height", `${height}px`);
    this.#resize();
  }

  unmount() {
    for (const stop of this.stops) stop();
    this.resizing.disconnect();
    cancelAnimationFrame(this.frame);
    this.root.remove();
  }

  // Shows a scene. `toggled` is the module whose folding asked for it: it stays where it is on the screen.
  show(scene, toggled = null) {
    const before = this.scene;
    const held = before && anchor(before, scene, this.selection, toggled === null ? null : this.opened);
    const kept = held ? heirs(before, scene, this.selection) : NOTHING;
    const shift = held ? [held.to[0] - held.from[0], held.to[1] - held.from[1]] : [0, 0];
    this.motion = new Motion(scene, held ? { scene: before, x: this.motion.x, y: this.motion.y } : null, shift);
    this.scene = scene;
    this.bins = new Bins(scene);
    this.#setLimits();
    this.hover = { box: null, frame: null };
    this.canvas.setAttribute("aria-label", scene.words.label);
    this.nothing.textContent = scene.words.nothing;
    this.nothing.hidden = scene.count > 0;
    this.refreshTheme();
    this.search.use(scene);
    this.toolbar.use(scene);
    this.badge.show(scene);
    const lost = this.selection.boxes.length > 0 && !kept.boxes.length;
    this.#choose(kept.boxes, kept.frame, false);
    if (lost) this.host.selected(null);
    if (held) this.camera.pan(-shift[0] * this.camera.k, -shift[1] * this.camera.k);
    else this.#firstView();
    if (this.early) this.#hear(this.early);
    this.early = null;
    this.search.arrive();
    this.redraw();
  }

  refreshTheme() {
    this.theme = readTheme(this.root);
    if (!this.scene) return;
    this.legend.show(this.scene, this.theme);
    this.minimap.show(this.scene, this.theme);
    this.redraw();
  }

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

  // A readable piece at the result's end where the whole would be too small to read.
  #firstView() {
    const { camera, scene } = this;
    if (camera.width < 2) return;
    this.touched = false;
    camera.fit(scene.width, scene.height);
    if (camera.k >= READABLE || scene.count === 0) return;
    camera.k = COMFORTABLE;
    const result = lowest(scene);
    const fits = scene.width * camera.k < camera.width;
    camera.centre(fits ? scene.width / 2 : scene.x[result], scene.y[result] - (camera.height / 2 - 60) / camera.k);
  }

  #setLimits() {
    this.camera.farthest = Math.min(0.2, this.camera.fitting(this.scene.width, this.scene.height) * 0.6);
  }

  #resize() {
    const { camera, canvas } = this;
    this.root.classList.toggle("narrow", this.root.clientWidth < NARROW);
    const first = camera.width < 2;
    const [dx, dy] = [(canvas.clientWidth - camera.width) / 2, (canvas.clientHeight - camera.height) / 2];
    camera.width = canvas.clientWidth;
    camera.height = canvas.clientHeight;
    const ratio = window.devicePixelRatio || 1;
    canvas.width = Math.round(camera.width * ratio);
    canvas.height = Math.round(camera.height * ratio);
    if (!this.scene) return;
    this.#setLimits();
    if (first || !this.touched) this.#firstView();
    else camera.pan(dx, dy);
    this.#paint();
  }

  redraw() {
    this.frame ??= requestAnimationFrame((now) => {
      this.frame = null;
      if (this.motion?.step(now / 1000)) this.redraw();
      this.#paint();
    });
  }

  #paint() {
    if (!this.scene || this.camera.width < 2) return;
    this.root.dataset.drawn = draw(this.context, this);
    this.root.dataset.boxes = this.scene.count;
    this.root.dataset.camera = `${this.camera.x} ${this.camera.y} ${this.camera.k}`;
    this.minimap.look(this.camera, this.scene);
  }

  #move(change) {
    this.touched = true;
    change();
    this.redraw();
  }

  #showGradients(shown) {
    this.gradients = shown;
    this.redraw();
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
      click: (x, y) => {
        if (!this.scene) return;
        const { box, frame } = under(x, y);
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
    this.hover = hover;
    if (hover.box !== null) this.tip.textContent = [scene.title(hover.box), scene.subtitle(hover.box)].filter(Boolean).join("\n");
    this.redraw();
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
      zoom: (factor) => this.#zoom(factor),
      search: () => this.search.focus(),
      clear: () => this.#choose([], null, true),
      open: () => this.#open({ box: this.selection.boxes[0] ?? null, frame: this.selection.frame }),
      walk: (key) => this.#walk(key),
    };
  }

  #walk(key) {
    const { scene } = this;
    if (!scene?.count) return;
    const from = this.selection.boxes[0];
    const to = from === undefined ? lowest(scene) : neighbour(scene, this.bins, from, key);
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

  #sees(box) {
    const [left, top, right, bottom] = this.camera.seen();
    const { x, y } = this.scene;
    return x[box] > left && x[box] < right && y[box] > top && y[box] < bottom;
  }

  // The one place where a selection comes about. `tell`: the person did it here, so others shall know.
  #choose(boxes, frame, tell) {
    const { scene } = this;
    this.selection = { boxes, frame, related: boxes.length ? relations(scene, boxes) : null };
    const facts = boxes.length ? scene.boxDetail(boxes[0]) : frame !== null ? scene.frameDetail(frame) : null;
    const kind = boxes.length ? scene.kind(boxes[0]) : null;
    const saved = kind === "saved" ? scene.savedOf(boxes[0]) : null;
    const input = kind === "input" ? scene.inputOf(boxes[0]) : null;
    this.inspector.show(scene, facts, { saved, input, open: frame !== null });
    this.#say(facts);
    if (tell) this.#publish(facts, input);
    this.redraw();
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
    this.said.textContent = [fill(scene.words["said.box"], { title, kind: scene.words[`kind.${scene.kind(box)}`] }), fill(scene.words["said.links"], links)].join("; ");
  }
}

// The box of `boxes` that speaks for all, `first` or the node's own, comes first.
function primary(scene, boxes, first = boxes[0]) {
  return first === undefined ? [] : [first, ...boxes.filter((box) => box !== first && scene.kind(box) === "leaf")];
}

function lowest(scene) {
  let best = 0;
  for (let box = 1; box < scene.count; box++) if (scene.y[box] > scene.y[best]) best = box;
  return best;
}
