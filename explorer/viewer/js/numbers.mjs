// Numbers as the inspector shows them: tabular, rounded to what can be read, the whole number as a tool tip; what is not finite said out loud.
import { element } from "./dom.mjs";

const DIGITS = 6;
const DIGITS_IN_A_GRID = 4;
// Numbers of a vector in one line.
const WIDEST = 5;

// One number of a record as text. NaN and infinities come as strings, complex numbers and booleans as they are.
export function format(value, digits = DIGITS) {
  if (value === null || value === undefined) return "–";
  if (typeof value !== "number") return String(value).replace("Infinity", "inf").replace("NaN", "nan");
  if (Number.isInteger(value) && Math.abs(value) < 1e12) return String(value);
  const size = Math.abs(value);
  if (size >= 1e7 || size < 1e-4) return value.toExponential(digits - 2).replace(/\.?0+e/, "e");
  return String(Number(value.toPrecision(digits)));
}

const odd = (value) => typeof value === "string" && /NaN|Infinity/.test(value);

// A tensor's numbers as a grid: a row for each innermost list; blank lines between the matrices of a higher tensor.
export function grid(value) {
  if (!Array.isArray(value)) return element("div", { class: odd(value) ? "numbers alarm" : "numbers" }, format(value));
  const table = element("table", { class: "numbers" });
  for (const { row, gap } of rows(value)) {
    table.append(element("tr", { class: gap ? "gap" : null }, row.map(cell)));
  }
  return element("div", { class: "scroll", tabindex: "0" }, table);
}

const cell = (value) => element("td", { class: odd(value) ? "alarm" : null, title: format(value, 9) }, format(value, DIGITS_IN_A_GRID));

function rows(value) {
  if (!value.some(Array.isArray)) return wrapped(value);
  return value.flatMap((item, index) => {
    const inner = item.some(Array.isArray) ? rows(item) : [{ row: item, gap: false }];
    if (index && item.some(Array.isArray)) inner[0] = { ...inner[0], gap: true };
    return inner;
  });
}

// A vector goes on in the next line.
function wrapped(vector) {
  const lines = [];
  for (let at = 0; at < vector.length; at += WIDEST) lines.push({ row: vector.slice(at, at + WIDEST), gap: false });
  return lines;
}

const UNITS = ["B", "kB", "MB", "GB", "TB"];

// Bytes in powers of 1000, as in "1.2 MB".
export function bytes(count) {
  let unit = 0;
  let amount = count;
  while (amount >= 999.5 && unit < UNITS.length - 1) {
    amount /= 1000;
    unit++;
  }
  return unit ? `${Number(amount.toPrecision(3))} ${UNITS[unit]}` : `${count} B`;
}

export const thousands = (count) => count.toLocaleString("en-US");

// A part of a whole, as in "12.5 %"; small ones are not nothing.
export function percent(part) {
  const amount = part * 100;
  return amount > 0 && amount < 0.1 ? "< 0.1 %" : `${Number(amount.toPrecision(amount >= 99.95 || amount < 10 ? 2 : 3))} %`;
}

// Seconds in the unit that suits them, as in "1.25 ms".
export function seconds(count) {
  const [factor, unit] = count < 1e-3 ? [1e6, "µs"] : count < 1 ? [1e3, "ms"] : [1, "s"];
  return `${Number((count * factor).toPrecision(3))} ${unit}`;
}
