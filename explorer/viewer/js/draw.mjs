// Draws what the camera sees of a scene on a canvas: frames, wires, boxes, text; less of each the smaller it gets.
import { linesOf, paintBetween, paintHalves } from "./faces.mjs";
import { drawBands, drawFlowing, drawReturns } from "./flows.mjs";
import { drawFrames } from "./frames.mjs";
import { drawLabels } from "./labels.mjs";
import { lookOf, toneOf } from "./looks.mjs";
import { look, paintMarks, paintPin } from "./marks.mjs";
import { INK, traceBars } from "./patterns.mjs";
import { SELF } from "./relations.mjs";
import { inkOn } from "./scales.mjs";
import { paint, trace } from "./shapes.mjs";
import { boxesIn, piecesIn } from "./sight.mjs";
import { drawTags } from "./tags.mjs";
import { useFont } from "./text.mjs";
import { colorsOf, inkOf, paintLetter } from "./tint.mjs";
import { drawWires } from "./wires.mjs";

// Scale from which the number of an overlay stands in the box, in place of its second line.
const VALUES = 0.7;
// Scales below which a detail is left out.
const SUBTITLES = 0.5;
const TEXT = 0.42;
const SHAPES = 0.3;
const LINES = 0.16;

// While more things than these are in sight and the drawing moves, it is drawn more simply.
const MANY = 1500;

const DIMMED = 0.36;

// `view`: scene, bins, far (pictures), camera, theme, motion, moving (whether more frames follow at once), settings {view, gradients, shapes, widths,
// storages}, overlay (or null), focus, tags, selection {boxes, frame, related}, hover {box, frame}, matches (a Set) and match (a box). `part`: the
// rectangle of the drawing to draw anew, else all. Returns how many boxes are in sight, and whether they are drawn more simply than they could be.
export function draw(context, view, part = null) {
  const { camera, theme } = view;
  const ratio = window.devicePixelRatio || 1;
  const whole = camera.seen();
  const seen = part ? toPixels(part, whole, ratio * camera.k) : whole;
  const [left, top, right, bottom] = seen;
  const [boxes, pieces] = [boxesIn(view, seen), piecesIn(view, seen, 0.5 / camera.k)];
  const coarse = !part && view.moving && boxes.length + pieces.length > MANY;
  const area = { seen, part: part !== null, origin: [whole[0], whole[1]], ratio, boxes, pieces, coarse };
  context.save();
  fromCamera(context, view, ratio);
  context.beginPath();
  context.rect(left - whole[0], top - whole[1], right - left, bottom - top);
  context.clip();
  context.fillStyle = theme.paper;
  context.fill();
  drawFrames(context, view, area);
  if (camera.k < (coarse ? SHAPES : LINES)) view.far.draw(context, view, area, DIMMED);
  else drawNear(context, view, area);
  drawRings(context, view, area);
  fromDrawing(context, view, ratio);
  drawTags(context, view, boxes);
  context.restore();
  return { boxes: boxes.length, coarse };
}

// Coordinates of the canvas that start where the camera does: single precision would not do for drawings of millions of px.
function fromCamera(context, { camera }, ratio) { context.setTransform(ratio * camera.k, 0, 0, ratio * camera.k, 0, 0); }
// Coordinates of the drawing, for what is drawn by few.
function fromDrawing(context, { camera }, ratio) { context.setTransform(ratio * camera.k, 0, 0, ratio * camera.k, ratio * camera.x, ratio * camera.y); }

function drawNear(context, view, area) {
  const { ratio, pieces, coarse } = area;
  const wires = coarse ? [] : [...new Set(Array.from(pieces, (piece) => view.bins.pieces.wire[piece]))];
  fromDrawing(context, view, ratio);
  drawBands(context, view, wires);
  fromCamera(context, view, ratio);
  drawWires(context, view, area, DIMMED);
  fromDrawing(context, view, ratio);
  drawReturns(context, view, wires);
  fromCamera(context, view, ratio);
  drawBoxes(context, view, area);
  drawLabels(context, view, area, DIMMED);
  fromDrawing(context, view, ratio);
  drawFlowing(context, view, wires);
  fromCamera(context, view, ratio);
}

// A rectangle, in whole pixels of the screen and within what is seen of the drawing.
function toPixels([left, top, right, bottom], [x, y, x1, y1], scale) {
  const down = (at, from) => from + Math.floor((Math.max(at, from) - from) * scale) / scale;
  const up = (at, from, to) => from + Math.ceil((Math.min(at, to) - from) * scale) / scale;
  return [down(left, x), down(top, y), Math.max(down(left, x), up(right, x, x1)), Math.max(down(top, y), up(bottom, y, y1))];
}

function drawBoxes(context, view, { boxes, origin, coarse }) {
  const { camera, selection } = view;
  const marks = selection.related?.boxes;
  const bright = marks ? boxes.filter((box) => marks[box]) : boxes;
  const dim = marks ? boxes.filter((box) => !marks[box]) : [];
  for (const [group, alpha] of [[dim, DIMMED], [bright, 1]]) {
    if (!group.length) continue;
    context.globalAlpha = alpha;
    if (camera.k >= SHAPES && !coarse) drawShapes(context, view, group, alpha, origin);
    else drawBlocks(context, view, group, origin, coarse);
  }
  context.globalAlpha = 1;
}

// Far away, or many that move: one path a look, in which shapes still say the kind unless they are too many.
function drawBlocks(context, view, boxes, [ox, oy], coarse) {
  const { scene, motion, overlay } = view;
  const paths = new Map();
  for (const box of boxes) {
    const name = lookOf(view, box);
    if (!paths.has(name)) paths.set(name, { outline: new Path2D(), bars: new Path2D() });
    const { outline, bars } = paths.get(name);
    const [x, y, w, h] = [motion.x[box] - ox, motion.y[box] - oy, scene.w[box], scene.h[box]];
    if (coarse) outline.rect(x - w / 2, y - h / 2, w, h);
    else trace(outline, scene.kind(box), x, y, w, h);
    if (overlay) traceBars(bars, overlay.bars(name), x, y, w, h);
  }
  context.lineWidth = 2;
  for (const [name, { outline, bars }] of paths) {
    const { fill, edge } = toneOf(view, name);
    context.fillStyle = fill;
    context.strokeStyle = edge;
    context.fill(outline);
    if (overlay) fillBars(context, bars, fill);
    context.stroke(outline);
  }
}

// Without a change of the colours and the opacity of what is drawn next.
function fillBars(context, bars, fill) {
  context.save();
  context.globalAlpha *= INK;
  context.fillStyle = inkOn(fill);
  context.fill(bars);
  context.restore();
}

function drawShapes(context, view, boxes, alpha, [ox, oy]) {
  const { scene, camera, theme, motion } = view;
  const named = camera.k >= TEXT;
  for (const box of boxes) {
    context.globalAlpha = alpha * motion.alpha(box);
    const [x, y, w, h] = [motion.x[box] - ox, motion.y[box] - oy, scene.w[box], scene.h[box]];
    const kind = scene.kind(box);
    if (alpha < 1) clear(context, theme, kind, x, y, w, h);
    const marks = scene.columns.box_marks[box];
    const looks = look(kind, marks);
    paint(context, looks, x, y, w, h, colorsOf(context, view, box, looks));
    paintHalves(context, view, box, x, y, w, h);
    if (!named) {
      if (view.overlay) drawBars(context, view, box, x, y, w, h);
      continue;
    }
    drawText(context, view, box, kind, x, y, w, h);
    paintLetter(context, view, box, x, y, w);
    if (marks) paintMarks(context, marks, x, y, w, h, theme);
  }
}

// In place of the letter of its class.
function drawBars(context, view, box, x, y, w, h) {
  const path = new Path2D();
  traceBars(path, view.overlay.bars(lookOf(view, box)), x, y, w, h);
  fillBars(context, path, toneOf(view, lookOf(view, box)).fill);
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

// The upper line, and the lower one where it can be read.
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
  const halves = between === null ? 0 : 5.5;
  const write = (font, text, down, whole = false) => {
    const fitter = useFont(context, font);
    if (whole) context.fillText(text, x, y + down, room);
    else context.fillText(fitter.fit(context, text, room), x, y + down);
  };
  const fit = (text, most) => useFont(context, context.font).fit(context, text, most);
  write(`600 ${between === null ? 12 : 11}px ${theme.mono}`, title, subtitle ? -7.5 - halves : 0.5);
  if (!subtitle) return void (value && paintBetween(context, view, value, x, y + h / 2, w, fit, false));
  if (camera.k < SUBTITLES) return;
  context.fillStyle = overlay ? ink : theme.muted;
  const told = subtitle === value;
  write(told ? `600 11px ${theme.mono}` : `11px ${theme.sans}`, subtitle, 9 + halves, told && overlay.scale); // a number is never cut
  if (between === null) return;
  if (value || between) paintBetween(context, view, value || between, x, y, w, fit, !value);
}

// Around what is found, pointed at and selected; of many one path.
function drawRings(context, { scene, camera, theme, selection, hover, matches, match, motion, focus }, { boxes, origin: [ox, oy] }) {
  const far = Math.min(1, camera.k);
  const ring = (which, grow, width, alpha) => {
    context.globalAlpha = alpha;
    context.lineWidth = width / far;
    context.beginPath();
    for (const box of which) trace(context, scene.kind(box), motion.x[box] - ox, motion.y[box] - oy, scene.w[box], scene.h[box], grow / far);
    context.stroke();
  };
  context.strokeStyle = theme.accent;
  if (matches.size) {
    ring(apart(boxes.filter((box) => matches.has(box) && box !== match), scene, camera), 2, 1.2, 0.6);
    if (match !== null && focus.isDrawn(match)) ring([match], 2, 2, 1);
  }
  const selected = boxes.filter((box) => selection.related?.boxes[box] === SELF);
  if (hover.box !== null && !selected.includes(hover.box)) ring([hover.box], 1.5, 1.2, 0.8);
  if (selected.length) {
    const shown = apart(selected, scene, camera);
    ring(shown, 4, 5, 0.18);
    ring(shown, 2, 2, 1);
  }
  for (const box of focus.pins) paintPin(context, theme, motion.x[box] - ox - scene.w[box] / 2 + 12, motion.y[box] - oy - scene.h[box] / 2);
  context.globalAlpha = 1;
}

// Boxes whose rings would not lie on each other: one in a square of 4 px.
function apart(boxes, scene, { k }) {
  if (boxes.length < 2) return boxes;
  const taken = new Set();
  return boxes.filter((box) => {
    const place = Math.round((scene.x[box] * k) / 4) * 2 ** 26 + Math.round((scene.y[box] * k) / 4);
    return !taken.has(place) && taken.add(place);
  });
}
