// The coloured layer of the editor: one row a line of text, and its number in the gutter. It draws anew only what a change touched,
// so marks and the highlighted line stay with their text while lines are added above them, and go when their own line is edited.
import { element } from "./dom.mjs";
import { tokens } from "./highlight.mjs";

const PLAIN = new Set(["space", "name", "operator"]);

export class Lines {
  constructor() {
    this.paint = element("div", { class: "paint", "aria-hidden": "true" });
    this.gutter = element("div", { class: "gutter", "aria-hidden": "true" });
    this.lines = []; // {text, before, after, row, mark, selected}: `before` and `after` are the highlighter's states around the line
  }

  // Shows these lines, as strings.
  set(texts) {
    const old = this.lines;
    const least = Math.min(old.length, texts.length);
    let head = 0;
    while (head < least && old[head].text === texts[head]) head += 1;
    let tail = 0;
    while (tail < least - head && old.at(-1 - tail).text === texts.at(-1 - tail)) tail += 1;
    const fresh = texts.slice(head, texts.length - tail).map(newLine);
    for (const line of old.slice(head, old.length - tail)) line.row.remove();
    const following = tail > 0 ? old.at(-tail).row : null;
    for (const line of fresh) this.paint.insertBefore(line.row, following);
    this.lines = [...old.slice(0, head), ...fresh, ...old.slice(old.length - tail)];
    this.colour(head);
    this.number();
  }

  // Colours from line `from` on, until a line that is already right for the state it starts in.
  colour(from) {
    let state = from > 0 ? this.lines[from - 1].after : null;
    for (const line of this.lines.slice(from)) {
      if (line.after !== undefined && sameState(line.before, state)) return;
      const { pieces, state: after } = tokens(line.text, state);
      line.row.replaceChildren(...coloured(pieces));
      Object.assign(line, { before: state, after });
      state = after;
    }
  }

  // {line number: message}
  mark(messages) {
    this.lines.forEach((line, index) => {
      line.mark = messages[index + 1] ?? null;
    });
    this.number();
  }

  // The messages of the marks that are still there, with the numbers that their lines have now.
  marks() {
    return this.lines.flatMap((line, index) => (line.mark ? [[index + 1, line.mark]] : []));
  }

  // Highlights one line, from 1; null for none. Returns its row where there is one.
  select(number) {
    this.lines.forEach((line, index) => {
      line.selected = index + 1 === number;
    });
    this.number();
    return this.row(number);
  }

  row(number) {
    return this.lines[number - 1]?.row ?? null;
  }

  number() {
    while (this.gutter.children.length > this.lines.length) this.gutter.lastChild.remove();
    while (this.gutter.children.length < this.lines.length) {
      this.gutter.append(element("div", {}, String(this.gutter.children.length + 1)));
    }
    this.lines.forEach(({ row, mark, selected }, index) => {
      const number = this.gutter.children[index];
      for (const part of [row, number]) {
        part.classList.toggle("marked", Boolean(mark));
        part.classList.toggle("selected", Boolean(selected));
      }
      number.title = mark ?? "";
    });
  }
}

function newLine(text) {
  return { text, row: element("div", { class: "row" }), mark: null, selected: false };
}

// The indentation apart from the code, so that a mark underlines the code only.
function coloured(pieces) {
  const indented = pieces[0]?.[0] === "space";
  const code = element("span", { class: "code" }, pieces.slice(indented ? 1 : 0).map(piece));
  return indented ? [pieces[0][1], code] : [code];
}

function piece([kind, text]) {
  return PLAIN.has(kind) ? text : element("span", { class: kind }, text);
}

function sameState(one, other) {
  return one === other || (one && other && one.quote === other.quote && one.raw === other.raw && one.format === other.format);
}
