// What the screen shows of a drawing beside its places, for a file that somebody else writes: the colour of every box and what it means, the
// lower lines of the forward view and of the overlay, and what stands between the halves of both. `explorer.export.dress.Dress` is the reader.
import { linesOf } from "./faces.mjs";
import { overlay as overlayOf } from "./overlays.mjs";
import { inkOn, shade, stepOf } from "./scales.mjs";

// Boxes from which it would be too long to send; characters of a line.
const MOST = 20_000;
const LONGEST = 240;

// Null where the drawing looks as it does by itself. `everything`: for the drawing with all open, by node of the graph.
export function dress(view, everything = false) {
  const { overlay, settings } = view;
  const shown = everything ? nodesOf(view) : view;
  if (shown.scene.count > MOST || (!overlay && settings.view === "backward")) return null;
  const boxes = Array.from({ length: shown.scene.count }, (_, box) => box);
  const palette = new Palette(view.theme);
  const lines = boxes.map((box) => written(shown, box).map((text) => text.slice(0, LONGEST)));
  return {
    boxes: overlay ? boxes.map((box) => palette.place(shown.overlay.fill(shown.overlay.look(box), view.theme))) : [],
    legend: legend(shown, palette),
    lines: lines.map(([line]) => line),
    between: settings.view === "both" ? lines.map(([, between]) => between) : [],
    by_node: everything,
    palette: palette.colours,
  };
}

// The view as it would be with a box for each node, for what does not depend on places.
function nodesOf(view) {
  const { scene, settings, theme } = view;
  const { subjects } = scene;
  const each = Object.create(scene, {
    count: { value: subjects.nodes },
    subjects: { value: Object.create(subjects, { of: { value: (node) => [node] } }) },
    node: { value: (node) => node },
    kind: { value: (node) => subjects.kind(node) },
    title: { value: () => "" },
    subtitle: { value: () => " " }, // whoever draws it knows it
  });
  return { scene: each, settings, theme, overlay: overlayOf(settings.overlay, each) };
}

// The lower line of a box, and what stands between its halves. The number of an overlay is where the screen has it from near.
function written(view, box) {
  const [, below, between] = linesOf(view, box);
  const value = view.overlay?.text(box) ?? "";
  return between === null ? [((below && value) || below).trim(), ""] : [below.trim(), value || between];
}

// The same as the legend on the screen, with a colour at each tick in place of the bar; nothing without an overlay.
export function legend({ overlay, scene: { words }, theme }, palette) {
  if (!overlay) return [];
  const { scale, classes } = overlay;
  const numbers = scale ? scale.ticks.map(({ number, at }) => [palette.place(shade(stepOf(at))), overlay.write(number)]) : [];
  const listed = classes ? overlay.listed[0].map(({ name, letter, color }) => [palette.place(color ?? theme.operation.fill), `${letter} ${name}`.trim().slice(0, LONGEST)]) : [];
  return [
    [0, words[`overlay.${overlay.name}`] + (scale?.log ? ` (${words["overlay.log"]})` : "")],
    ...numbers,
    ...listed,
    ...(overlay.odd ? [[palette.place(theme.alarm), words["overlay.not_finite"]]] : []),
    ...(overlay.missing ? [[palette.place(null), words["overlay.none"]]] : []),
  ];
}

export class Palette {
  constructor(theme) {
    this.none = theme["frame-edge"]; // in the place of the hatch
    this.colours = [];
    this.places = new Map();
    this.brush = document.createElement("canvas").getContext("2d");
  }

  // One more than where the colour stands, as written by the browser: #rrggbb.
  place(colour) {
    const key = colour ?? this.none;
    if (!this.places.has(key)) {
      this.brush.fillStyle = key;
      const fill = this.brush.fillStyle.startsWith("#") ? this.brush.fillStyle : "#888888";
      this.colours.push([fill, inkOn(fill)]);
      this.places.set(key, this.colours.length);
    }
    return this.places.get(key);
  }
}
