// Draws the frames of open modules: one path a depth, since frames of one depth never overlap.
import { useFont } from "./text.mjs";

// Scale below which frames have no title; px of a side below which a frame is not drawn, and below which its corners are not round.
const TITLES = 0.2;
const SMALLEST = 3;
const ROUND = 24;

export const TITLE_STRIP = 22;

export function drawFrames(context, view, { seen, origin: [ox, oy] }) {
  const { scene, bins, camera, theme, motion, selection, hover } = view;
  const { frame_x: xs, frame_y: ys, frame_width: ws, frame_height: hs, frame_depth: depths } = scene.columns;
  const large = bins.framesIn(...seen, SMALLEST / camera.k).filter((frame) => Math.min(ws[frame], hs[frame]) * camera.k >= SMALLEST);
  const outline = (path, frame) => {
    const [x, y, w, h] = [xs[frame] - ws[frame] / 2 - ox, ys[frame] - hs[frame] / 2 - oy, ws[frame], hs[frame]];
    if (Math.min(w, h) * camera.k >= ROUND) path.roundRect(x, y, w, h, 10);
    else path.rect(x, y, w, h);
  };
  const paths = [];
  for (const frame of large) outline((paths[depths[frame]] ??= new Path2D()), frame);
  context.globalAlpha = motion.arrived;
  context.fillStyle = theme["frame-fill"];
  context.strokeStyle = theme["frame-edge"];
  context.lineWidth = Math.max(1, 0.5 / camera.k);
  for (const path of paths.filter(Boolean)) {
    context.fill(path);
    context.stroke(path);
  }
  const { overlay } = view;
  for (const frame of overlay?.frames ? large : []) {
    const colour = overlay.fill(overlay.frames[frame], theme);
    if (colour === null) continue;
    const path = new Path2D();
    outline(path, frame);
    context.strokeStyle = colour;
    context.lineWidth = Math.max(3, 1.5 / camera.k);
    context.stroke(path);
  }
  for (const frame of large) {
    if (selection.frame !== frame && hover.frame !== frame) continue;
    const path = new Path2D();
    outline(path, frame);
    context.strokeStyle = theme.accent;
    context.lineWidth = selection.frame === frame ? 2 : Math.max(1, 0.5 / camera.k);
    context.stroke(path);
  }
  if (camera.k >= TITLES) drawTitles(context, view, large, ox, oy);
  context.globalAlpha = 1;
}

function drawTitles(context, { scene, theme, selection, hover }, frames, ox, oy) {
  const { frame_x: xs, frame_y: ys, frame_width: ws, frame_height: hs } = scene.columns;
  const fitter = useFont(context, `500 11px ${theme.mono}`);
  context.textAlign = "left";
  context.textBaseline = "middle";
  context.lineWidth = 1.2;
  for (const frame of frames) {
    const [x, y] = [xs[frame] - ws[frame] / 2 - ox, ys[frame] - hs[frame] / 2 - oy + TITLE_STRIP / 2];
    context.fillStyle = context.strokeStyle = selection.frame === frame || hover.frame === frame ? theme.accent : theme.muted;
    context.beginPath();
    context.moveTo(x + 9, y);
    context.lineTo(x + 16, y);
    context.stroke();
    context.fillText(fitter.fit(context, scene.text("frame_title", frame), ws[frame] - 30), x + 21, y + 0.5);
  }
}
