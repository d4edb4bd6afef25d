// Colours for the canvas, read from the style sheet, so that they are written down once. Streamlit's theme arrives as --st-... variables
// on an element around the view; without them (an exported file) the reader's own preference decides.
const KINDS = ["operation", "second", "custom", "leaf", "input", "saved", "result", "module"];
const SINGLE = ["paper", "ink", "muted", "wire", "accent", "frame-fill", "frame-edge", "alarm"];

// Marks `root` with data-theme and returns the colours and fonts to draw with.
export function readTheme(root) {
  const before = getComputedStyle(root);
  const background = before.getPropertyValue("--st-background-color").trim();
  const dark = background ? luminance(background) < 0.5 : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "dark" : "light";
  const style = getComputedStyle(root);
  const color = (name) => style.getPropertyValue(`--${name}`).trim();
  const theme = { dark, sans: color("sans"), mono: color("mono") };
  for (const name of SINGLE) theme[name] = color(name);
  for (const kind of KINDS) theme[kind] = { fill: color(`${kind}-fill`), edge: color(`${kind}-edge`) };
  return theme;
}

// 0 (black) to 1 (white) of any CSS colour.
function luminance(color) {
  const [red, green, blue] = channels(color);
  return (0.2126 * red + 0.7152 * green + 0.0722 * blue) / 255;
}

const known = new Map();

// [red, green, blue], 0 to 255, of any CSS colour; the canvas is what knows how to read one.
function channels(color) {
  if (!known.has(color)) {
    const context = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    context.fillStyle = color;
    context.fillRect(0, 0, 1, 1);
    known.set(color, Array.from(context.getImageData(0, 0, 1, 1).data.subarray(0, 3)));
  }
  return known.get(color);
}

// The same in one number, as raster.mjs wants it.
export function rgbOf(color) {
  const [red, green, blue] = channels(color);
  return red | (green << 8) | (blue << 16);
}

// Calls `changed` when the reader's system turns dark or light; returns a function that stops it.
export function watchTheme(changed) {
  const query = matchMedia("(prefers-color-scheme: dark)");
  query.addEventListener("change", changed);
  return () => query.removeEventListener("change", changed);
}

// Calls `changed` when a px takes another number of pixels: the window went to another screen, or the page was zoomed.
export function watchDensity(changed) {
  const stop = new AbortController();
  const watch = () => matchMedia(`(resolution: ${window.devicePixelRatio}dppx)`).addEventListener("change", () => {
    if (stop.signal.aborted) return;
    changed();
    watch();
  }, { once: true, signal: stop.signal });
  watch();
  return () => stop.abort();
}

export const reducedMotion = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
