// What a selection is related to: everything it was computed from (upstream) and everything computed from it (downstream).
import { wiresAt } from "./scene.mjs";

export const UP = 1;
export const DOWN = 2;
export const SELF = 4;

// A byte per box and per wire: which of UP, DOWN, SELF hold. Walks without recursion.
export function relations(scene, selected) {
  const boxes = new Uint8Array(scene.count);
  const wires = new Uint8Array(scene.wires.count);
  walk(scene.wires.into, scene.wires.source, selected, boxes, wires, UP);
  walk(scene.wires.out, scene.wires.target, selected, boxes, wires, DOWN);
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
