// A place of its own for what a replay shows of a step, so that something can stand between it and the slider. Mounted on the page where that is
// wanted; without it the panels stay below the slider.
import { element } from "./dom.mjs";

const EVENT = "explorer:replay-place";
let place = null;

export function mount(root) {
  const own = element("div", { class: "replay" });
  root.append(own);
  put(own);
  return {
    update() {},
    unmount() {
      if (place === own) put(null);
      own.remove();
    },
  };
}

function put(next) {
  place = next;
  window.dispatchEvent(new CustomEvent(EVENT));
}

// Calls put(place or null) now and whenever it changes; returns a function that stops it.
export function follow(moved) {
  const heard = () => moved(place);
  window.addEventListener(EVENT, heard);
  heard();
  return () => window.removeEventListener(EVENT, heard);
}
