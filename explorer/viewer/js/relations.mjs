// What a selection is related to: everything it was computed from (upstream) and everything computed from it (downstream); and the way from
// one box to another.
import { wiresAt } from "./scene.mjs";

export const UP = 1;
export const DOWN = 2;
export const SELF = 4;

// A byte per box and per wire: which of UP, DOWN, SELF hold; `directions` leaves out one side. Walks without recursion.
export function relations(scene, selected, directions = UP | DOWN) {
  const boxes = new Uint8Array(scene.count);
  const wires = new Uint8Array(scene.wires.count);
  if (directions & UP) walk(scene.wires.into, scene.wires.source, selected, boxes, wires, UP);
  if (directions & DOWN) walk(scene.wires.out, scene.wires.target, selected, boxes, wires, DOWN);
  for (const box of selected) boxes[box] = SELF;
  return { boxes, wires };
}

function walk(adjacent, next, selected, boxes, wires, mark) {
  const stack = [...selected];
  while (stack.length) {
    for (const wire of wiresAt(adjacent, stack.pop())) {
      wires[wire] |= mark;
      const box = next[wire];
      if (boxes[box] & mark) continue;
      boxes[box] |= mark;
      stack.push(box);
    }
  }
}

// How far backward has come after `step` nodes: what has run (DOWN), the one that ran last (SELF), and the wires that its gradients have passed.
export function progress(scene, step) {
  const steps = scene.columns.node_step;
  const boxes = new Uint8Array(scene.count);
  const ran = (box) => Array.from(scene.nodesOf(box)).some((node) => steps[node] > 0 && steps[node] <= step);
  for (let box = 0; box < scene.count; box++) if (ran(box)) boxes[box] = DOWN;
  const { source, target, count } = scene.wires;
  const wires = Uint8Array.from({ length: count }, (_, wire) => (boxes[target[wire]] && !["input", "saved"].includes(scene.kind(source[wire])) ? DOWN : 0));
  for (const box of scene.boxesOfNode.get(steps.indexOf(step)) ?? []) if (!scene.subjects.ofSecond.has(box)) boxes[box] = SELF;
  return { boxes, wires };
}

// The shortest way along wires from one of `from` to one of `to`, or the other way round, marked like `relations`, with the number of its
// wires as `length`; null where neither leads to the other.
export function route(scene, from, to) {
  return shortest(scene, from, to) ?? shortest(scene, to, from);
}

function shortest(scene, from, to) {
  const { out, target, source } = scene.wires;
  const goals = new Set(to);
  const reached = new Int32Array(scene.count).fill(-1); // the wire by which a box was reached
  const seen = new Uint8Array(scene.count);
  const queue = [...from];
  for (const box of from) seen[box] = 1;
  for (let at = 0; at < queue.length; at++) {
    const box = queue[at];
    if (goals.has(box) && reached[box] >= 0) return marked(scene, box, reached, source);
    for (const wire of wiresAt(out, box)) {
      if (seen[target[wire]]) continue;
      seen[target[wire]] = 1;
      reached[target[wire]] = wire;
      queue.push(target[wire]);
    }
  }
  return null;
}

function marked(scene, end, reached, source) {
  const boxes = new Uint8Array(scene.count);
  const wires = new Uint8Array(scene.wires.count);
  let [box, length] = [end, 0];
  boxes[box] = SELF;
  while (reached[box] >= 0) {
    wires[reached[box]] = DOWN;
    box = source[reached[box]];
    boxes[box] = DOWN;
    length++;
  }
  boxes[box] = SELF;
  return { boxes, wires, length };
}
