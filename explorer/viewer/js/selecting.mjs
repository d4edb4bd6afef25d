// What is selected in a graph view, and all that follows from it: what lights up with it, what is told to the inspector, to the other tables of the
// page and to the host, the way back and forth, and the line below the drawing.
import { aliases } from "./aliases.mjs";
import { publish, recent } from "./bus.mjs";
import { fill } from "./dom.mjs";
import { History } from "./history.mjs";
import { lowest, neighbour } from "./pick.mjs";
import { DOWN, progress, relations, route, SELF, UP } from "./relations.mjs";
import { wiresAt } from "./scene.mjs";

export const NOTHING = { boxes: [], frame: null, related: null };

export class Selecting {
  constructor(view) {
    this.view = view;
    this.now = NOTHING; // {boxes, the first of which speaks for all, frame, related}
    this.traced = UP | DOWN; // what lights up with it; "route" for the way to a pin, "step" for what backward has run
    this.storage = null; // chosen by its tag
    this.history = new History();
    this.early = recent(); // what others selected before there was a scene
  }

  get scene() { return this.view.scene; }

  // Another scene has come; of the selection the boxes and the frame of `kept` are in it. `step`: of backward, which was gone through until then.
  use(kept, step) {
    const lost = this.now.boxes.length > 0 && !kept.boxes.length;
    this.choose(kept.boxes, kept.frame, false);
    if (lost) this.view.host.selected(null);
    if (this.early) this.hear(this.early);
    this.early = null;
    if (step !== null) this.stepTo(step, false);
  }

  // Selects what shows a node, all copies of a leaf together; null clears. `reveal` moves the camera where it is out of sight.
  node(node, reveal = false, tell = true) {
    const boxes = node === null ? [] : (this.scene?.boxesOfNode.get(node) ?? []);
    this.choose(primary(this.scene, boxes), null, tell);
    if (reveal && boxes.length) this.view.surface.reveal(boxes[0]);
  }

  // Its frame or its folded box, else what shows its first node: a module of one node has no frame. `reveal` as for a node.
  module(path, reveal = false, tell = true) {
    const { scene } = this;
    const frame = Array.from({ length: scene.frames }, (_, at) => at).find((at) => scene.text("frame_module", at) === path);
    const boxes = Array.from({ length: scene.count }, (_, box) => box).filter((box) => scene.text("box_module", box) === path);
    if (frame !== undefined) this.choose([], frame, tell);
    else if (boxes.length) this.choose(boxes.slice(0, 1), null, tell);
    else this.node(scene.nodeOfModule(path), reveal, tell);
    if (reveal) this.#reveal(boxes[0], frame ?? null);
  }

  // A box that the person chose, with every copy of it.
  chooseBox(box) {
    this.choose(primary(this.scene, this.#together(box), box), null, true);
  }

  // The same, and the camera goes there.
  goTo(box) {
    this.chooseBox(box);
    this.view.surface.reveal(box);
  }

  // All that lies in one storage lights up, and the strip of its cells is asked for.
  chooseStorage(storage) {
    const { scene, view } = this;
    const shared = view.tags.boxes.get(storage);
    if (!shared) return;
    const first = shared.find((box) => scene.kind(box) === "leaf") ?? shared[0]; // the tensor itself speaks for what was made of it
    const boxes = [first, ...shared.filter((box) => box !== first)];
    this.choose([first], null, false, true);
    const marks = new Uint8Array(scene.count);
    for (const box of boxes) marks[box] = SELF;
    this.storage = storage;
    this.now = { boxes, frame: null, related: { boxes: marks, wires: new Uint8Array(scene.wires.count) } };
    const named = boxes.map((box) => scene.variable(box)).find(Boolean) ?? null;
    publish({ storage: [storage], tensor: named, source: view.name });
    view.say(fill(scene.words["said.storage"], { storage, count: boxes.length }));
    view.host.command(`storage:${storage}`);
    this.tell();
  }

  // The one place where a selection comes about. `tell`: the person did it here, so others shall know. `keep`: back and forth lead here again.
  choose(boxes, frame, tell, keep = true) {
    const { scene, view } = this;
    this.traced = UP | DOWN;
    this.storage = null;
    if (view.settings.step !== null) this.#standAt(null, tell);
    this.now = { boxes, frame, related: boxes.length ? relations(scene, boxes) : null };
    if (keep && (boxes.length || frame !== null)) this.history.add({ ids: boxes.map((box) => scene.id(box)), node: boxes.length ? scene.node(boxes[0]) : null, frame: frame === null ? null : scene.text("frame_id", frame) });
    this.#learn(tell);
  }

  // By an arrow key; from nowhere to where the graph ends.
  walk(key) {
    const { scene, now: { boxes: [from] } } = this;
    if (!scene?.count) return;
    const to = from === undefined ? lowest(scene) : neighbour(this.view, from, key);
    if (to !== null) this.goTo(to);
  }

  // A selection that was, wherever it is drawn now.
  go(by) {
    const entry = this.history.go(by);
    if (!entry) return;
    const { scene } = this;
    const own = entry.ids.map((id) => scene.boxOfId.get(id)).filter((box) => box !== undefined);
    const boxes = own.length ? own : entry.node === null ? [] : primary(scene, scene.boxesOfNode.get(entry.node) ?? []);
    const frame = boxes.length || !entry.frame ? null : (scene.frameOfId.get(entry.frame) ?? null);
    const folded = entry.frame && frame === null ? scene.boxOfId.get(entry.frame) : undefined;
    this.choose(folded === undefined ? boxes : [folded], frame, true, false);
    this.#reveal(boxes[0], frame);
  }

  // Selects the module; selected already, it folds or opens.
  crumb(path) {
    const { scene, now: { boxes: [box], frame } } = this;
    const here = frame !== null ? scene.text("frame_module", frame) : box !== undefined ? scene.text("box_module", box) : "";
    if (here === path) this.view.open({ box: box ?? null, frame });
    else this.module(path, true);
  }

  // What others selected: a module, a node, else a tensor's node, else the nodes of a line.
  hear(selection) {
    const { view, scene } = this;
    const { source, node, tensor, line, module } = selection;
    if (source === view.name) return;
    if (!scene) {
      this.early = selection; // a table may be there before the drawing is
      return;
    }
    if (module) {
      this.module(module, true, false);
      view.host.selected(null);
      return;
    }
    const named = node ?? (tensor === null ? undefined : scene.header.tensors[tensor]);
    const nodes = named !== undefined && named !== null ? [named] : line === null ? [] : scene.nodesOfLine(line);
    const boxes = [...new Set(nodes.flatMap((each) => scene.boxesOfNode.get(each) ?? []))].filter((box) => nodes.length === 1 || !["input", "saved"].includes(scene.kind(box)));
    this.choose(nodes.length === 1 ? primary(scene, boxes) : boxes, null, false);
    view.host.selected(nodes.length ? nodes[0] : null);
    if (boxes.length && !boxes.some((box) => view.surface.sees(box))) view.surface.reveal(boxes[0]);
  }

  // Lights one side of the selection only; once more, both again.
  trace(direction) {
    if (!this.now.boxes.length) return;
    this.traced = this.traced === direction ? UP | DOWN : direction;
    this.#relate();
    this.tell();
  }

  // Lights the way to `box`, or from a pin to the selection; where there is none, that is said.
  routeTo(box) { this.#route(this.now.boxes, this.#together(box)); }
  routeFromPin() { this.#route(this.view.focus.pins, this.now.boxes); }

  #route(from, to) {
    const { view, scene: { words } } = this;
    const lacking = from.length && to.length ? "said.route.none" : "said.route.pin";
    const found = from.length && to.length ? route(this.scene, from, to) : null;
    view.say(found ? fill(words["said.route"], { count: found.length }) : words[lacking]);
    this.traced = found ? "route" : UP | DOWN;
    if (found) this.now = { ...this.now, related: found };
    else this.#relate();
    this.tell(found ? null : lacking);
  }

  #relate() {
    const { boxes } = this.now;
    this.now = { ...this.now, related: boxes.length ? relations(this.scene, boxes, this.traced) : null };
  }

  pin() {
    const { boxes: [box] } = this.now;
    if (box !== undefined) this.view.focus.pin(box);
  }

  hide() {
    const boxes = this.#chosen();
    if (!boxes.length) return;
    this.view.focus.hide(boxes);
    this.choose([], null, true);
  }

  // What is lit where one side or a way is traced; else the selection with its neighbours, and what is pinned.
  isolate() {
    const chosen = this.#chosen();
    if (!chosen.length) return;
    const { related } = this.now;
    const lit = related && this.traced !== (UP | DOWN) ? Array.from(related.boxes.keys()).filter((box) => related.boxes[box]) : neighbours(this.scene, chosen);
    this.view.focus.isolate([...lit, ...chosen, ...this.view.focus.pins]);
  }

  // Backward, one node further or back.
  step(by) {
    if (!this.scene) return;
    const next = (this.view.settings.step ?? 0) + by;
    this.stepTo(next < 1 ? null : Math.min(this.#steps(), next), true);
  }

  // Backward, one node after another: selects the one that runs as the `step`-th and lights what has run; null ends it.
  stepTo(step, tell) {
    const { scene, view } = this;
    const steps = scene?.columns.node_step;
    const node = step === null || !steps ? -1 : steps.indexOf(step);
    if (steps && node < 0 && step !== null) return;
    view.settings.step = null;
    if (steps) this.choose(node < 0 ? [] : primary(scene, scene.boxesOfNode.get(node) ?? []), null, tell);
    this.#standAt(step, tell);
    if (node < 0) return;
    this.traced = "step";
    this.now = { ...this.now, related: progress(scene, step) };
    const { boxes: [box] } = this.now;
    if (box !== undefined && !view.surface.sees(box)) view.surface.reveal(box);
    this.tell();
  }

  // Whoever selects something else is done with going through backward.
  #standAt(step, tell) {
    this.view.settings.step = step;
    if (tell) this.view.host.shows("step", step);
  }

  #steps() { return this.scene.columns.node_step.reduce((a, b) => Math.max(a, b), 0); }

  // The line below the drawing: where the selection lies, and what is hidden, traced or pinned. `remark`: a sentence to say there, by its key.
  tell(remark = null) {
    const { scene, view, now: { boxes: [box], frame } } = this;
    const shown = frame !== null ? scene.text("frame_module", frame) : box === undefined ? "" : scene.text("box_module", box);
    const named = this.facts?.title ?? null; // a group of repeats, or a step: no module of its own
    const path = named !== null ? "" : shown || (box === undefined ? "" : moduleOf(scene, box));
    const here = named ?? (shown || box === undefined ? null : scene.title(box));
    view.trail.show(scene.words, { path, here, history: this.history, chips: [...this.#chips(remark)] });
    view.redraw();
  }

  // What is out of the ordinary, each with what ends it; see Trail.
  *#chips(remark) {
    const { view: { focus, tags, settings }, traced, now } = this;
    const closing = (text, values, end) => ({ text, values, endName: "trail.close", end });
    if (remark) yield closing(remark, {}, () => this.tell());
    if (this.storage !== null) yield closing("chip.storage", { letter: tags.letter(this.storage), count: now.boxes.length }, () => this.choose([], null, true));
    if (traced === UP || traced === DOWN) yield closing(traced === UP ? "chip.upstream" : "chip.downstream", {}, () => this.trace(traced));
    if (traced === "route") yield closing("chip.route", { count: now.related.length }, () => this.#forgetRoute());
    if (traced === "step") yield closing("chip.step", { step: settings.step, steps: this.#steps() }, () => this.stepTo(null, true));
    for (const pin of focus.pinned) yield { text: "chip.pin", values: { title: pin.title }, go: () => this.#goToPin(pin), endName: "trail.unpin", end: () => this.#unpin(pin) };
    if (focus.gone) yield { text: focus.only ? "chip.isolated" : "chip.hidden", values: { count: focus.gone }, endName: "trail.all", end: () => focus.showAll() };
  }

  #forgetRoute() {
    this.traced = UP | DOWN;
    this.#relate();
    this.tell();
  }

  #goToPin(pin) {
    const [box] = this.view.focus.boxesOfPin(pin);
    if (box !== undefined) this.goTo(box);
  }

  #unpin(pin) {
    const { focus } = this.view;
    const [box] = focus.boxesOfPin(pin);
    if (box === undefined) focus.drop(pin);
    else focus.pin(box);
  }

  // Shows and tells what is known of the selection: at once where the scene has it, else as soon as it has come, if that is still selected.
  #learn(tell) {
    const { scene, view: { inspector } } = this;
    const { boxes: [box], frame } = this.now;
    const wanted = (this.wanted = {});
    const facts = box !== undefined ? scene.boxDetail(box) : frame !== null ? scene.frameDetail(frame) : null;
    if (facts !== undefined) return void this.#inspect(facts, tell);
    const title = box !== undefined ? scene.title(box) : scene.text("frame_title", frame);
    const kind = box !== undefined ? scene.kind(box) : "module";
    this.facts = null;
    inspector.wait(scene, title, kind, "details.asked");
    this.tell();
    const asked = box !== undefined ? scene.askBoxDetail(box) : scene.askFrameDetail(frame);
    asked.then(
      (found) => wanted === this.wanted && this.#inspect(found, tell),
      () => wanted === this.wanted && inspector.wait(scene, title, kind, "details.lost"),
    );
  }

  #inspect(facts, tell) {
    const { scene, view } = this;
    const { boxes: [box], frame } = this.now;
    const kind = box !== undefined ? scene.kind(box) : null;
    const saved = kind === "saved" ? scene.savedOf(box, facts) : null;
    const input = kind === "input" ? scene.inputOf(box, facts) : null;
    const shared = box === undefined ? null : aliases(view.tags, box, { storage: (storage) => this.chooseStorage(storage), box: (other) => this.goTo(other) });
    this.facts = facts;
    view.inspector.show(scene, facts, { saved, input, open: frame !== null, shared });
    view.say(this.#sentence(facts));
    if (tell) this.#publish(facts, input);
    this.tell();
  }

  #publish(facts, input) {
    const node = facts?.node ?? null;
    const storage = input ? [input.storage] : (facts?.storages ?? []);
    publish({ node, line: facts?.line ?? null, storage, tensor: input?.name ?? facts?.variable ?? null, source: this.view.name, ...(facts?.kind === "module" ? { module: facts.module } : {}) });
    this.view.host.selected(node);
  }

  // What is selected, for who cannot see it.
  #sentence(facts) {
    const { scene, now: { boxes: [box] } } = this;
    if (box === undefined) return facts ? fill(scene.words["said.box"], { title: facts.module, kind: scene.words["kind.module"] }) : "";
    const title = [scene.title(box), facts.name].filter(Boolean).join(", ");
    const links = { inputs: wiresAt(scene.wires.into, box).length, outputs: wiresAt(scene.wires.out, box).length };
    const parts = [fill(scene.words["said.box"], { title, kind: scene.words[`kind.${scene.kind(box)}`] }), this.view.coloured(box), fill(scene.words["said.links"], links)];
    return parts.filter(Boolean).join("; ");
  }

  // The selected boxes, or all that are in the selected frame.
  #chosen() {
    const { now, scene } = this;
    if (now.frame === null) return now.boxes;
    const path = scene.text("frame_module", now.frame);
    return Array.from({ length: scene.count }, (_, box) => box).filter((box) => Array.from(scene.nodesOf(box)).some((node) => `${scene.text("node_module", node)}.`.startsWith(`${path}.`)));
  }

  // What `box` lights up with: every copy of a leaf; a saved tensor or a result stands for itself.
  #together(box) {
    const { scene } = this;
    return scene.kind(box) === "leaf" ? scene.boxesOfNode.get(scene.node(box)) : [box];
  }

  #reveal(box, frame) {
    if (frame !== null) this.view.surface.revealFrame(frame);
    else if (box !== undefined) this.view.surface.reveal(box);
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
