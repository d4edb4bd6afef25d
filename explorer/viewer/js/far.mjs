// Wires and boxes seen from far away: a picture of pixels, see raster.mjs. While it moves and holds very many things, the picture at hand is
// moved and scaled, and the next one is made bit by bit, some milliseconds a frame.
import { tonesOf } from "./looks.mjs";
import { INK } from "./patterns.mjs";
import { boxesIn, piecesIn } from "./sight.mjs";
import { Raster } from "./raster.mjs";
import { rgbOf } from "./theme.mjs";

// Px of a side below which a box has no outline and is filled with the outline's colour; with an outline of so many px of the drawing.
const OUTLINED = 8;
const OUTLINE = 2;
// Opacity of a wire a pixel wide, and of one that is related to the selection.
const FAINT = 0.36;
const STRONG = 0.6;
// Pixels that a piece of a wire must reach to be drawn while the picture moves.
const SHORTEST = 3;
// A picture of more pixels a px is no sharper to the eye.
const FINEST = 2;

// More things than these are not drawn at once in a moving picture, but so many ms a frame, this share of the window further on each side; the
// picture is made anew once it is scaled by more than this factor.
const AT_ONCE = 20_000;
const BUDGET_MS = 5;
const FURTHER = 0.25;
const SCALED = 1.3;
const CHUNK = 2048;

export class FarPictures {
  #now = new Picture();
  #next = new Picture();
  #part = new Picture();

  // `coarse`: a pixel a px is enough, since the picture moves; `dimmed`: opacity of what is not related to the selection.
  draw(context, view, { boxes, pieces, seen, origin, ratio, coarse, part }, dimmed) {
    const fine = Math.min(ratio, coarse ? 1 : FINEST);
    const scale = view.camera.k * fine;
    const slowly = coarse && boxes.length + pieces.length > AT_ONCE && this.#now.shows(view);
    if (slowly && !part) this.#proceed(view, seen, scale, fine, dimmed);
    const picture = part ? this.#part : this.#now;
    if (!slowly || part) picture.begin(view, { seen, scale, fine, coarse, dimmed }, boxes, pieces).proceed(Infinity);
    picture.put(context, origin);
  }

  #proceed(view, seen, scale, fine, dimmed) {
    if (!this.#next.waiting && this.#now.serves(seen, scale)) return;
    if (!this.#next.waiting || !this.#next.serves(seen, scale)) {
      const [w, h] = [(seen[2] - seen[0]) * FURTHER, (seen[3] - seen[1]) * FURTHER];
      const wide = [seen[0] - w, seen[1] - h, seen[2] + w, seen[3] + h];
      const [boxes, pieces] = [boxesIn(view, wide), piecesIn(view, wide, SHORTEST / scale)];
      this.#next.begin(view, { seen: wide, scale, fine, coarse: true, dimmed }, boxes, pieces);
    }
    this.#next.proceed(performance.now() + BUDGET_MS);
    if (!this.#next.waiting) [this.#now, this.#next] = [this.#next, this.#now];
  }
}

// A part of the drawing in pixels, made step by step.
class Picture {
  #raster = new Raster();
  #steps = [];
  #place = null;

  // `place`: seen (the rectangle of the drawing), scale (pixels a px of the drawing), fine (pixels a px of the screen), coarse and dimmed.
  begin(view, place, boxes, pieces) {
    const { seen: [left, top, right, bottom], scale, dimmed } = place;
    this.#raster.begin(Math.ceil((right - left) * scale), Math.ceil((bottom - top) * scale));
    this.#place = place;
    this.content = contentOf(view);
    const { theme, selection } = view;
    const marks = selection.related?.wires;
    this.#steps = [
      ...inChunks(pieces, addWires(this.#raster, view, place, theme.wire, marks ? FAINT * dimmed : FAINT, marks && ((wire) => !marks[wire]))),
      ...(marks ? inChunks(pieces, addWires(this.#raster, view, place, theme.accent, STRONG, (wire) => marks[wire])) : []),
      ...inChunks(boxes, addBoxes(this.#raster, view, place)),
    ].reverse();
    return this;
  }

  get waiting() { return this.#steps.length > 0; }

  // Whether it shows what the view holds, wherever.
  shows(view) { return this.content !== undefined && contentOf(view).every((part, at) => part === this.content[at]); }

  // Whether it holds all of a rectangle, about as large as wanted.
  serves([left, top, right, bottom], scale) {
    const [x0, y0, x1, y1] = this.#place.seen;
    const factor = scale / this.#place.scale;
    return factor < SCALED && factor > 1 / SCALED && x0 <= left && y0 <= top && x1 >= right && y1 >= bottom;
  }

  proceed(until) {
    while (this.#steps.length && performance.now() < until) this.#steps.pop()();
  }

  put(context, [ox, oy]) {
    const { seen: [left, top], scale } = this.#place;
    const canvas = this.#raster.end();
    context.drawImage(canvas, left - ox, top - oy, canvas.width / scale, canvas.height / scale);
  }
}

const contentOf = ({ scene, theme, overlay, focus, selection, motion }) => [scene, theme, overlay, focus.mask, selection.related, motion.arrived];

function inChunks(things, add) {
  return Array.from({ length: Math.ceil(things.length / CHUNK) }, (_, chunk) => () => add(things.subarray(chunk * CHUNK, (chunk + 1) * CHUNK)));
}

function addWires(raster, { scene, bins, motion }, { seen: [left, top], scale, fine, coarse }, color, strength, wanted) {
  const { x, y } = scene.wires;
  const { wire, point } = bins.pieces;
  const rgb = rgbOf(color);
  const alpha = Math.min(1, strength * fine * motion.arrived) * 255;
  const shortest = coarse ? SHORTEST / scale : 0;
  return (pieces) => {
    for (const piece of pieces) {
      const from = point[piece];
      if (wanted && !wanted(wire[piece])) continue;
      if (y[from + 1] - y[from] < shortest && Math.abs(x[from + 1] - x[from]) < shortest) continue;
      raster.line((x[from] - left) * scale, (y[from] - top) * scale, (x[from + 1] - left) * scale, (y[from + 1] - top) * scale, rgb, alpha);
    }
  };
}

function addBoxes(raster, view, { seen: [left, top], scale, coarse, dimmed }) {
  const { w: widths, h: heights } = view.scene;
  const { x: xs, y: ys } = view.motion;
  const marks = view.selection.related?.boxes;
  const { edges, fills, inks, bars } = tonesOf(view);
  const { scene } = view;
  const rim = coarse ? Math.max(1, Math.round(OUTLINE * scale)) : OUTLINE * scale;
  return (boxes) => {
    for (const box of boxes) {
      const alpha = marks && !marks[box] ? dimmed * 255 : 255;
      const w = widths[box] * scale;
      const h = heights[box] * scale;
      let x0 = (xs[box] - left) * scale - w / 2;
      let y0 = (ys[box] - top) * scale - h / 2;
      let x1 = x0 + w;
      let y1 = y0 + h;
      // What moves is put on whole pixels, which is faster: rims need not be mixed.
      if (coarse) {
        x0 = Math.round(x0);
        y0 = Math.round(y0);
        x1 = Math.round(x1);
        y1 = Math.round(y1);
      }
      if (w < OUTLINED) {
        raster.rect(x0, y0, x1, y1, edges[box], alpha);
        continue;
      }
      outline(raster, scene.kind(box), x0, y0, x1, y1, rim, edges[box], fills[box], alpha);
      if (bars) for (const [left, top, right, bottom] of bars[box]) raster.rect(x0 + left * w, y0 + top * h, x0 + right * w, y0 + bottom * h, inks[box], alpha * INK);
    }
  };
}

// As far as so few pixels allow it the shape of shapes.mjs: the ends of a leaf are narrower, a saved tensor lacks a corner, a result has a heavy
// border, a folded module lies on a card.
function outline(raster, kind, x0, y0, x1, y1, rim, edge, fill, alpha) {
  const [high, hollow] = [y1 - y0, y1 - y0 > 2 * rim + 1];
  const bite = Math.round(high / 4);
  if (kind === "module") raster.rect(x0 + rim + 1, y0 + rim + 1, x1 + rim + 1, y1 + rim + 1, edge, alpha * 0.6);
  if (kind === "leaf") {
    raster.rect(x0, y0 + bite, x1, y1 - bite, edge, alpha);
    raster.rect(x0 + 2 * bite, y0, x1 - 2 * bite, y0 + bite, edge, alpha);
    raster.rect(x0 + 2 * bite, y1 - bite, x1 - 2 * bite, y1, edge, alpha);
  } else if (kind === "saved") {
    raster.rect(x0, y0, x1 - 2 * bite, y0 + bite, edge, alpha);
    raster.rect(x0, y0 + bite, x1, y1, edge, alpha);
  } else raster.rect(x0, y0, x1, y1, edge, alpha);
  const inner = kind === "result" ? 2 * rim : kind === "leaf" || kind === "saved" ? Math.max(rim, bite) : rim;
  if (hollow && high > 2 * inner) raster.rect(x0 + inner, y0 + inner, x1 - inner, y1 - inner, fill, alpha);
}
