// One selection, linked everywhere: every view on the page says here what was selected and hears what others selected,
// at once and without a round trip to Python.
//
// A selection is {node, line, storage, tensor, source}: a graph node's id, a source line from 1, storage ids (an array), a tensor's
// name; each is null where it does not apply. Where a module was selected, there is also `module`, its path.
// `source` names the view that published it, so that it can ignore its own echo.
const EVENT = "explorer:selection";
const ORDERS = "explorer:orders";
const NOTHING = { node: null, line: null, storage: [], tensor: null, source: null };

// What was said last, and when: a view that is mounted a moment later, while its modules were still on their way, must not miss it.
const MOMENT_MS = 3_000;
let last = null;

export function publish(selection) {
  const detail = { ...NOTHING, ...selection };
  last = { detail, at: performance.now() };
  window.dispatchEvent(new CustomEvent(EVENT, { detail }));
}

// The selection of the last moments, or null.
export const recent = () => (last && performance.now() - last.at < MOMENT_MS ? last.detail : null);

// Calls listen(selection) for every selection published from now on; returns a function that stops it.
export function subscribe(listen) {
  const heard = (event) => listen(event.detail);
  window.addEventListener(EVENT, heard);
  return () => window.removeEventListener(EVENT, heard);
}

// Orders to the graph views of the page, as in {select: 3, view: "both", overlay: "grad", step: 2, fold: "model.layer3"}: see GraphView.drive.
export function order(orders) {
  window.dispatchEvent(new CustomEvent(ORDERS, { detail: orders }));
}

// What a replay says of its step, to whoever shows a graph of that training, now or later; null ends it. See recorded.mjs.
const RECORDED = "explorer:recorded";
let standing = null;

export function tellRecorded(said) {
  standing = said;
  window.dispatchEvent(new CustomEvent(RECORDED, { detail: said }));
}

// Calls listen(said) at once where something stands, and whenever it changes; returns a function that stops it.
export function hearRecorded(listen) {
  const heard = (event) => listen(event.detail);
  window.addEventListener(RECORDED, heard);
  if (standing) listen(standing);
  return () => window.removeEventListener(RECORDED, heard);
}

// Calls heard(orders) for all that is asked from now on; returns a function that stops it.
export function obey(heard) {
  const listen = (event) => heard(event.detail);
  window.addEventListener(ORDERS, listen);
  return () => window.removeEventListener(ORDERS, listen);
}
