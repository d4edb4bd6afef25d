// The loss curve as a slider: drag or click on it, or use the arrow keys. It moves from one watched step to the next.
import { element, fill } from "./dom.mjs";
import { format } from "./numbers.mjs";
import { Surface } from "./replay_canvas.mjs";

const HEIGHT = 84;
const [LEFT, RIGHT, TOP, BOTTOM] = [8, 8, 8, 18];

export class Scrubber {
  constructor(chosen) {
    this.chosen = chosen;
    this.surface = new Surface(HEIGHT);
    this.root = element("div", { class: "scrubber", role: "slider", tabindex: "0", "aria-valuemin": "0" }, this.surface.canvas);
    this.root.addEventListener("pointerdown", (event) => {
      this.root.setPointerCapture(event.pointerId);
      this.#point(event);
    });
    this.root.addEventListener("pointermove", (event) => event.buttons && this.#point(event));
    this.root.addEventListener("keydown", (event) => this.#key(event));
  }

  draw(data, at) {
    this.data = data;
    this.at = at;
    const { snapshots, words } = data;
    const { step, train, validation } = snapshots[at];
    this.root.setAttribute("aria-label", words.slider);
    this.root.setAttribute("aria-valuemax", String(snapshots.length - 1));
    this.root.setAttribute("aria-valuenow", String(at));
    this.root.setAttribute("aria-valuetext", fill(words.step, { step }));
    const { context, width, colors } = this.surface.begin();
    this.#place(width);
    const y = this.#scale();
    this.#line(context, data.curve.map(([at_, loss]) => [at_, loss]), y, colors.faint, []);
    this.#line(context, snapshots.map((one) => [one.step, number(one.train?.loss)]), y, colors.accent, []);
    this.#line(context, snapshots.map((one) => [one.step, number(one.validation?.loss)]), y, colors.second, [4, 3]);
    const x = this.#x(step);
    context.strokeStyle = colors.ink;
    context.lineWidth = 1.5;
    context.beginPath();
    context.moveTo(x, TOP - 4);
    context.lineTo(x, HEIGHT - BOTTOM + 4);
    context.stroke();
    context.fillStyle = colors.muted;
    context.font = `12px ${colors.mono}`;
    const text = [`${words.train} ${format(train?.loss, 4)}`, validation ? `${words.validation} ${format(validation.loss, 4)}` : ""].filter(Boolean).join("   ");
    context.textAlign = x < width / 2 ? "right" : "left";
    context.fillText(text, x < width / 2 ? width - RIGHT : LEFT, HEIGHT - 4);
  }

  #place(width) {
    const steps = this.data.snapshots.map((one) => one.step);
    const last = Math.max(this.data.curve.at(-1)?.[0] ?? 1, steps.at(-1), 2);
    this.#x = (step) => LEFT + ((step - 1) / (last - 1)) * (width - LEFT - RIGHT);
  }

  #x = () => 0;

  #scale() {
    const losses = [...this.data.curve.map(([, loss]) => loss), ...this.data.snapshots.flatMap((one) => [number(one.train?.loss), number(one.validation?.loss)])].filter(Number.isFinite);
    const [low, high] = [Math.min(0, ...losses), Math.max(...losses, 1e-12)];
    return (loss) => TOP + (1 - (loss - low) / (high - low || 1)) * (HEIGHT - TOP - BOTTOM);
  }

  #line(context, places, y, color, dash) {
    context.strokeStyle = color;
    context.lineWidth = 1.4;
    context.setLineDash(dash);
    context.beginPath();
    let open = false;
    for (const [step, loss] of places) {
      if (!Number.isFinite(loss)) open = false;
      else if (open) context.lineTo(this.#x(step), y(loss));
      else {
        context.moveTo(this.#x(step), y(loss));
        open = true;
      }
    }
    context.stroke();
    context.setLineDash([]);
  }

  #point(event) {
    const x = event.clientX - this.root.getBoundingClientRect().left;
    const away = this.data.snapshots.map((one) => Math.abs(this.#x(one.step) - x));
    this.chosen(away.indexOf(Math.min(...away)));
  }

  #key(event) {
    const last = this.data.snapshots.length - 1;
    const to = { ArrowRight: this.at + 1, ArrowUp: this.at + 1, ArrowLeft: this.at - 1, ArrowDown: this.at - 1, PageUp: this.at + 10, PageDown: this.at - 10, Home: 0, End: last }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    this.chosen(Math.max(0, Math.min(last, to)));
  }
}

export const number = (value) => (typeof value === "number" ? value : NaN);
