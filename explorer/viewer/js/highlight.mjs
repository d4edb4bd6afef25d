// Python source as coloured pieces, one line at a time. Pure: no document, so that tests can run it on whole libraries.
//
// tokens(line, state) -> {pieces: [[kind, text], ...], state}: the texts joined give the line back; `state` is null, or the string
// that is still open at the end of the line, {quote, raw, format}, to hand to the next line.

const WORDS = {
  keyword:
    "and as assert async await break class continue def del elif else except finally for from global if import in is lambda nonlocal " +
    "not or pass raise return try while with yield",
  constant: "True False None",
  preset: "torch nn F optim math np random",
  builtin: "abs all any bool dict enumerate float int isinstance len list max min print range reversed round set sorted str sum super tuple type zip",
  self: "self cls",
};
const KINDS = new Map(Object.entries(WORDS).flatMap(([kind, words]) => words.split(" ").map((word) => [word, kind])));

const STRING = /[rbfu]{0,2}("""|'''|"|')/iy;
const NAME = /[\p{L}_][\p{L}\p{N}\p{M}_]*/uy;
const NUMBER = /0[xX][\da-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+|(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d[\d_]*)?[jJ]?/y;
const SPACE = /\s+/y;
const DECORATOR = /@\s*[\p{L}_][\p{L}\p{N}_.]*/uy;

function matchAt(pattern, line, at) {
  pattern.lastIndex = at;
  return pattern.exec(line);
}

export function tokens(line, state = null) {
  const pieces = [];
  let at = 0;
  let open = state;
  let before = null; // the last piece that is not a space: "def" makes the next name a definition, "." makes it an attribute
  const push = (kind, text) => {
    pieces.push([kind, text]);
    at += text.length;
    if (kind !== "space") before = text;
  };
  while (at < line.length) {
    if (open) {
      const { inner, closed } = stringFrom(line, at, open);
      for (const [kind, text] of inner) push(kind, text);
      open = closed ? null : open;
      continue;
    }
    const string = matchAt(STRING, line, at);
    if (string) {
      open = opened(string);
      push("string", string[0]);
      continue;
    }
    push(...plain(line, at, before));
  }
  // A string in single quotes goes on only after a backslash at the end of its line.
  if (open && open.quote.length === 1 && !line.endsWith("\\")) open = null;
  return { pieces, state: open };
}

function opened(match) {
  const prefix = match[0].slice(0, -match[1].length).toLowerCase();
  return { quote: match[1], raw: prefix.includes("r"), format: prefix.includes("f") };
}

function plain(line, at, before) {
  const space = matchAt(SPACE, line, at);
  if (space) return ["space", space[0]];
  if (line[at] === "#") return ["comment", line.slice(at)];
  if (line[at] === "@" && before === null) {
    const decorator = matchAt(DECORATOR, line, at);
    if (decorator) return ["decorator", decorator[0]];
  }
  const number = matchAt(NUMBER, line, at);
  if (number) return ["number", number[0]];
  const name = matchAt(NAME, line, at);
  if (name) return [kindOfName(name[0], before), name[0]];
  return ["operator", String.fromCodePoint(line.codePointAt(at))];
}

function kindOfName(name, before) {
  if (before === "def" || before === "class") return "definition";
  if (before === ".") return "name";
  return KINDS.get(name) ?? "name";
}

// The rest of an open string on this line, up to and with its closing quote; {expressions} of an f-string as code of their own.
function stringFrom(line, start, open) {
  const inner = [];
  let from = start;
  let at = start;
  const flush = () => at > from && inner.push(["string", line.slice(from, at)]);
  while (at < line.length) {
    if (line[at] === "\\") {
      at = Math.min(at + 2, line.length);
    } else if (line.startsWith(open.quote, at)) {
      at += open.quote.length;
      flush();
      return { inner, closed: true };
    } else if (open.format && (line.startsWith("{{", at) || line.startsWith("}}", at))) {
      at += 2;
    } else if (open.format && line[at] === "{") {
      flush();
      from = expressionEnd(line, at, open.quote);
      inner.push(...tokens(line.slice(at, from)).pieces);
      at = from;
    } else {
      at += 1;
    }
  }
  flush();
  return { inner, closed: false };
}

// Where the {expression} that starts at `start` ends: after its closing brace, or before the quote that ends the string early.
function expressionEnd(line, start, quote) {
  let depth = 0;
  for (let at = start; at < line.length; at += 1) {
    if (line.startsWith(quote, at)) return at;
    if ("{[(".includes(line[at])) depth += 1;
    if ("}])".includes(line[at])) depth -= 1;
    if (depth === 0) return at + 1;
  }
  return line.length;
}
