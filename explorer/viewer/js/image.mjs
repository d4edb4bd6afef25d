// What is in sight as a PNG of its own, `scale` pixels for each px of the window: the same drawing, by a camera that stands nearer.
import { Camera } from "./camera.mjs";
import { draw } from "./draw.mjs";

export function image(view, scale) {
  const { camera } = view;
  const times = scale / (window.devicePixelRatio || 1); // draw() multiplies by the latter itself
  const nearer = Object.assign(new Camera(), camera, { width: camera.width * times, height: camera.height * times, x: camera.x * times, y: camera.y * times, k: camera.k * times });
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(camera.width * scale);
  canvas.height = Math.round(camera.height * scale);
  draw(canvas.getContext("2d", { alpha: false }), Object.create(view, { camera: { value: nearer } }));
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}
