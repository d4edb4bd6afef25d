// The graph view inside Streamlit: what the person did goes to Python as state and triggers, and what Python says comes in small
// records {channel, height, selected}. The scene itself arrives through channels.mjs.
import { receive } from "./channels.mjs";
import { GraphView } from "./graph_view.mjs";

// Several selections within this time (arrow keys held down) are told to Python as one.
const SETTLE_MS = 150;
const MOST_ECHOES = 16;

export function mount(root, port) {
  // What Python was told and may say back; a page that answers late must not undo what the person selected since.
  let echoes = [null];
  let asked = null;
  let pending = null;
  let toggled = null;
  let timer = null;
  let stop = null;
  const view = new GraphView(root, {
    selected(node) {
      clearTimeout(timer);
      timer = setTimeout(() => {
        if (node === echoes.at(-1)) return;
        echoes = [...echoes, node].slice(-MOST_ECHOES);
        port.set("selected", node);
      }, SETTLE_MS);
    },
    toggle(path) { port.trigger("toggled", (toggled = path)); },
    command(text) { port.trigger("command", text); },
  });
  const show = (scene) => {
    view.show(scene, toggled);
    toggled = null;
    if (pending !== null) view.selectNode(pending, true);
    pending = null;
  };
  const obey = (selected) => {
    const echo = echoes.indexOf(selected);
    if (echo >= 0) echoes = echoes.slice(echo);
    else if (!view.scene) pending = selected;
    else if (selected !== asked) view.selectNode(selected, true);
    asked = selected;
  };
  return {
    update({ channel, height, selected }) {
      view.setHeight(height);
      stop ??= receive(channel, show);
      obey(selected);
      view.refreshTheme();
    },
    unmount() {
      clearTimeout(timer);
      stop?.();
      view.unmount();
    },
  };
}
