// Which box or which frame's title lies under a point, and which box is next to another.
import { TITLE_STRIP } from "./frames.mjs";
import { wiresAt } from "./scene.mjs";

// x and y in px of the drawing. Returns {box, frame}, each null where there is none.
export function pick({ scene, bins, camera, focus }, x, y) {
  const reach = 3 / camera.k;
  const boxes = focus.boxes(bins.boxesIn(x - reach, y - reach, x + reach, y + reach));
  const box = boxes.find((each) => Math.abs(scene.x[each] - x) <= scene.w[each] / 2 && Math.abs(scene.y[each] - y) <= scene.h[each] / 2) ?? boxes[0];
  if (box !== undefined) return { box, frame: null };
  return { box: null, frame: frameTitleAt(scene, bins, x, y) };
}

// Inner frames come after outer ones, so the last hit is the innermost.
function frameTitleAt(scene, bins, x, y) {
  const { frame_y: ys, frame_height: hs } = scene.columns;
  const hit = bins.framesIn(x, y, x, y, 0).filter((frame) => y <= ys[frame] - hs[frame] / 2 + TITLE_STRIP);
  return hit.at(-1) ?? null;
}

// The box to go to from `box` by an arrow key: along an edge up or down, to the nearest in the same row left or right. Null at the rim.
export function neighbour({ scene, bins, focus }, box, key) {
  const { wires, x, y } = scene;
  if (key === "ArrowUp" || key === "ArrowDown") {
    const [ends, adjacent] = key === "ArrowUp" ? [wires.source, wires.into] : [wires.target, wires.out];
    return nearest(focus.boxes(Array.from(wiresAt(adjacent, box), (wire) => ends[wire])), (other) => Math.abs(x[other] - x[box]));
  }
  const direction = key === "ArrowLeft" ? -1 : 1;
  const row = focus.boxes(bins.boxesIn(-Infinity, y[box] - 4, Infinity, y[box] + 4));
  return nearest(row.filter((other) => (x[other] - x[box]) * direction > 1), (other) => Math.abs(x[other] - x[box]) + 2 * Math.abs(y[other] - y[box]));
}

function nearest(boxes, distance) {
  return boxes.reduce((best, box) => (best === null || distance(box) < distance(best) ? box : best), null);
}

// Where the graph ends: the box that lies lowest.
export function lowest(scene) {
  let best = 0;
  for (let box = 1; box < scene.count; box++) if (scene.y[box] > scene.y[best]) best = box;
  return best;
}
