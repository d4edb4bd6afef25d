// A view that is drawn anew from its data: mountDrawing(root, (data) => [node, ...]). Equal data is not drawn again, so that what a person
// pointed at or unfolded stays.
import { element } from "./dom.mjs";

export function mountDrawing(root, draw) {
  const frame = element("div", { class: "sheet" });
  root.append(frame);
  let shown = "";
  return {
    update(data) {
      const content = JSON.stringify(data);
      if (content === shown) return;
      shown = content;
      frame.replaceChildren(...draw(data));
    },
    unmount: () => frame.remove(),
  };
}
