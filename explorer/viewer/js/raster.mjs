// A picture made pixel by pixel, for what is seen from far away: 100,000 rectangles and lines cost some milliseconds here, and more than a
// second as paths of a canvas. Edges are as soft as a canvas makes them; a thing smaller than a pixel tints it, many of them fill it.
// Written for speed: no arrays and no objects are made for a rectangle or a line. Alpha is 0 to 255; a
// colour is red + green * 256 + blue * 65536, in the order of bytes of every machine with a browser.
// Sides are whole steps of so many pixels: a window's width by this scale or that is now a pixel more, now one less, and each size takes memory of its own.
const STEP = 64;
const SMALLEST = 0.7;
const FULL = 235;
const RGB = 0xffffff;

export class Raster {
  constructor() {
    this.canvas = document.createElement("canvas");
    this.context = this.canvas.getContext("2d");
    this.image = null;
    this.room = new ArrayBuffer(0); // for pictures of several sizes: a browser is slow to take back what is no longer used
    this.changed = false; // since the canvas was last asked for
  }

  // An empty, transparent picture, at least so large.
  begin(wide, high) {
    const [width, height] = [wide, high].map((pixels) => STEP * Math.max(1, Math.ceil(pixels / STEP)));
    this.changed = true;
    if (this.image?.width !== width || this.image.height !== height) {
      Object.assign(this.canvas, { width, height });
      const bytes = 4 * width * height;
      if (this.room.byteLength < bytes) this.room = new ArrayBuffer(bytes);
      this.image = new ImageData(new Uint8ClampedArray(this.room, 0, bytes), width, height);
      this.pixels = new Uint32Array(this.room, 0, width * height);
    }
    this.pixels.fill(0);
  }

  // The canvas with the picture on it.
  end() {
    if (this.changed) this.context.putImageData(this.image, 0, 0);
    this.changed = false;
    return this.canvas;
  }

  // Whole pixels inside are filled row by row, those on the rim by their share.
  rect(left, top, right, bottom, rgb, alpha) {
    const { pixels, image: { width, height } } = this;
    const grown = Math.max(0, SMALLEST - (right - left)) / 2;
    const raised = Math.max(0, SMALLEST - (bottom - top)) / 2;
    left = Math.max(0, left - grown);
    right = Math.min(width, right + grown);
    top = Math.max(0, top - raised);
    bottom = Math.min(height, bottom + raised);
    if (right <= left) return;
    const first = Math.ceil(left);
    const last = Math.floor(right);
    for (let y = Math.floor(top); y < bottom; y++) {
      const share = alpha * (Math.min(bottom, y + 1) - Math.max(top, y));
      const row = y * width;
      if (first > last) {
        blend(pixels, row + last, rgb, share * (right - left));
        continue;
      }
      if (first > left) blend(pixels, row + first - 1, rgb, share * (first - left));
      if (share === 255) for (let x = first; x < last; x++) pixels[row + x] = rgb | 0xff000000;
      else for (let x = first; x < last; x++) blend(pixels, row + x, rgb, share);
      if (right > last) blend(pixels, row + last, rgb, share * (right - last));
    }
  }

  // A line a pixel wide. One that would run where the picture is full already is left out: hundreds of wires side by side, or thousands on top
  // of each other, are then as fast as few.
  line(x0, y0, x1, y1, rgb, alpha) {
    const { pixels, image: { width, height } } = this;
    // Steps go along the longer axis; `at` is the other coordinate where they begin.
    const steep = Math.abs(y1 - y0) >= Math.abs(x1 - x0);
    const forth = steep ? y1 >= y0 : x1 >= x0;
    const from = steep ? Math.min(y0, y1) : Math.min(x0, x1);
    const to = steep ? Math.max(y0, y1) : Math.max(x0, x1);
    const at = (steep ? (forth ? x0 : x1) : forth ? y0 : y1) - 0.5;
    const end = (steep ? (forth ? x1 : x0) : forth ? y1 : y0) - 0.5;
    const slope = to > from ? (end - at) / (to - from) : 0;
    const across = steep ? width : height;
    const stride = steep ? width : 1;
    const side = steep ? 1 : width;
    const first = Math.max(0, Math.floor(from));
    const last = Math.min(steep ? height : width, Math.ceil(to)) - 1;
    if (last - first > 12 && isFull(pixels, first, last, at - slope * from, slope, stride, side, across)) return;
    for (let step = first; step <= last; step++) {
      const share = alpha * (Math.min(to, step + 1) - Math.max(from, step));
      const exact = at + slope * (Math.min(to, Math.max(from, step + 0.5)) - from);
      const near = Math.floor(exact);
      const rest = exact - near;
      const index = step * stride + near * side;
      if (near >= 0 && near < across) blend(pixels, index, rgb, share * (1 - rest));
      if (rest > 0 && near >= -1 && near < across - 1) blend(pixels, index + side, rgb, share * rest);
    }
  }
}

// Whether a line is on full pixels at five places.
function isFull(pixels, first, last, at, slope, stride, side, across) {
  for (let part = 1; part <= 5; part++) {
    const step = Math.round(first + ((last - first) * part) / 6);
    const near = Math.round(at + slope * (step + 0.5));
    if (near >= 0 && near < across && pixels[step * stride + near * side] >>> 24 < FULL) return false;
  }
  return true;
}

// Source over, on colours that are not multiplied with their alpha.
function blend(pixels, index, rgb, alpha) {
  const below = pixels[index];
  const before = below >>> 24;
  if (before === 0) pixels[index] = rgb | ((alpha + 0.5) << 24);
  else if ((below & RGB) === rgb) pixels[index] = rgb | ((before + ((255 - before) * alpha) / 255 + 0.5) << 24);
  else {
    const total = alpha + (before * (255 - alpha)) / 255;
    const share = alpha / total;
    pixels[index] = mix(below & 255, rgb & 255, share) | (mix((below >> 8) & 255, (rgb >> 8) & 255, share) << 8) | (mix((below >> 16) & 255, rgb >> 16, share) << 16) | ((total + 0.5) << 24);
  }
}

const mix = (from, to, share) => (from + (to - from) * share + 0.5) | 0;
