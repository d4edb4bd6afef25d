// The replay of a training run: the loss curve is the slider; below it what the model said at that step, and how its layers were.
//
// Data from Python (replay.py), JSON as bytes: {words, start, outputs, curve, path, points, snapshots, surface, full (the step whose graph is shown, or null)}. Until a person moves it
// the slider stays at the newest step. Everything that came from a run is drawn as text.
import { tellRecorded } from "./bus.mjs";
import { element, fill } from "./dom.mjs";
import { format } from "./numbers.mjs";
import { Layers } from "./replay_layers.mjs";
import { follow } from "./replay_place.mjs";
import { Said } from "./replay_said.mjs";
import { Scrubber } from "./replay_scrubber.mjs";

const PLAY_MS = 90;

export const mount = (root, port) => new Replay(root, port);

class Replay {
  constructor(root, port) {
    this.port = port;
    this.at = null; // index of the snapshot that a person chose; null follows the newest
    this.scrubber = new Scrubber((at) => this.#choose(at));
    this.said = new Said();
    this.layers = new Layers();
    this.play = element("button", { type: "button", class: "play", onclick: () => this.#toggle() });
    this.open = element("button", { type: "button", class: "open", onclick: () => this.#ask() });
    this.label = element("output", { class: "step", "aria-live": "polite" });
    this.frame = element("div", { class: "replay" },
      element("div", { class: "controls" }, this.play, this.label, this.open),
      this.scrubber.root);
    this.panels = element("div", { class: "panels" }, this.said.root, this.layers.root);
    root.append(this.frame);
    this.stop = follow((place) => (place ?? this.frame).append(this.panels));
    this.resizing = new ResizeObserver(() => this.#draw());
    this.resizing.observe(this.frame);
    this.resizing.observe(this.panels);
  }

  update(bytes) {
    const text = new TextDecoder().decode(bytes);
    if (text !== this.text) {
      this.text = text;
      this.data = JSON.parse(text);
      this.range = rangeOf(this.data.points);
    }
    const { words, snapshots } = this.data;
    this.frame.hidden = this.panels.hidden = !snapshots.length;
    this.open.textContent = words.open;
    this.#label();
    this.#draw();
  }

  unmount() {
    this.#stop();
    this.stop();
    this.panels.remove();
    this.resizing.disconnect();
    tellRecorded(null);
    this.frame.remove();
  }

  get #index() {
    const last = this.data.snapshots.length - 1;
    return this.at === null ? last : Math.min(this.at, last);
  }

  #choose(at) {
    this.at = at === this.data.snapshots.length - 1 ? null : at;
    this.#draw();
  }

  #toggle() {
    if (this.timer) return this.#stop();
    if (this.#index === this.data.snapshots.length - 1) this.at = 0;
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.timer = setInterval(() => {
      if (this.#index >= this.data.snapshots.length - 1) return this.#stop();
      this.at = this.#index + 1;
      this.#draw();
    }, still ? PLAY_MS * 5 : PLAY_MS);
    this.#label();
  }

  #stop() {
    clearInterval(this.timer);
    this.timer = null;
    this.#label();
  }

  #label() {
    if (this.data) this.play.textContent = this.timer ? this.data.words.pause : this.data.words.play;
  }

  #ask() {
    this.port.trigger("open", this.data.snapshots[this.#index].step);
  }

  #draw() {
    if (!this.data?.snapshots.length) return;
    const { data } = this;
    const at = this.#index;
    const snapshot = data.snapshots[at];
    const point = data.points[at];
    const rate = point ? fill(data.words.rate, { rate: format(point.learning_rate ?? 0, 4) }) : "";
    this.label.textContent = `${fill(data.words.step, { step: snapshot.step })}${rate ? `  ·  ${rate}` : ""}`;
    this.scrubber.draw(data, at);
    this.said.draw(data, snapshot, at);
    this.layers.draw(data, snapshot, point, at);
    tellRecorded(this.#recorded(snapshot, point));
  }

  // What the graph beside the replay is coloured by.
  #recorded({ step, graph }, point) {
    const { full, start, snapshots } = this.data;
    if (full === null) return null;
    const other = snapshots.find((snapshot) => snapshot.step === full)?.graph;
    const values = Object.fromEntries(start.parameters.map((name, at) => [name, point?.layer_norms?.[at] ?? null]));
    return { step, full, same: graph && other ? graph === other : null, values, ...this.range };
  }
}

// The least and the largest norm of a parameter's gradient over all steps that can be looked at.
function rangeOf(points) {
  const norms = points.flatMap((point) => point?.layer_norms ?? []).filter((norm) => Number.isFinite(norm) && norm > 0);
  return { low: norms.reduce((a, b) => Math.min(a, b), Infinity), high: norms.reduce((a, b) => Math.max(a, b), 0) };
}
