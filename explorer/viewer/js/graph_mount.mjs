// The graph view inside Streamlit: what the person did goes to Python as state and triggers, and what Python says comes in small
// records {channel, height, overview, selected, look, exports}. The scene itself arrives through channels.mjs.
import { receive } from "./channels.mjs";
import { Echo } from "./echo.mjs";
import { GraphView } from "./graph_view.mjs";

// Several selections within this time (arrow keys held down) are told to Python as one.
const SETTLE_MS = 150;

export function mount(root, port) {
  const selection = new Echo(null);
  const looks = new Map(); // an Echo for each setting
  let pending = null;
  let toggled = null;
  let timer = null;
  let stop = null;
  const view = new GraphView(root, {
    selected(node) {
      clearTimeout(timer);
      timer = setTimeout(() => selection.tells(node) && port.set("selected", node), SETTLE_MS);
    },
    toggle(path) { port.trigger("toggled", (toggled = path)); },
    shows(setting, value) {
      const said = value === true ? "on" : value === false || value === null ? "off" : value;
      if (looks.get(setting)?.tells(value) ?? true) port.trigger("command", `${setting}:${said}`);
    },
    command(text) { port.trigger("command", text); },
    answers: () => true,
  });
  const show = (scene) => {
    if (scene.lost) return void view.lose(scene.lost);
    view.show(scene, toggled);
    toggled = null;
    if (pending !== null) view.selecting.node(pending, true);
    pending = null;
  };
  const obey = (selected, look) => {
    if (!selection.hears(selected)) pending = view.scene ? pending : selected;
    else if (view.scene) view.selecting.node(selected, true);
    else pending = selected;
    for (const [setting, value] of Object.entries(look)) {
      if (!looks.has(setting)) looks.set(setting, new Echo(view.settings[setting]));
      if (looks.get(setting).hears(value)) view.set(setting, value);
    }
  };
  return {
    update({ channel, height, overview = false, selected, look = {}, exports = null }) {
      view.setOverview(overview);
      view.setHeight(height);
      stop ??= receive(channel, show);
      view.exports.setSource(exports);
      obey(selected, look);
      view.refreshTheme();
    },
    unmount() {
      clearTimeout(timer);
      stop?.();
      view.unmount();
    },
  };
}
