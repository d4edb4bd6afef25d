// What the screen shows of a drawing beside its places, for a file that somebody else writes: the colour of every box and what it means, and the
// lower lines of the forward view and of the overlay. `explorer.export.dress.Dress` is the reader.
import { linesOf } from "./faces.mjs";
import { inkOn, shade, stepOf } from "./scales.mjs";

// Boxes from which it would be too long to send; characters of a line.
const MOST = 20_000;
const LONGEST = 240;

// Null where the drawing looks as it does by itself.
export function dress(view) {
  const { scene, overlay, settings } = view;
  if (scene.count > MOST || (!overlay && settings.view !== "forward")) return null;
  const boxes = Array.from({ length: scene.count }, (_, box) => box);
  const palette = new Palette(view.theme);
  return {
    boxes: overlay ? boxes.map((box) => palette.place(overlay.fill(overlay.look(box), view.theme))) : [],
    legend: overlay ? legend(overlay, view, palette) : [],
    lines: boxes.map((box) => lowerLine(view, box).slice(0, LONGEST)),
    palette: palette.colours,
  };
}

// The number of an overlay stands where the screen has it from near.
function lowerLine(view, box) {
  const [, below, between] = linesOf(view, box);
  return (below && between === null && view.overlay?.text(box)) || below;
}

// The same as the legend on the screen, with a colour at each tick in place of the bar.
function legend(overlay, { scene: { words }, theme }, palette) {
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

class Palette {
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
