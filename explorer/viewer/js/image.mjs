// The drawing as a PNG of its own, with all that the screen shows of it: the same code draws it, by a camera that stands nearer.
import { Camera } from "./camera.mjs";
import { draw } from "./draw.mjs";
import { FarPictures } from "./far.mjs";

// Pixels of one side and in all that browsers draw; scale below which a 12 px text cannot be read.
const LONGEST = 16384;
const MOST = 48_000_000;
const LEAST = 0.5;

// A promise of a PNG, `scale` pixels for each px, fewer where they would be too many: of what is in sight, in px of the window, or of the `whole`
// drawing, in its own. Null where that would not be readable.
export function image(view, scale, whole) {
  const { scene } = view;
  const camera = whole ? Object.assign(new Camera(), { width: Math.ceil(scene.width), height: Math.ceil(scene.height) }) : view.camera;
  const { width, height } = camera;
  const fitting = Math.min(scale, LONGEST / width, LONGEST / height, Math.sqrt(MOST / (width * height)));
  if (fitting < LEAST) return null;
  const times = fitting / (window.devicePixelRatio || 1); // draw() multiplies by the latter itself
  const nearer = Object.assign(new Camera(), { x: camera.x * times, y: camera.y * times, k: camera.k * times, width: width * times, height: height * times });
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(width * fitting);
  canvas.height = Math.round(height * fitting);
  draw(canvas.getContext("2d", { alpha: false }), Object.create(view, { camera: { value: nearer }, moving: { value: false }, far: { value: new FarPictures() } }));
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}
