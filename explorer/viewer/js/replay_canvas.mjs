// A canvas as wide as its place and sharp on every screen, with the page's colours.
import { element } from "./dom.mjs";

export class Surface {
  constructor(height, square = false) {
    this.height = height;
    this.square = square;
    this.canvas = element("canvas", { "aria-hidden": "true" });
  }

  // Clears it; returns what to draw with, in px.
  begin() {
    const ratio = window.devicePixelRatio || 1;
    const width = Math.max(40, this.canvas.parentElement?.clientWidth || 300);
    const height = this.square ? Math.min(width, this.height) : this.height;
    const shown = this.square ? height : width;
    Object.assign(this.canvas.style, { width: `${shown}px`, height: `${height}px` });
    [this.canvas.width, this.canvas.height] = [Math.round(shown * ratio), Math.round(height * ratio)];
    const context = this.canvas.getContext("2d");
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, shown, height);
    return { context, width: shown, height, colors: this.#colors() };
  }

  #colors() {
    const style = getComputedStyle(this.canvas);
    const color = (name) => style.getPropertyValue(`--${name}`).trim();
    return Object.fromEntries(["ink", "muted", "faint", "paper", "accent", "second", "mono"].map((name) => [name, color(name)]));
  }
}

// Bytes from base64.
export function bytes(text) {
  const raw = atob(text ?? "");
  return Uint8Array.from(raw, (letter) => letter.charCodeAt(0));
}

export const floats = (text) => new Float32Array(bytes(text).buffer);
export const ints = (text) => new Int32Array(bytes(text).buffer);

// Hues that colour-blind people can tell apart (after Okabe and Ito), and a sign for each: colour never stands alone.
export const HUES = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442", "#8c8c8c"];

export function sign(context, kind, x, y, size) {
  context.beginPath();
  if (kind % 4 === 0) context.arc(x, y, size, 0, 7);
  else if (kind % 4 === 1) context.rect(x - size, y - size, 2 * size, 2 * size);
  else if (kind % 4 === 2) {
    context.moveTo(x, y - size * 1.3);
    context.lineTo(x + size * 1.2, y + size);
    context.lineTo(x - size * 1.2, y + size);
    context.closePath();
  } else {
    context.moveTo(x, y - size * 1.4);
    context.lineTo(x + size * 1.4, y);
    context.lineTo(x, y + size * 1.4);
    context.lineTo(x - size * 1.4, y);
    context.closePath();
  }
}

// Blue over white or black to orange: -1 to 1.
export function diverging(value, dark) {
  const to = value < 0 ? [0, 114, 178] : [213, 94, 0];
  const from = dark ? [24, 27, 33] : [255, 255, 255];
  const part = Math.min(1, Math.abs(value));
  return from.map((channel, at) => Math.round(channel + (to[at] - channel) * part));
}
