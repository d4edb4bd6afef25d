// What Streamlit gets as inline JavaScript; the real modules are files of their own (see assets.py), so that they can import each other
// and are fetched once. Module, folder and styles are filled in by component.py.
//
// Streamlit calls this again for every change of data or theme. A call that a newer one has overtaken while its imports were under way
// must do nothing, and its clean-up must not unmount what the newer one shows: hence the count of calls by element.
const views = new WeakMap();

// document.baseURI is wrong below a base path without a trailing slash, so ask where Streamlit's own script came from.
const script = document.querySelector('script[type=module][src*="static/js/"]');
const app = script ? new URL("../../", script.src) : new URL("./", document.baseURI);
const folder = new URL("FOLDER", app);

const sheets = Promise.all(STYLES.map(async (name) => {
  const sheet = new CSSStyleSheet();
  await sheet.replace(await (await fetch(new URL(name, folder))).text());
  return sheet;
}));
const code = import(new URL("MODULE", folder));

export default async function ({ data, parentElement: root, setStateValue, setTriggerValue }) {
  const view = views.get(root) ?? { calls: 0, mounted: null, port: {} };
  views.set(root, view);
  const call = ++view.calls;
  Object.assign(view.port, { set: setStateValue, trigger: setTriggerValue });
  const [{ mount }, styles] = await Promise.all([code, sheets]);
  if (call !== view.calls) return undefined;
  if (!view.mounted) {
    root.adoptedStyleSheets = styles;
    view.mounted = mount(root, view.port);
  }
  view.mounted.update(data);
  return () => {
    if (call !== view.calls) return;
    view.mounted.unmount();
    views.delete(root);
  };
}
