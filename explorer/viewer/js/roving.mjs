// A box of many small things as one stop of the Tab key: the arrow keys go from one to the next (up and down by what lies there), Home
// and End to the ends. The things are the children with a tabindex, however deep.
const items = (box) => [...box.querySelectorAll("[tabindex]")];

export function roving(box) {
  box.addEventListener("keydown", (event) => {
    const all = items(box);
    const to = next(all, all.indexOf(event.target), event.key);
    if (!to) return;
    event.preventDefault();
    to.focus();
  });
  box.addEventListener("focusin", ({ target }) => {
    for (const item of items(box)) item.tabIndex = item === target ? 0 : -1;
  });
  // Whatever is drawn anew starts at its first thing.
  new MutationObserver(() => {
    const all = items(box);
    if (all.length && !all.some((item) => item.tabIndex === 0)) all[0].tabIndex = 0;
  }).observe(box, { childList: true, subtree: true });
}

function next(all, at, key) {
  if (at < 0) return null;
  if (key === "ArrowRight") return all[at + 1];
  if (key === "ArrowLeft") return all[at - 1];
  if (key === "Home") return all[0];
  if (key === "End") return all.at(-1);
  if (key === "ArrowDown") return beside(all.slice(at + 1), all[at]);
  if (key === "ArrowUp") return beside(all.slice(0, at).toReversed(), all[at]);
  return null;
}

// Of the nearest other line, the thing whose middle is nearest. `others` begin with those beside `from`.
function beside(others, from) {
  const middle = ({ left, width }) => left + width / 2;
  const start = from.getBoundingClientRect();
  const boxes = others.map((other) => [other, other.getBoundingClientRect()]).filter(([, box]) => Math.abs(box.top - start.top) > 1);
  const line = boxes.filter(([, box]) => Math.abs(box.top - boxes[0][1].top) <= 1);
  const away = ([, box]) => Math.abs(middle(box) - middle(start));
  return line.sort((one, other) => away(one) - away(other))[0]?.[0];
}
