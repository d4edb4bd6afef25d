// Mounts a view that shows data from Python and follows the selection of the others: it has `frame`, `update(data)` and `follow(selection)`.
import { subscribe } from "./bus.mjs";

export function mountFollower(root, view) {
  root.append(view.frame);
  const stop = subscribe((selection) => view.follow(selection));
  return {
    update: (data) => view.update(data),
    unmount: () => {
      stop();
      view.frame.remove();
    },
  };
}
