// Cuts a text to the room it has; remembers what it measured, since measuring is what drawing text costs.
const MOST = 20000;

export class TextFitter {
  #fitted = new Map();

  // `text` in the context's font, cut with an ellipsis to at most `room` px.
  fit(context, text, room) {
    const key = `${context.font}|${Math.round(room)}|${text}`;
    let fitted = this.#fitted.get(key);
    if (fitted === undefined) {
      if (this.#fitted.size > MOST) this.#fitted.clear();
      fitted = cut(context, text, room);
      this.#fitted.set(key, fitted);
    }
    return fitted;
  }
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
