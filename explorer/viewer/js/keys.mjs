// What keys do. On the canvas all of them; the slash anywhere on the page while nothing is being typed and this view is in sight.
const WALK = new Set(["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight"]);

// `meant`: fit(), zoom(factor), search(), clear(), open(), walk(key). Returns a function that stops listening.
export function listenToKeys(root, canvas, meant) {
  const stop = new AbortController();
  const pressed = {
    f: () => meant.fit(),
    "+": () => meant.zoom(1.25),
    "=": () => meant.zoom(1.25),
    "-": () => meant.zoom(0.8),
    "/": () => meant.search(),
    Escape: () => meant.clear(),
    Enter: () => meant.open(),
  };
  canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (WALK.has(event.key)) meant.walk(event.key);
    else if (pressed[event.key]) pressed[event.key]();
    else return;
    // Streamlit listens for single letters too.
    event.stopPropagation();
    event.preventDefault();
  }, { signal: stop.signal });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.defaultPrevented || typing(event) || !root.offsetParent) return;
    event.preventDefault();
    meant.search();
  }, { signal: stop.signal });
  return () => stop.abort();
}

function typing(event) {
  const target = event.composedPath()[0];
  return target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName);
}
