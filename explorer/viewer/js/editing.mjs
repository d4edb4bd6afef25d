// What the keys of a code editor do to a text. Pure: each takes the text and the selection [start, end) and returns
// {from, to, insert, start, end}: replace text[from, to) by `insert`, then select [start, end). Null leaves the key to the browser.

const INDENT = 4;

const lineStart = (text, at) => text.lastIndexOf("\n", at - 1) + 1;

function lineEnd(text, at) {
  const end = text.indexOf("\n", at);
  return end < 0 ? text.length : end;
}

const leading = (line) => line.match(/^[ \t]*/)[0];

// Tab: to the next column that is a multiple of four; with several lines selected, all of them further in.
export function indent(text, start, end) {
  if (text.slice(start, end).includes("\n")) return eachLine(text, start, end, (line) => (line.trim() ? " ".repeat(INDENT) + line : line));
  const width = INDENT - ((start - lineStart(text, start)) % INDENT);
  return { from: start, to: end, insert: " ".repeat(width), start: start + width, end: start + width };
}

// Shift+Tab: the selected lines, or the one with the caret, back by up to four columns.
export function dedent(text, start, end) {
  return eachLine(text, start, end, (line) => line.replace(/^(\t| {1,4})/, ""));
}

// Ctrl+/: comments the lines out, or in again where all of them are comments.
export function comment(text, start, end) {
  const lines = touched(text, start, end).lines.filter((line) => line.trim());
  if (lines.length === 0) return null;
  if (lines.every((line) => line.trimStart().startsWith("#"))) {
    return eachLine(text, start, end, (line) => line.replace(/^(\s*)# ?/, "$1"));
  }
  const column = Math.min(...lines.map((line) => leading(line).length));
  return eachLine(text, start, end, (line) => (line.trim() ? `${line.slice(0, column)}# ${line.slice(column)}` : line));
}

// Enter: the same indentation again, one step more after a colon or an opening bracket, one less after a statement that ends a block.
export function newline(text, start, end) {
  const line = text.slice(lineStart(text, start), start);
  let pad = leading(line);
  const code = line.replace(/\s+#[^"']*$/, "").trimEnd();
  if (/[:([{]$/.test(code)) pad += " ".repeat(INDENT);
  else if (/^\s+(return|pass|break|continue|raise)\b/.test(code)) pad = pad.slice(0, -INDENT);
  const at = start + 1 + pad.length;
  return { from: start, to: end, insert: `\n${pad}`, start: at, end: at };
}

// Backspace in the indentation: back to the column before that is a multiple of four.
export function backspace(text, start, end) {
  const before = text.slice(lineStart(text, start), start);
  if (start !== end || before.length < 2 || /[^ ]/.test(before)) return null;
  const from = start - (before.length % INDENT || INDENT);
  return { from, to: start, insert: "", start: from, end: from };
}

function touched(text, start, end) {
  const from = lineStart(text, start);
  // A selection that ends right after a line break does not mean the line that follows it.
  const last = end > start && text[end - 1] === "\n" ? end - 1 : end;
  const to = lineEnd(text, last);
  return { from, to, lines: text.slice(from, to).split("\n") };
}

// Changes every touched line at its beginning, and moves the selection with the text it was on.
function eachLine(text, start, end, change) {
  const { from, to, lines } = touched(text, start, end);
  const changed = lines.map(change);
  const insert = changed.join("\n");
  if (insert === text.slice(from, to)) return { from: start, to: start, insert: "", start, end };
  const first = changed[0].length - lines[0].length;
  const all = insert.length - (to - from);
  return { from, to, insert, start: Math.max(from, start + first), end: Math.max(from, end + all) };
}
