// Numbers that a replay has of its step, beside the graph of one step that was recorded in full: the norm of each parameter's gradient, as a
// column of the scene. So the graph is coloured as a slider moves, without a round trip to Python.
//
// The replay says {step, full, same, values, low, high}: the step that it stands at, the one that the graph is of, whether both have the same
// graph (null where that is not known), norms by parameter, and the least and the largest of all steps.
import { NOTHING } from "./subjects.mjs";

const MODEL = "model."; // the variable that a training's model is bound to

// Puts what was said (or null) into the scene.
export function use(scene, said) {
  scene.recorded = said;
  if (!said) return void delete scene.columns.subject_recorded;
  const { subjects, columns } = scene;
  const full = said.step === said.full;
  const own = (one) => (full ? subjects.number("gradient", one) : said.same === false ? NOTHING : ofLeaf(scene, one, said.values));
  columns.subject_recorded = Float64Array.from({ length: subjects.count }, (_, one) => own(one));
}

function ofLeaf(scene, one, values) {
  const { subjects } = scene;
  if (one >= subjects.nodes || subjects.kind(one) !== "leaf") return NOTHING;
  const name = scene.text("node_variable", one);
  const value = name.startsWith(MODEL) ? values[name.slice(MODEL.length)] : undefined;
  return value === undefined || value === null ? NOTHING : typeof value === "number" ? value : NaN;
}

// What is to be said below the scale: which numbers these are.
export function note(overlay, { recorded }) {
  if (!recorded) return null;
  const full = recorded.step === recorded.full;
  if (overlay.name !== "recorded") return full ? null : ["recorded.other", recorded];
  return [full ? "recorded.full" : recorded.same === false ? "recorded.differs" : recorded.same ? "recorded.leaves" : "recorded.unknown", recorded];
}

// The numbers on wires are those of the step that was recorded in full.
export const stale = ({ recorded }) => Boolean(recorded) && recorded.step !== recorded.full;
