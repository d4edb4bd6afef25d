// What the colours of an overlay mean: its name and unit, the scale with its ticks or the classes with their letters, what has no value, and
// what a folded module shows.
import { element, fill } from "./dom.mjs";
import { note } from "./recorded.mjs";
import { INK, traceBars } from "./patterns.mjs";
import { color, inkOn } from "./scales.mjs";
import { hatch } from "./tint.mjs";

const WIDTH = 200;
const HEIGHT = 10;

export class OverlayLegend {
  constructor() {
    this.root = element("div", { class: "scale-legend", hidden: true, role: "group" });
  }

  show(overlay, scene, theme) {
    this.root.hidden = !overlay;
    if (!overlay) return;
    const { words, columns } = scene;
    const [said, values] = note(overlay, scene) ?? [];
    const title = words[`overlay.${overlay.name}`];
    this.root.setAttribute("aria-label", title);
    this.root.replaceChildren(
      element("strong", {}, title),
      ...(overlay.classes ? classes(overlay, words, theme) : overlay.scale ? [scale(overlay, words)] : []),
      ...(overlay.odd ? [entry(theme.alarm, "", words["overlay.not_finite"])] : []),
      ...(overlay.missing ? [entry(null, "", words["overlay.none"], theme)] : []),
      ...(columns.box_inside.some(Boolean) ? [element("span", { class: "faint" }, words[`overlay.folded.${overlay.aggregate}`])] : []),
      ...(said ? [element("span", { class: "note" }, fill(words[said], values))] : []),
    );
  }
}

function scale({ scale: { ticks, log, low, high }, write }, words) {
  const bar = element("canvas", { width: WIDTH * 2, height: HEIGHT * 2, "aria-hidden": "true" });
  const context = bar.getContext("2d");
  for (let x = 0; x < WIDTH * 2; x++) {
    context.fillStyle = `rgb(${color(x / (WIDTH * 2 - 1)).join(",")})`;
    context.fillRect(x, 0, 1, HEIGHT * 2);
  }
  const marks = ticks.map(({ number, at }) => element("span", { style: `left: ${(at * 100).toFixed(2)}%` }, write(number)));
  const label = fill(words["overlay.range"], { low: write(low), high: write(high) });
  return element("span", { class: "scale", role: "img", "aria-label": log ? `${label}, ${words["overlay.log"]}` : label },
    bar, element("span", { class: "ticks", "aria-hidden": "true" }, marks), log ? element("span", { class: "faint" }, words["overlay.log"]) : null);
}

function classes(overlay, words, theme) {
  const [listed, more] = overlay.listed;
  return [...listed.map(({ name, letter, color: own, bars }) => entry(own ?? theme.operation.fill, letter, name, theme, bars)), ...(more ? [element("span", { class: "faint" }, fill(words["overlay.more"], { count: more }))] : [])];
}

// A swatch with the letter on it and, beside that, the bars that stand for it where boxes are small; without a colour the hatch of what has no value.
function entry(own, letter, name, theme = null, bars = null) {
  const wide = bars ? 36 : 20;
  const swatch = element("canvas", { width: wide * 2, height: 28, "aria-hidden": "true", class: "swatch", style: `width: ${wide}px` });
  const context = swatch.getContext("2d");
  context.scale(2, 2);
  context.fillStyle = own ?? hatch(context, theme);
  context.fillRect(0, 0, wide, 14);
  context.fillStyle = own ? inkOn(own.startsWith("#") || own.startsWith("rgb") ? own : "#888888") : "";
  context.font = "700 10px monospace";
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText(letter, 10, 7.5);
  if (bars) {
    const path = new Path2D();
    traceBars(path, bars, 28, 7, 16, 14);
    context.globalAlpha = INK;
    context.fill(path);
  }
  return element("span", { class: "entry" }, swatch, letter ? `${letter} ${name}` : name);
}
