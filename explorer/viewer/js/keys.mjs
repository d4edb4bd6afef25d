// What keys do. On the canvas all of them; the slash anywhere on the page while nothing is being typed and this view is in sight.
// The list is also what the help dialog shows.
export const KEYS = [
  { does: "walk", keys: ["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight"], shown: ["↑", "↓", "←", "→"] },
  { does: "back", keys: ["[", "Alt+ArrowLeft"], shown: ["[", "Alt ←"] },
  { does: "forward", keys: ["]", "Alt+ArrowRight"], shown: ["]", "Alt →"] },
  { does: "search", keys: ["/"] },
  { does: "open", keys: ["e", "Enter"], shown: ["e", "Enter"] },
  { does: "fit", keys: ["f"] },
  { does: "closer", keys: ["+", "="], shown: ["+"] },
  { does: "farther", keys: ["-"], shown: ["−"] },
  { does: "upstream", keys: ["u"] },
  { does: "downstream", keys: ["d"] },
  { does: "route", keys: ["t"] },
  { does: "pin", keys: ["p"] },
  { does: "hide", keys: ["h"] },
  { does: "isolate", keys: ["i"] },
  { does: "all", keys: ["a"] },
  { does: "step", keys: [".", ">"], shown: ["."] },
  { does: "stepBack", keys: [",", "<"], shown: [","] },
  { does: "overlay", keys: ["o", "O"], shown: ["o", "Shift o"] },
  { does: "face", keys: ["v"] },
  { does: "clear", keys: ["Escape"], shown: ["Esc"] },
  { does: "help", keys: ["?"] },
];
const MEANT = new Map(KEYS.flatMap(({ does, keys }) => keys.map((key) => [key, does])));

// `meant[does](key)` for each of KEYS. Returns a function that stops listening.
export function listenToKeys(root, canvas, meant) {
  const stop = new AbortController();
  canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey) return;
    const key = keyOf(event);
    const does = MEANT.get(event.altKey ? `Alt+${key}` : key);
    if (!does) return;
    meant[does](key);
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

// The letter on the key itself where the keyboard writes Korean, since nothing is being written here.
function keyOf({ key, code, shiftKey }) {
  const letter = /^Key([A-Z])$/.exec(code)?.[1];
  if (!letter || /^[a-zA-Z]$/.test(key)) return key;
  return shiftKey ? letter : letter.toLowerCase();
}

function typing(event) {
  const target = event.composedPath()[0];
  return target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName);
}
