// Values and sizes as Python writes them.
import { format } from "./numbers.mjs";

// A size or a stride: (3, 2), (3,), ().
export const tuple = (sizes) => (sizes.length === 1 ? `(${sizes[0]},)` : `(${sizes.join(", ")})`);

// One value; nothing where it is not known.
export function show(value) {
  if (typeof value === "boolean") return value ? "True" : "False";
  return value === null || value === undefined ? "" : format(value);
}

// Values in row-major order as nested lists: [[4, 5, 2], [1, 3, 1]].
export function nested(values, [size, ...shape]) {
  if (size === undefined) return show(values[0]);
  const step = values.length / size;
  const parts = Array.from({ length: size }, (_, i) => nested(values.slice(i * step, (i + 1) * step), shape));
  return `[${parts.join(", ")}]`;
}
