// A small histogram as bars: from a string of one character a bar ("0" to "z", see explorer/viewer/statistics.py), or from few numbers themselves.
import { element } from "./dom.mjs";
import { format } from "./numbers.mjs";

const SVG = "http://www.w3.org/2000/svg";
const HIGHEST = 35;
const FEWEST = 6; // numbers that are worth a histogram
const BINS = 12;
const [WIDTH, HEIGHT] = [240, 34];

// `stats`: min, max and bars; `value`: the numbers where small. Null where there is nothing to draw. `label` reads it aloud.
export function histogram(stats, value, label) {
  const levels = stats.bars ? Array.from(stats.bars, (level) => parseInt(level, 36)) : counted(finite(value), stats);
  if (!levels) return null;
  const svg = make("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img", "aria-label": `${label}: ${format(stats.min, 4)} … ${format(stats.max, 4)}` });
  const step = WIDTH / levels.length;
  levels.forEach((level, at) => {
    const height = level ? Math.max(1, (level / HIGHEST) * HEIGHT) : 0;
    svg.append(make("rect", { x: at * step + 0.5, y: HEIGHT - height, width: step - 1, height }));
  });
  svg.append(...zero(stats));
  return element("figure", { class: "histogram" }, svg, element("figcaption", {}, element("span", {}, format(stats.min, 4)), element("span", {}, format(stats.max, 4))));
}

// A line where zero is, between negative and positive numbers.
function zero({ min, max }) {
  if (!(min < 0 && max > 0)) return [];
  const x = (-min / (max - min)) * WIDTH;
  return [make("line", { x1: x, x2: x, y1: 0, y2: HEIGHT })];
}

function counted(numbers, { min, max }) {
  if (numbers.length < FEWEST || !(max > min)) return null;
  const counts = new Array(BINS).fill(0);
  for (const number of numbers) counts[Math.min(BINS - 1, Math.floor(((number - min) / (max - min)) * BINS))]++;
  const most = Math.max(...counts);
  return counts.map((count) => Math.ceil((HIGHEST * count) / most));
}

const finite = (value) => (Array.isArray(value) ? value.flat(Infinity).filter((each) => typeof each === "number") : []);

function make(tag, attributes) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}
