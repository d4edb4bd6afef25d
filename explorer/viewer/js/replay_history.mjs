// One parameter's histograms over all watched steps: steps across, values up, darker where more elements are. The slider's step is marked.
import { element, fill } from "./dom.mjs";
import { format } from "./numbers.mjs";
import { Surface } from "./replay_canvas.mjs";

const HEIGHT = 110;
const ROWS = 40;
const LEFT = 52;

export class History {
  constructor() {
    this.pictures = ["weight", "gradient"].map((kind) => {
      const surface = new Surface(HEIGHT);
      const title = element("h3", {});
      const root = element("figure", { class: "history" }, title, element("div", { class: "strip", role: "img" }, surface.canvas));
      return { kind, surface, title, root };
    });
    this.root = element("div", { class: "histories" }, this.pictures.map(({ root }) => root));
  }

  draw({ words, start, snapshots }, index, at) {
    this.root.hidden = snapshots.length < 3 || !snapshots[0].layers?.length;
    if (this.root.hidden) return;
    const name = start.parameters[index] ?? "";
    for (const { kind, surface, title, root } of this.pictures) {
      title.textContent = fill(words[`history.${kind}`], { name });
      root.querySelector(".strip").setAttribute("aria-label", title.textContent);
      this.#paint(surface, snapshots.map((one) => one.layers?.[index]?.[kind] ?? null), snapshots, at);
    }
  }

  #paint(surface, spreads, snapshots, at) {
    const { context, width, height, colors } = surface.begin();
    const known = spreads.filter((spread) => spread?.counts?.length);
    if (!known.length) return;
    const low = Math.min(...known.map((spread) => Number(spread.low)));
    const high = Math.max(...known.map((spread) => Number(spread.high)));
    const reach = high - low || 1;
    const last = snapshots.at(-1).step;
    const x = (step) => LEFT + ((step - 1) / Math.max(1, last - 1)) * (width - LEFT);
    context.fillStyle = colors.accent;
    spreads.forEach((spread, column) => {
      if (!spread?.counts?.length) return;
      const density = dense(spread, low, reach);
      const most = Math.max(...density);
      const from = x(snapshots[column].step);
      const to = column + 1 < snapshots.length ? x(snapshots[column + 1].step) : width;
      density.forEach((share, row) => {
        if (!share) return;
        context.globalAlpha = 0.12 + 0.88 * Math.sqrt(share / most);
        context.fillRect(from, height - ((row + 1) / ROWS) * height, Math.max(1, to - from), height / ROWS);
      });
    });
    context.globalAlpha = 1;
    context.strokeStyle = colors.ink;
    context.beginPath();
    context.moveTo(x(snapshots[at].step), 0);
    context.lineTo(x(snapshots[at].step), height);
    context.stroke();
    context.fillStyle = colors.muted;
    context.font = `11px ${colors.mono}`;
    context.textAlign = "right";
    context.fillText(format(high, 3), LEFT - 5, 10);
    context.fillText(format(low, 3), LEFT - 5, height - 2);
  }
}

// Elements by row of the picture: each bin's are shared among the rows that it covers.
function dense({ low, high, counts }, least, reach) {
  const rows = new Array(ROWS).fill(0);
  const width = (Number(high) - Number(low)) / counts.length;
  counts.forEach((count, bin) => {
    if (!count) return;
    const start = ((Number(low) + bin * width - least) / reach) * ROWS;
    const end = Math.max(start + 1e-9, ((Number(low) + (bin + 1) * width - least) / reach) * ROWS);
    for (let row = Math.max(0, Math.floor(start)); row < Math.min(ROWS, Math.ceil(end)); row++) {
      rows[row] += (count * (Math.min(end, row + 1) - Math.max(start, row))) / (end - start);
    }
  });
  return rows;
}
