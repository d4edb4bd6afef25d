// The drawing as a PNG of its own, with all that the screen shows of it: the same code draws it, by a camera that stands nearer.
import { Camera } from "./camera.mjs";
import { draw } from "./draw.mjs";
import { legend, Palette } from "./dress.mjs";
import { FarPictures } from "./far.mjs";

// Pixels of one side and in all that browsers draw; scale below which a 12 px text cannot be read.
const LONGEST = 16384;
const MOST = 48_000_000;
const LEAST = 0.5;

// Px of the legend below it: of a colour, around it, from one row to the next.
const SWATCH = 22;
const GAP = 8;
const ROW = 26;

// A promise of a PNG, `scale` pixels for each px, fewer where they would be too many: of what is in sight, in px of the window, or of the `whole`
// drawing, in its own. Null where that would not be readable.
export function image(view, scale, whole) {
  const { scene } = view;
  const camera = whole ? Object.assign(new Camera(), { width: Math.ceil(scene.width), height: Math.ceil(scene.height) }) : view.camera;
  const { width, height } = camera;
  const rows = legendOf(view, width);
  const high = height + rows.height;
  const fitting = Math.min(scale, LONGEST / width, LONGEST / high, Math.sqrt(MOST / (width * high)));
  if (fitting < LEAST) return null;
  const times = fitting / (window.devicePixelRatio || 1); // draw() multiplies by the latter itself
  const nearer = Object.assign(new Camera(), { x: camera.x * times, y: camera.y * times, k: camera.k * times, width: width * times, height: height * times });
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(width * fitting);
  canvas.height = Math.round(high * fitting);
  const context = canvas.getContext("2d", { alpha: false });
  draw(context, Object.create(view, { camera: { value: nearer }, moving: { value: false }, far: { value: new FarPictures() } }));
  context.setTransform(fitting, 0, 0, fitting, 0, height * fitting);
  rows.paint(context);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}

// What the colours of an overlay mean, in rows below the drawing: as in the files that Python writes.
function legendOf(view, width) {
  const { theme } = view;
  const palette = new Palette(theme);
  const font = `500 11px ${theme.mono}`;
  const measure = document.createElement("canvas").getContext("2d");
  measure.font = font;
  let [x, y] = [GAP, GAP];
  const entries = legend(view, palette).map(([place, text]) => {
    const wide = (place ? SWATCH + GAP : 0) + measure.measureText(text).width;
    if (x > GAP && x + wide > width) [x, y] = [GAP, y + ROW];
    const entry = { x, y, fill: place ? palette.colours[place - 1][0] : null, text };
    x += wide + 2 * GAP;
    return entry;
  });
  const height = entries.length ? y + ROW : 0;
  const paint = (context) => {
    context.fillStyle = theme.paper;
    context.fillRect(0, 0, width, height);
    context.font = font;
    context.textAlign = "left";
    context.textBaseline = "middle";
    for (const { x: left, y: top, fill, text } of entries) {
      if (fill) {
        context.fillStyle = fill;
        context.fillRect(left, top - 1, SWATCH, 14);
      }
      context.fillStyle = theme.muted;
      context.fillText(text, left + (fill ? SWATCH + GAP : 0), top + 6);
    }
  };
  return { height, paint };
}
