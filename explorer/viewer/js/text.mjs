// Cuts texts to the room they have; remembers what it measured, since measuring is what drawing text costs.
const MOST = 20000;

// For texts in one font, which the context has while they are fitted.
class TextFitter {
  #fitted = new Map();

  // `text` cut with an ellipsis to at most `room` px.
  fit(context, text, room) {
    const known = this.#fitted.get(text);
    if (known?.room === room) return known.fitted;
    if (this.#fitted.size > MOST) this.#fitted.clear();
    const fitted = cut(context, text, room);
    this.#fitted.set(text, { room, fitted });
    return fitted;
  }
}

const fitters = new Map();

// Gives the context a font, and the fitter for it.
export function useFont(context, font) {
  context.font = font;
  if (!fitters.has(font)) fitters.set(font, new TextFitter());
  return fitters.get(font);
}

function cut(context, text, room) {
  if (context.measureText(text).width <= room) return text;
  const characters = Array.from(text);
  let [fits, tooLong] = [0, characters.length];
  while (tooLong - fits > 1) {
    const middle = (fits + tooLong) >> 1;
    if (context.measureText(`${characters.slice(0, middle).join("")}…`).width <= room) fits = middle;
    else tooLong = middle;
  }
  return fits ? `${characters.slice(0, fits).join("").trimEnd()}…` : "";
}
