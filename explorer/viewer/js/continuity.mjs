// From one drawing to the next: where the camera holds on, and what stays selected. Two drawings of one graph have most boxes in common,
// or at least the same nodes.

const AROUND = new Set(["leaf", "input", "saved"]);

// `opened` is the box id or frame id ("m:PATH#CALL") of the module whose folding asked for the new drawing, else null. Returns a point of
// the old drawing and the same one in the new, or null for another graph.
export function anchor(before, after, selection, opened) {
  const [from, to] = opened ? [placeOf(before, opened), placeOf(after, opened)] : [null, null];
  if (from && to) return { from, to };
  const twins = Array.from({ length: before.count }, (_, box) => [box, twinOf(before, after, box)]).filter(([, twin]) => twin !== undefined);
  const sameNodes = before.columns.node_name.length === after.columns.node_name.length;
  if (!twins.length || (!sameNodes && twins.length * 2 < Math.min(before.count, after.count))) return null;
  const [box, twin] = twins.find(([each]) => selection.boxes.includes(each)) ?? twins[0];
  return { from: [before.x[box], before.y[box]], to: [after.x[twin], after.y[twin]] };
}

// What of a selection is there in the new drawing: the same boxes; of a module its frame or its folded box, whichever there is now; of what
// is folded away the box that holds it.
export function heirs(before, after, { boxes, frame }) {
  const kept = boxes.map((box) => after.boxOfId.get(before.id(box))).filter((box) => box !== undefined);
  if (kept.length) return { boxes: kept, frame: null };
  if (frame === null && !boxes.length) return { boxes: [], frame: null };
  const opened = frame === null ? after.frameOfId.get(before.id(boxes[0])) : after.frameOfId.get(before.text("frame_id", frame));
  if (opened !== undefined) return { boxes: [], frame: opened };
  const folded = frame === null ? undefined : after.boxOfId.get(before.text("frame_id", frame));
  const holder = folded ?? after.boxesOfNode.get(nodeIn(before, boxes, frame))?.[0];
  return { boxes: holder === undefined ? [] : [holder], frame: null };
}

// A node that a selection shows, or holds.
function nodeIn(scene, boxes, frame) {
  if (frame === null) return scene.nodesOf(boxes[0])[0];
  const path = scene.text("frame_module", frame);
  const modules = scene.columns.node_module;
  return Array.from(modules.keys()).find((node) => `${scene.text("node_module", node)}.`.startsWith(`${path}.`));
}

function twinOf(before, after, box) {
  const twin = after.boxOfId.get(before.id(box));
  return twin !== undefined && after.title(twin) === before.title(box) ? twin : undefined;
}

// Where a module is drawn: the upper edge of its folded box, or of its frame above the first box in it, since a frame can be far wider than
// its boxes: a loop whose every step goes to one `stack` is full of wires.
function placeOf(scene, id) {
  const { frame_x: xs, frame_y: ys, frame_height: hs } = scene.columns;
  const [frame, box] = [scene.frameOfId.get(id), scene.boxOfId.get(id)];
  if (frame !== undefined) return [scene.x[firstIn(scene, frame)] ?? xs[frame], ys[frame] - hs[frame] / 2];
  return box === undefined ? null : [scene.x[box], scene.y[box] - scene.h[box] / 2];
}

// The uppermost box in a frame that does something with tensors.
function firstIn(scene, frame) {
  const { frame_x: xs, frame_y: ys, frame_width: ws, frame_height: hs } = scene.columns;
  let first;
  for (let box = 0; box < scene.count; box++) {
    const inside = Math.abs(scene.x[box] - xs[frame]) < ws[frame] / 2 && Math.abs(scene.y[box] - ys[frame]) < hs[frame] / 2;
    if (inside && !AROUND.has(scene.kind(box)) && !(scene.y[box] >= scene.y[first])) first = box;
  }
  return first;
}
