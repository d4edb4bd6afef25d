// What the shapes mean: the kinds that this drawing holds, each drawn by the same code as the boxes themselves.
import { element } from "./dom.mjs";
import { setFace, writeLabel } from "./labels.mjs";
import { HIGHER, paintSign, SIGNS } from "./marks.mjs";
import { HUES, inkOn } from "./scales.mjs";
import { paint } from "./shapes.mjs";

const WIDTH = 30;
const HEIGHT = 16;
// What is there only where the reader asked for it.
const EXTRAS = [
  { when: ({ view }) => view === "both", paint: (context, theme) => paintArrow(context, { ...theme, wire: theme.accent }, true), word: "legend.return" },
  { when: ({ view }) => view === "both", paint: paintKept, word: "legend.kept" },
  { when: ({ widths }) => widths, paint: paintBand, word: "legend.width" },
  { when: ({ storages }) => storages, paint: paintTag, word: "legend.tag" },
];
const LABELS = [
  { column: "label_gradient", sample: "↑ 4", word: "legend.gradient" },
  { column: "label_count", sample: "×2", word: "legend.count" },
];

export class Legend {
  constructor() {
    this.list = element("ul", {});
    this.button = element("button", { type: "button", "aria-expanded": "true", onclick: () => this.fold(!this.list.hidden) });
    this.root = element("div", { class: "legend" }, this.button, this.list);
  }

  fold(folded) {
    this.list.hidden = folded;
    this.button.setAttribute("aria-expanded", String(!this.list.hidden));
  }

  show(scene, theme, settings) {
    const { words } = scene;
    const kinds = scene.header.kinds.filter((kind) => scene.columns.box_kind.includes(scene.header.kinds.indexOf(kind)));
    const name = (kind) => (kind === "module" ? words["legend.module"] : words[`kind.${kind}`]);
    this.button.textContent = words.legend;
    this.list.replaceChildren(
      ...kinds.map((kind) => element("li", {}, swatch((context) => paintSmall(context, kind, theme)), name(kind))),
      ...(scene.frames ? [element("li", {}, swatch((context) => paintFrame(context, theme)), words["legend.frame"])] : []),
      element("li", {}, swatch((context) => paintArrow(context, theme)), words[settings.view === "both" ? "legend.data" : "legend.arrow"]),
      ...EXTRAS.filter(({ when }) => when(settings)).map(({ paint: draw, word }) => element("li", {}, swatch((context) => draw(context, theme)), words[word])),
      ...LABELS.filter(({ column }) => scene.columns[column].some(Boolean)).map(({ sample, word }) =>
        element("li", {}, swatch((context) => paintLabel(context, sample, theme)), words[word])),
      ...markEntries(scene, theme),
    );
  }
}

// The signs and the tone that some box of this drawing bears.
function markEntries({ columns, words }, theme) {
  const all = columns.box_marks.reduce((bits, marks) => bits | marks, 0);
  const signs = SIGNS.filter(({ bit }) => all & bit).map((sign) => element("li", {}, swatch((context) => paintSign(context, sign, WIDTH / 2, HEIGHT / 2, theme)), words[`mark.${sign.name}`]));
  const higher = all & HIGHER ? [element("li", {}, swatch((context) => paintSmall(context, "second", theme)), words["mark.second"])] : [];
  return [...higher, ...signs];
}

function swatch(draw) {
  const ratio = window.devicePixelRatio || 1;
  const canvas = element("canvas", { width: WIDTH * ratio, height: HEIGHT * ratio, "aria-hidden": "true" });
  const context = canvas.getContext("2d");
  context.scale(ratio, ratio);
  draw(context);
  return canvas;
}

// A box at half its size, so that corners and dashes keep their proportions.
function paintSmall(context, kind, theme) {
  context.scale(0.5, 0.5);
  paint(context, kind, WIDTH - 3, HEIGHT - 3, 46, 22, theme);
}

function paintFrame(context, theme) {
  context.beginPath();
  context.roundRect(2, 1, WIDTH - 5, HEIGHT - 3, 4);
  context.fillStyle = theme["frame-fill"];
  context.strokeStyle = theme["frame-edge"];
  context.fill();
  context.stroke();
}

function paintArrow(context, theme, upwards = false) {
  if (upwards) context.transform(1, 0, 0, -1, 0, HEIGHT);
  context.strokeStyle = context.fillStyle = theme.wire;
  context.lineWidth = 1.2;
  context.beginPath();
  context.moveTo(14, 0);
  context.lineTo(14, 11);
  context.stroke();
  context.beginPath();
  context.moveTo(14, 15);
  context.lineTo(10.5, 9);
  context.lineTo(17.5, 9);
  context.fill();
}

function paintKept(context, theme) {
  context.fillStyle = theme.saved.fill;
  context.strokeStyle = theme.saved.edge;
  context.setLineDash([3, 2]);
  context.beginPath();
  context.roundRect(3, 3, WIDTH - 7, HEIGHT - 6, 3);
  context.fill();
  context.stroke();
}

function paintBand(context, theme) {
  context.globalAlpha = 0.3;
  context.fillStyle = theme.accent;
  context.beginPath();
  context.moveTo(2, HEIGHT / 2);
  context.lineTo(WIDTH - 4, 1);
  context.lineTo(WIDTH - 4, HEIGHT - 1);
  context.fill();
}

function paintTag(context) {
  context.fillStyle = HUES[0];
  context.beginPath();
  context.roundRect(8, 1, 14, 14, 3);
  context.fill();
  context.fillStyle = inkOn(HUES[0]);
  context.font = "700 10px monospace";
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText("A", 15, 8.5);
}

function paintLabel(context, sample, theme) {
  setFace(context, theme);
  writeLabel(context, theme, sample, WIDTH / 2, HEIGHT / 2 + 0.5);
}
