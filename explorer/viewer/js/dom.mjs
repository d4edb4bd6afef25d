// Making elements. Whatever came from a run goes in as text, never as markup.

// element("p", {class: "note", title: "..."}, "text", child, ...): attributes by name, `on...` as listeners, null children left out.
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

// A 16 px line icon from one path; the button around it carries the name.
export function icon(path) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const line = document.createElementNS("http://www.w3.org/2000/svg", "path");
  line.setAttribute("d", path);
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  svg.append(line);
  return svg;
}

// Fills {name} in a text of the catalogue.
export function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (field, name) => values[name] ?? field);
}
