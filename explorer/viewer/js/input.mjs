// Pointer, wheel and touch on the canvas, turned into what the person meant: pan, zoom, point at, click, double click.
const SLACK = 4;

// `meant`: pan(dx, dy), zoom(factor, x, y), point(x, y) or point(null), click(x, y, further) (with Shift: further), open(x, y). Returns a function that stops listening.
export function listen(canvas, meant) {
  const stop = new AbortController();
  const on = (name, heard, options = {}) => canvas.addEventListener(name, heard, { signal: stop.signal, ...options });
  const fingers = new Map();
  let moved = false;

  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };

  on("pointerdown", (event) => {
    if (event.button !== 0) return;
    canvas.setPointerCapture(event.pointerId);
    fingers.set(event.pointerId, { at: place(event), start: place(event) });
    if (fingers.size === 1) moved = false;
  });

  on("pointermove", (event) => {
    const finger = fingers.get(event.pointerId);
    const [x, y] = place(event);
    if (!finger) return meant.point(x, y);
    if (!moved && Math.hypot(x - finger.start[0], y - finger.start[1]) < SLACK) return undefined;
    moved = true;
    canvas.classList.add("dragging");
    const before = [...fingers.values()].map(({ at }) => at);
    finger.at = [x, y];
    return follow(before, [...fingers.values()].map(({ at }) => at), meant);
  });

  const lift = (event) => {
    const finger = fingers.get(event.pointerId);
    fingers.delete(event.pointerId);
    canvas.classList.remove("dragging");
    if (finger && !moved && event.type === "pointerup") meant.click(...place(event), event.shiftKey);
  };
  on("pointerup", lift);
  on("pointercancel", lift);
  on("pointerleave", () => meant.point(null));
  on("dblclick", (event) => meant.open(...place(event)));

  on("wheel", (event) => {
    event.preventDefault();
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
    // A pinch on a touchpad arrives as a wheel with ctrl and small steps.
    const pace = event.ctrlKey ? 0.01 : 0.0016;
    meant.zoom(Math.exp(-event.deltaY * lines * pace), ...place(event));
  }, { passive: false });

  return () => stop.abort();
}

// One finger pans; two pan with their middle and zoom with their distance.
function follow(before, after, meant) {
  const middle = (points) => [0, 1].map((axis) => points.reduce((sum, point) => sum + point[axis], 0) / points.length);
  const [from, to] = [middle(before), middle(after)];
  meant.pan(to[0] - from[0], to[1] - from[1]);
  if (after.length === 2) {
    const spread = ([a, b]) => Math.max(1, Math.hypot(a[0] - b[0], a[1] - b[1]));
    meant.zoom(spread(after) / spread(before), ...to);
  }
}
