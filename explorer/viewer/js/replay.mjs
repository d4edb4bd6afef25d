// The replay of a training run: the loss curve is the slider; below it what the model said at that step, and how its layers were.
//
// Data from Python (replay.py), JSON as bytes: {words, start, outputs, curve, path, points, snapshots, surface}. Until a person moves it
// the slider stays at the newest step. Everything that came from a run is drawn as text.
import { element, fill } from "./dom.mjs";
import { format } from "./numbers.mjs";
import { Layers } from "./replay_layers.mjs";
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
      this.scrubber.root,
      element("div", { class: "panels" }, this.said.root, this.layers.root));
    root.append(this.frame);
    this.resizing = new ResizeObserver(() => this.#draw());
    this.resizing.observe(this.frame);
  }

  update(bytes) {
    const text = new TextDecoder().decode(bytes);
    if (text !== this.text) {
      this.text = text;
      this.data = JSON.parse(text);
    }
    const { words, snapshots } = this.data;
    this.frame.hidden = !snapshots.length;
    this.open.textContent = words.open;
    this.#label();
    this.#draw();
  }

  unmount() {
    this.#stop();
    this.resizing.disconnect();
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
  }
}
