// Draws what the camera sees of a scene on a canvas: frames, wires, boxes, text; less of each the smaller it gets.
import { traceArrow, traceWire } from "./curves.mjs";
import { linesOf, paintBetween, paintHalves } from "./faces.mjs";
import { drawBands, drawFlowing, drawReturns } from "./flows.mjs";
import { drawLabels } from "./labels.mjs";
import { look, paintMarks, paintPin } from "./marks.mjs";
import { SELF } from "./relations.mjs";
import { paint, trace } from "./shapes.mjs";
import { drawTags } from "./tags.mjs";
import { TextFitter } from "./text.mjs";
import { colorsOf, fillOf, inkOf, paintLetter } from "./tint.mjs";

// Scales below which a detail is left out.
const SHAPES = 0.3;
const TEXT = 0.42;
const ARROWS = 0.25;
const CURVES = 0.16;
const OUTLINES = 0.12;
const FRAME_TITLES = 0.2;
// Scale from which the number of an overlay stands in the box, in place of its second line.
const VALUES = 0.7;

const DIMMED = 0.36;
const fitter = new TextFitter();

// `view`: scene, bins, camera, theme, motion, settings {view, gradients, shapes, widths, storages}, overlay (or null), focus, tags, selection
// {boxes, frame, related}, hover {box, frame}, matches (a Set) and match (a box).
export function draw(context, view) {
  const { camera, theme } = view;
  const ratio = window.devicePixelRatio || 1;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.fillStyle = theme.paper;
  context.fillRect(0, 0, camera.width, camera.height);
  context.setTransform(ratio * camera.k, 0, 0, ratio * camera.k, ratio * camera.x, ratio * camera.y);
  const seen = camera.seen();
  const boxes = view.focus.boxes(view.bins.boxesIn(...seen));
  drawFrames(context, view, seen);
  const wires = view.focus.wires(view.bins.wiresIn(...seen));
  drawBands(context, view, wires);
  drawWires(context, view, wires);
  drawReturns(context, view, wires);
  drawBoxes(context, view, boxes);
  drawLabels(context, view, wires, DIMMED);
  drawFlowing(context, view, wires);
  drawRings(context, view);
  drawTags(context, view, boxes);
  return boxes.length;
}

function drawFrames(context, { scene, camera, theme, selection, hover, motion }, [left, top, right, bottom]) {
  const { frame_x: xs, frame_y: ys, frame_width: ws, frame_height: hs } = scene.columns;
  context.globalAlpha = motion.arrived;
  for (let frame = 0; frame < scene.frames; frame++) {
    const [x, y, w, h] = [xs[frame] - ws[frame] / 2, ys[frame] - hs[frame] / 2, ws[frame], hs[frame]];
    if (x > right || y > bottom || x + w < left || y + h < top) continue;
    const marked = selection.frame === frame || hover.frame === frame;
    context.beginPath();
    context.roundRect(x, y, w, h, 10);
    context.fillStyle = theme["frame-fill"];
    context.fill();
    context.strokeStyle = marked ? theme.accent : theme["frame-edge"];
    context.lineWidth = selection.frame === frame ? 2 : Math.max(1, 0.5 / camera.k);
    context.stroke();
    if (camera.k >= FRAME_TITLES) drawFrameTitle(context, theme, scene.text("frame_title", frame), x, y, w, marked);
  }
  context.globalAlpha = 1;
}

export const TITLE_STRIP = 22;

function drawFrameTitle(context, theme, title, x, y, w, marked) {
  context.font = `500 11px ${theme.mono}`;
  context.textAlign = "left";
  context.textBaseline = "middle";
  context.fillStyle = marked ? theme.accent : theme.muted;
  context.strokeStyle = context.fillStyle;
  context.lineWidth = 1.2;
  context.beginPath();
  context.moveTo(x + 9, y + TITLE_STRIP / 2);
  context.lineTo(x + 16, y + TITLE_STRIP / 2);
  context.stroke();
  context.fillText(fitter.fit(context, title, w - 30), x + 21, y + TITLE_STRIP / 2 + 0.5);
}

// All wires of one look go into one path: a path costs little, a stroke costs much.
function drawWires(context, { scene, camera, theme, selection, motion }, wires) {
  const marks = selection.related?.wires;
  const [plain, related] = [new Path2D(), new Path2D()];
  const [dashed, relatedDashed] = [new Path2D(), new Path2D()];
  const [heads, relatedHeads] = [new Path2D(), new Path2D()];
  const straight = camera.k < CURVES;
  const arrows = camera.k >= ARROWS;
  for (const wire of wires) {
    const marked = marks && marks[wire];
    const [one, other] = scene.kind(scene.wires.source[wire]) === "input" ? [dashed, relatedDashed] : [plain, related];
    traceWire(marked ? other : one, scene.wires, wire, straight);
    if (arrows) traceArrow(marked ? relatedHeads : heads, scene.wires, wire, 7);
  }
  const stroke = (path, dashes, tips, color, width, alpha) => {
    context.globalAlpha = alpha * motion.arrived;
    context.strokeStyle = context.fillStyle = color;
    context.lineWidth = Math.max(width, (0.55 * width) / camera.k);
    context.stroke(path);
    context.setLineDash([4, 3]);
    context.stroke(dashes);
    context.setLineDash([]);
    context.fill(tips);
  };
  stroke(plain, dashed, heads, theme.wire, 1.1, (camera.k < CURVES ? 0.6 : 1) * (marks ? DIMMED : 1));
  if (marks) stroke(related, relatedDashed, relatedHeads, theme.accent, 1.4, 0.75);
  context.globalAlpha = 1;
}

function drawBoxes(context, view, boxes) {
  const { scene, camera, theme, selection, motion } = view;
  const marks = selection.related?.boxes;
  const shapes = camera.k >= SHAPES;
  const bright = marks ? boxes.filter((box) => marks[box]) : boxes;
  const dim = marks ? boxes.filter((box) => !marks[box]) : [];
  for (const [group, alpha] of [[dim, DIMMED], [bright, 1]]) {
    if (!group.length) continue;
    context.globalAlpha = alpha;
    if (shapes) drawShapes(context, view, group, alpha);
    else drawBlocks(context, view, group);
  }
  context.globalAlpha = 1;
}

// Far away: one rectangle a box, one path a kind; where even an outline would not show, it is filled with the outline's colour.
function drawBlocks(context, view, boxes) {
  const { scene, camera, theme, motion, overlay } = view;
  const paths = new Map();
  for (const box of boxes) {
    const kind = overlay ? overlay.look(box) : look(scene.kind(box), scene.columns.box_marks[box]);
    if (!paths.has(kind)) paths.set(kind, new Path2D());
    paths.get(kind).rect(motion.x[box] - scene.w[box] / 2, motion.y[box] - scene.h[box] / 2, scene.w[box], scene.h[box]);
  }
  context.lineWidth = 2;
  for (const [kind, path] of paths) {
    const { edge, fill } = overlay ? { edge: theme.operation.edge, fill: fillOf(view, kind) } : theme[kind];
    context.fillStyle = camera.k < OUTLINES && !overlay ? edge : fill;
    context.strokeStyle = edge;
    context.fill(path);
    if (camera.k >= OUTLINES) context.stroke(path);
  }
}

function drawShapes(context, view, boxes, alpha) {
  const { scene, camera, theme, motion } = view;
  const named = camera.k >= TEXT;
  for (const box of boxes) {
    context.globalAlpha = alpha * motion.alpha(box);
    const [x, y, w, h] = [motion.x[box], motion.y[box], scene.w[box], scene.h[box]];
    const kind = scene.kind(box);
    if (alpha < 1) clear(context, theme, kind, x, y, w, h);
    const marks = scene.columns.box_marks[box];
    const looks = look(kind, marks);
    paint(context, looks, x, y, w, h, colorsOf(context, view, box, looks));
    paintHalves(context, view, box, x, y, w, h);
    if (!named) continue;
    drawText(context, view, box, kind, x, y, w, h);
    paintLetter(context, view, box, x, y, w);
    if (marks) paintMarks(context, marks, x, y, w, h, theme);
  }
}

// Wires must not shine through a box that is drawn faint.
function clear(context, theme, kind, x, y, w, h) {
  const alpha = context.globalAlpha;
  context.globalAlpha = 1;
  context.fillStyle = theme.paper;
  context.beginPath();
  trace(context, kind, x, y, w, h);
  context.fill();
  context.globalAlpha = alpha;
}

function drawText(context, view, box, kind, x, y, w, h) {
  const { theme, camera, overlay } = view;
  const [title, below, between] = linesOf(view, box);
  const value = overlay && camera.k >= VALUES ? overlay.text(box) : "";
  const subtitle = below && value && between === null ? value : below;
  const room = w - (kind === "leaf" ? 18 : 12);
  const ink = inkOf(view, box);
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillStyle = ink;
  context.font = `600 ${between === null ? 12 : 11}px ${theme.mono}`;
  const halves = between === null ? 0 : 5.5;
  context.fillText(fitter.fit(context, title, room), x, y + (subtitle ? -7.5 - halves : 0.5));
  const fit = (text, most) => fitter.fit(context, text, most);
  if (!subtitle) return void (value && paintBetween(context, view, value, x, y + h / 2, w, fit, false));
  context.fillStyle = overlay ? ink : theme.muted;
  context.font = subtitle === value ? `600 11px ${theme.mono}` : `11px ${theme.sans}`;
  context.fillText(fitter.fit(context, subtitle, room), x, y + 9 + halves);
  if (between === null) return;
  if (value || between) paintBetween(context, view, value || between, x, y, w, fit, !value);
}

function drawRings(context, { scene, camera, theme, selection, hover, matches, match, motion, focus }) {
  const ring = (box, grow, width, alpha) => {
    context.globalAlpha = alpha;
    context.lineWidth = width / Math.min(1, camera.k);
    context.beginPath();
    trace(context, scene.kind(box), motion.x[box], motion.y[box], scene.w[box], scene.h[box], grow / Math.min(1, camera.k));
    context.stroke();
  };
  context.strokeStyle = theme.accent;
  for (const box of focus.boxes([...matches])) ring(box, 2, box === match ? 2 : 1.2, box === match ? 1 : 0.6);
  if (hover.box !== null && !selection.boxes.includes(hover.box)) ring(hover.box, 1.5, 1.2, 0.8);
  for (const box of selection.boxes) {
    if (selection.related?.boxes[box] !== SELF) continue;
    ring(box, 4, 5, 0.18);
    ring(box, 2, 2, 1);
  }
  for (const box of focus.pins) paintPin(context, theme, motion.x[box] - scene.w[box] / 2 + 12, motion.y[box] - scene.h[box] / 2);
  context.globalAlpha = 1;
}
