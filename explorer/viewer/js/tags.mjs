// Which boxes lie in one memory: a letter for each storage that several boxes hold or keep, on all of them. Shown for all where the reader asks
// for it, else for what is selected.
import { HUES, inkOn } from "./scales.mjs";

const SIDE = 14;
const MOST = 4;

export class Tags {
  constructor(scene) {
    this.scene = scene;
    this.boxes = this.#shared(); // storage -> the boxes over it
    this.order = new Map([...this.boxes.keys()].sort((a, b) => a - b).map((storage, at) => [storage, at]));
    this.storages = new Map(); // box -> its shared storages
    for (const storage of this.order.keys()) {
      for (const box of this.boxes.get(storage)) this.storages.has(box) ? this.storages.get(box).push(storage) : this.storages.set(box, [storage]);
    }
  }

  letter(storage) {
    const at = this.order.get(storage);
    const letter = String.fromCharCode(65 + (at % 26));
    return at < 26 ? letter : `${letter}${Math.floor(at / 26)}`;
  }

  color(storage) { return HUES[this.order.get(storage) % HUES.length]; }
  of(box) { return this.storages.get(box) ?? []; }

  // What an operation saved is tagged on the saved tensors' own boxes where there are such. Copies of one leaf are one thing.
  #shared() {
    const { scene } = this;
    const { subjects } = scene;
    const drawn = new Set(subjects.second.filter((box) => scene.kind(box) === "saved").map((box) => scene.node(box)));
    const first = new Map(); // storage -> the first thing that lies in it
    const shared = new Set();
    this.#each(drawn, (storage, box) => {
      const thing = subjects.ofSecond.has(box) || scene.node(box) === null ? -1 - box : scene.node(box);
      if (!first.has(storage)) first.set(storage, thing);
      else if (first.get(storage) !== thing) shared.add(storage);
    });
    const found = new Map([...shared].map((storage) => [storage, []]));
    this.#each(drawn, (storage, box) => {
      const boxes = found.get(storage);
      if (boxes && boxes.at(-1) !== box) boxes.push(box);
    });
    return found;
  }

  // visit(storage, box) for all that a box holds, or keeps for backward.
  #each(drawn, visit) {
    const { scene } = this;
    const { subjects } = scene;
    for (let box = 0; box < scene.count; box++) {
      for (const one of subjects.of(box)) {
        for (const storage of subjects.held(one)) visit(storage, box);
        if (subjects.ofSecond.has(box) || !drawn.has(one)) for (const storage of subjects.kept(one)) visit(storage, box);
      }
    }
  }
}

// Px that tags hang lower where the lower line of a box does.
const LOWER = 4.5;

// The storages whose tags are shown whatever the reader asked for: the chosen one, else those of the selection.
function litOf({ tags, selection, storage }) {
  return new Set(storage === null ? selection.boxes.slice(0, 1).flatMap((box) => tags.of(box)) : [storage]);
}

// The tags to draw on a box: [{ storage, x, y }], centres along its lower edge from the left.
function placed({ scene, tags, motion, settings }, box, lit) {
  const shown = tags.of(box).filter((each) => settings.storages || lit.has(each));
  const down = settings.view === "both" ? LOWER : 0;
  const [left, bottom] = [motion.x[box] - scene.w[box] / 2, motion.y[box] + scene.h[box] / 2 + down];
  return shown.slice(0, MOST).map((each, at) => ({ storage: each, x: left + 10 + at * (SIDE + 3), y: bottom }));
}

const shows = ({ settings, selection, storage, camera }) => camera.k >= 0.42 && (settings.storages || storage !== null || selection.boxes.length > 0);

export function drawTags(context, view, boxes) {
  if (!shows(view)) return;
  const { tags, theme } = view;
  context.font = `700 10px ${theme.mono}`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  const lit = litOf(view);
  for (const box of boxes) {
    for (const { storage, x, y } of placed(view, box, lit)) {
      context.beginPath();
      context.roundRect(x - SIDE / 2, y - SIDE / 2, SIDE, SIDE, 3);
      context.fillStyle = tags.color(storage);
      context.strokeStyle = storage === view.storage ? theme.accent : theme.paper;
      context.lineWidth = storage === view.storage ? 2 : 1.5;
      context.fill();
      context.stroke();
      context.fillStyle = inkOn(tags.color(storage));
      context.fillText(tags.letter(storage), x, y + 0.5);
    }
  }
}

// The storage whose tag lies at a point of the drawing, or null.
export function tagAt(view, x, y) {
  if (!shows(view)) return null;
  const lit = litOf(view);
  const near = view.focus.boxes(view.bins.boxesIn(x - SIDE, y - SIDE, x + SIDE, y + SIDE));
  const tags = near.flatMap((box) => placed(view, box, lit));
  return tags.find((tag) => Math.abs(tag.x - x) <= SIDE / 2 + 1 && Math.abs(tag.y - y) <= SIDE / 2 + 1)?.storage ?? null;
}
