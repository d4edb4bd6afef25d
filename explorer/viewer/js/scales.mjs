// Colours and places for numbers. The scale is a straight line through OKLab from a dark blue to a light yellow: equal steps look equally
// large, lightness only rises, and blue against yellow is what most colour-blind people tell apart.
const LOW = [0.34, -0.018, -0.118];
const HIGH = [0.92, -0.028, 0.152];
export const STEPS = 64;

// The colour at t from 0 to 1, as [red, green, blue] of 0 to 255.
export function color(t) {
  const [lightness, a, b] = LOW.map((low, at) => low + (HIGH[at] - low) * Math.min(1, Math.max(0, t)));
  return rgb(lightness, a, b);
}

const PALETTE = Array.from({ length: STEPS }, (_, step) => css(color(step / (STEPS - 1))));

// One of `STEPS` colours, so that boxes of about one colour can be drawn together.
export const stepOf = (t) => Math.round(Math.min(1, Math.max(0, t)) * (STEPS - 1));
export const shade = (step) => PALETTE[step];

// Classes that have no order: the eight colours of Okabe and Ito, which stay apart in every kind of colour blindness.
export const HUES = ["#56b4e9", "#e69f00", "#009e73", "#cc79a7", "#f0e442", "#0072b2", "#d55e00"];

// Black or white, whichever is read better on a colour.
export function inkOn(written) {
  const [red, green, blue] = channels(written).map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179 ? "#000000" : "#ffffff";
}

function channels(written) {
  if (written.startsWith("#")) return [1, 3, 5].map((at) => parseInt(written.slice(at, at + 2), 16) / 255);
  return written.match(/\d+/g).slice(0, 3).map((part) => Number(part) / 255);
}

// place(number) from 0 to 1 and ticks [{ at, number }] for numbers of `values`; logarithmic ones leave out what is not above 0, which lies at 0.
export function scaleOf(values, { log = false, from = null, to = null } = {}) {
  const usable = values.filter((value) => Number.isFinite(value) && value >= 0 && (!log || value > 0));
  if (!usable.length && from === null) return null;
  let [low, high] = [from ?? least(usable), to ?? most(usable)];
  if (low === high) [low, high] = log ? [low / 2, high * 2] : [Math.min(0, low), high || 1];
  const shape = log ? (number) => Math.log10(number) : (number) => number;
  const place = (number) => (log && number <= 0 ? 0 : Math.min(1, Math.max(0, (shape(number) - shape(low)) / (shape(high) - shape(low)))));
  return { low, high, log, place, ticks: apart((log ? decades(low, high) : rounds(low, high)).map((number) => ({ number, at: place(number) }))) };
}

// Ticks whose texts do not run into each other.
function apart(ticks) {
  return ticks.reduce((kept, tick) => (kept.length && tick.at - kept.at(-1).at < 0.2 - 1e-9 ? kept : [...kept, tick]), []);
}

const least = (values) => values.reduce((a, b) => Math.min(a, b), Infinity);
const most = (values) => values.reduce((a, b) => Math.max(a, b), -Infinity);
const MOST_TICKS = 5;

// Powers of ten; 1, 2 and 5 of each where there are few.
function decades(low, high) {
  const [first, last] = [Math.floor(Math.log10(low)), Math.ceil(Math.log10(high))];
  const inside = (number) => number >= low * (1 - 1e-9) && number <= high * (1 + 1e-9);
  const powers = Array.from({ length: last - first + 1 }, (_, at) => Number(`1e${first + at}`)).filter(inside);
  if (powers.length > 2) return powers.filter((_, at) => at % Math.ceil(powers.length / MOST_TICKS) === 0);
  const fine = Array.from({ length: last - first + 1 }, (_, at) => [1, 2, 5].map((digit) => Number(`${digit}e${first + at}`))).flat().filter(inside);
  return fine.length > 1 ? fine.slice(0, MOST_TICKS) : [low, high];
}

function rounds(low, high) {
  const rough = (high - low) / (MOST_TICKS - 1);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((digit) => digit * power).find((each) => each >= rough * (1 - 1e-9));
  const first = Math.ceil(low / step - 1e-9);
  return Array.from({ length: Math.floor(high / step + 1e-9) - first + 1 }, (_, at) => Number(((first + at) * step).toPrecision(12)));
}

// OKLab to sRGB, by Björn Ottosson's matrices.
function rgb(lightness, a, b) {
  const [l, m, s] = [lightness + 0.3963377774 * a + 0.2158037573 * b, lightness - 0.1055613458 * a - 0.0638541728 * b, lightness - 0.0894841775 * a - 1.291485548 * b].map((each) => each ** 3);
  const linear = [4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s, -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s, -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s];
  return linear.map((part) => Math.round(255 * Math.min(1, Math.max(0, part <= 0.0031308 ? 12.92 * part : 1.055 * part ** (1 / 2.4) - 0.055))));
}

function css([red, green, blue]) { return `rgb(${red}, ${green}, ${blue})`; }
