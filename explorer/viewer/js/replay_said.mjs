// What the model said at a step: the plane, a curve, a confusion matrix, pairs, or a text; and the landscape of a model of two numbers.
import { element, fill } from "./dom.mjs";
import { format, percent } from "./numbers.mjs";
import { HUES, Surface, bytes, diverging, floats, ints, sign } from "./replay_canvas.mjs";
import { number } from "./replay_scrubber.mjs";

const SIDE = 340;

export class Said {
  constructor() {
    this.surface = new Surface(SIDE, true);
    this.landscape = new Surface(SIDE, true);
    this.title = element("h3", {});
    this.score = element("p", { class: "score" });
    this.text = element("p", { class: "written" });
    this.table = element("div", { class: "matrix" });
    this.picture = element("div", { class: "picture", role: "img" }, this.surface.canvas);
    this.ground = element("div", { class: "picture", role: "img" }, this.landscape.canvas);
    this.axes = element("p", { class: "score" });
    this.note = element("p", { class: "note" });
    this.root = element("section", { class: "said" }, this.title, this.score, this.picture, this.text, this.table, this.axes, this.ground, this.note);
  }

  draw(data, snapshot, at) {
    const { words, start } = data;
    const said = snapshot.predictions;
    this.title.textContent = words[said ? `said.${said.form}` : "said.none"];
    this.score.textContent = this.#score(words, start, snapshot);
    this.picture.hidden = !said || !["grid", "curve", "pairs"].includes(said.form);
    this.text.hidden = said?.form !== "text";
    this.table.hidden = said?.form !== "confusion";
    this.ground.hidden = this.axes.hidden = !data.surface;
    this.note.textContent = said?.form === "grid" && data.outputs > 1 ? words.grid : "";
    this.note.hidden = !this.note.textContent;
    if (said?.form === "grid") this.#grid(data, said);
    if (said?.form === "curve") this.#curve(data, said);
    if (said?.form === "pairs") this.#pairs(data, said);
    if (said?.form === "text") this.text.textContent = said.text;
    if (said?.form === "confusion") this.#confusion(words, said);
    if (data.surface) this.#surface(data, snapshot, at);
  }

  #score(words, start, { train, validation }) {
    const classes = (start.kind ?? "classes") === "classes";
    const shown = (value) => (value === undefined || value === null ? "–" : classes ? percent(number(value)) : format(value, 4));
    const name = words[classes ? "accuracy" : "r2"];
    return `${name}: ${words.train} ${shown(train?.metric)}${validation ? `   ${words.validation} ${shown(validation.metric)}` : ""}`;
  }

  #frame({ low, high }) {
    const { context, width, height, colors } = this.surface.begin();
    const x = (value) => ((value - low[0]) / (high[0] - low[0])) * width;
    const y = (value) => (1 - (value - low[1]) / (high[1] - low[1])) * height;
    return { context, width, height, colors, x, y, dark: isDark(colors.paper) };
  }

  #grid({ start, outputs }, said) {
    const { context, width, height, colors, x, y, dark } = this.#frame(said);
    const values = outputs > 1 ? bytes(said.values) : floats(said.values);
    const certain = bytes(said.certain);
    const image = new ImageData(said.width, said.height);
    const most = outputs > 1 ? 1 : Math.max(1e-9, ...Array.from(values, Math.abs).filter(Number.isFinite));
    for (let row = 0; row < said.height; row++) {
      for (let column = 0; column < said.width; column++) {
        const from = row * said.width + column;
        const to = ((said.height - 1 - row) * said.width + column) * 4;
        const color = outputs > 1 ? tinted(HUES[values[from] % HUES.length], (certain[from] / 255 - 1 / outputs) / (1 - 1 / outputs), dark) : diverging(values[from] / most, dark);
        image.data.set([...color, 255], to);
      }
    }
    const tile = new OffscreenCanvas(said.width, said.height);
    tile.getContext("2d").putImageData(image, 0, 0);
    context.imageSmoothingEnabled = true;
    context.drawImage(tile, 0, 0, width, height);
    const rows = floats(start.inputs);
    const targets = floats(start.targets);
    context.lineWidth = 1;
    for (let at = 0; at < targets.length; at++) {
      const kind = outputs > 1 ? targets[at] : 0;
      context.fillStyle = outputs > 1 ? HUES[kind % HUES.length] : `rgb(${diverging(targets[at] / most, dark)})`;
      context.strokeStyle = colors.paper;
      sign(context, kind, x(rows[2 * at]), y(rows[2 * at + 1]), 3);
      context.fill();
      context.stroke();
    }
  }

  #curve({ start }, said) {
    const rows = floats(start.inputs);
    const targets = floats(start.targets);
    const values = floats(said.values);
    const finite = [...targets, ...values].filter(Number.isFinite);
    const ends = { low: [said.low[0], Math.min(...finite)], high: [said.high[0], Math.max(...finite)] };
    const room = (ends.high[1] - ends.low[1] || 1) * 0.06;
    ends.low[1] -= room;
    ends.high[1] += room;
    const { context, colors, x, y } = this.#frame(ends);
    context.fillStyle = colors.faint;
    for (let at = 0; at < targets.length; at++) {
      sign(context, 0, x(rows[at]), y(targets[at]), 2.5);
      context.fill();
    }
    context.strokeStyle = colors.accent;
    context.lineWidth = 2;
    context.beginPath();
    values.forEach((value, at) => context.lineTo(x(said.low[0] + (at / (values.length - 1)) * (said.high[0] - said.low[0])), y(value)));
    context.stroke();
  }

  #pairs(_data, said) {
    const values = floats(said.values);
    const finite = [...values].filter(Number.isFinite);
    const [low, high] = [Math.min(...finite), Math.max(...finite)];
    const { context, width, height, colors, x, y } = this.#frame({ low: [low, low], high: [high, high] });
    context.strokeStyle = colors.faint;
    context.beginPath();
    context.moveTo(0, height);
    context.lineTo(width, 0);
    context.stroke();
    context.fillStyle = colors.accent;
    for (let at = 0; at < values.length; at += 2) {
      sign(context, 0, x(values[at]), y(values[at + 1]), 2.5);
      context.fill();
    }
  }

  #confusion(words, { width, values }) {
    const cells = ints(values);
    const most = Math.max(1, ...cells);
    const head = element("tr", {}, element("th", { scope: "col" }, words.truth), Array.from({ length: width }, (_, at) => element("th", { scope: "col" }, String(at))));
    const body = Array.from({ length: width }, (_, row) => element("tr", {}, element("th", { scope: "row" }, String(row)), Array.from({ length: width }, (__, column) => {
      const count = cells[row * width + column];
      return element("td", { class: row === column ? "hit" : null, style: `--part: ${Math.round((count / most) * 100)}%` }, count ? String(count) : "");
    })));
    this.table.replaceChildren(element("table", {}, element("thead", {}, head), element("tbody", {}, body)));
  }

  #surface({ surface, path, snapshots, words }, snapshot, at) {
    const { context, width, height, colors } = this.landscape.begin();
    const { low, high, losses, names } = surface;
    const values = Array.from(floats(losses), (value) => Math.log10(Math.max(value, 1e-9)));
    const finite = values.filter(Number.isFinite);
    const [least, most] = [Math.min(...finite), Math.max(...finite)];
    const [columns, rows] = [surface.width, surface.height];
    const levels = 12;
    const dark = isDark(colors.paper);
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const level = Math.floor(((values[row * columns + column] - least) / (most - least || 1)) * levels) / levels;
        context.fillStyle = `rgb(${diverging(-(1 - level) * 0.9, dark)})`;
        context.fillRect((column / columns) * width, (1 - (row + 1) / rows) * height, width / columns + 1, height / rows + 1);
      }
    }
    const x = (value) => ((value - low[0]) / (high[0] - low[0])) * width;
    const y = (value) => (1 - (value - low[1]) / (high[1] - low[1])) * height;
    const walked = path.slice(0, Math.max(1, Math.round((path.length * (at + 1)) / snapshots.length)));
    context.strokeStyle = colors.ink;
    context.lineWidth = 1.5;
    context.beginPath();
    for (const [first, second] of walked) context.lineTo(x(first), y(second));
    context.stroke();
    const [first, second] = walked.at(-1);
    context.fillStyle = colors.second;
    sign(context, 0, x(first), y(second), 5);
    context.fill();
    this.axes.textContent = fill(words.landscape, { first: names[0], second: names[1] });
    this.ground.setAttribute("aria-label", this.axes.textContent);
  }
}

function tinted(hue, part, dark) {
  const channels = [1, 3, 5].map((at) => parseInt(hue.slice(at, at + 2), 16));
  const from = dark ? 24 : 255;
  return channels.map((channel) => Math.round(from + (channel - from) * (0.12 + 0.5 * Math.max(0, part))));
}

function isDark(color) {
  const context = new OffscreenCanvas(1, 1).getContext("2d");
  context.fillStyle = color;
  context.fillRect(0, 0, 1, 1);
  const [red, green, blue] = context.getImageData(0, 0, 1, 1).data;
  return red + green + blue < 384;
}
