// The code editor: a real textarea (so that Korean composition, undo and screen readers are the browser's own) whose glyphs are
// transparent, over the same text in colour. Both lie in one box of one scroller, so nothing has to be kept in step.
//
// Data from Python: {name, code, revision, marks: {line: message}, minLines, maxLines, running, runs, words}. The text is Python's only
// when `revision` changes; until then it is the person's, over reruns and over a visit to another page.
import { publish, subscribe } from "./bus.mjs";
import { element, fill } from "./dom.mjs";
import { backspace, comment, dedent, indent, newline } from "./editing.mjs";
import { Lines } from "./lines.mjs";

const SOURCE = "editor";
const COLOURED_CHARACTERS = 100_000; // a longer text the textarea shows by itself: its colours would cost more than a frame a key
const UNDOABLE_LINES = 2_000; // a longer paste the browser is not asked to remember: its time grows with the square of the lines
const MOVES = new Set(["ArrowUp", "ArrowDown", "PageUp", "PageDown", "Home", "End"]);
const SETTLE_MS = 400; // from leaving the field to telling Python its draft; the browser keeps it anyway
const APPLE = /Mac|iPhone|iPad/.test(navigator.platform);

const drafts = new Map(); // name of an editor -> {revision, code} as typed, for as long as this tab lives

export function mount(root, port) {
  const editor = new Editor(port);
  root.append(editor.frame);
  const stop = subscribe((selection) => editor.select(selection));
  return {
    update: (data) => editor.update(data),
    unmount: () => {
      stop();
      editor.stopping.abort();
      editor.frame.remove();
    },
  };
}

class Editor {
  constructor(port) {
    this.port = port;
    this.lines = new Lines();
    this.shownMarks = "";
    this.synced = null; // the text that Python knows
    this.drafts = 0; // drafts sent, so that the same text sent twice is news both times
    this.asked = null; // how many runs Python had seen when Run was pressed; null while nothing is awaited
    this.caretLine = null;
    this.leaving = false; // Escape was pressed: the next Tab leaves the field
    this.stopping = new AbortController();
    this.build();
    this.listen();
  }

  build() {
    const plainTyping = { spellcheck: "false", autocomplete: "off", autocapitalize: "off", wrap: "off" };
    this.field = element("textarea", { class: "field", "aria-describedby": "help", ...plainTyping });
    const paper = element("div", { class: "paper" }, this.lines.paint, this.field);
    const sheet = element("div", { class: "sheet" }, this.lines.gutter, paper);
    this.scroller = element("div", { class: "scroller" }, sheet);
    this.button = element("button", { class: "run", type: "button" });
    this.note = element("span", { class: "note" });
    this.help = element("p", { class: "unseen", id: "help" });
    const keys = element("kbd", { class: "keys", "aria-hidden": "true" }, APPLE ? "⌘ + Enter" : "Ctrl + Enter");
    const bar = element("div", { class: "bar" }, this.button, keys, this.note);
    this.frame = element("div", { class: "editor" }, this.scroller, bar, this.help);
  }

  listen() {
    const { field, frame } = this;
    field.addEventListener("input", () => this.typed());
    field.addEventListener("paste", (event) => this.pasted(event));
    field.addEventListener("keydown", (event) => this.pressed(event));
    field.addEventListener("keyup", (event) => MOVES.has(event.key) && this.caretMoved());
    field.addEventListener("click", () => this.caretMoved());
    // Streamlit's one-letter shortcuts look at an event's target, which outside of this shadow root is no text field.
    for (const type of ["keydown", "keypress", "keyup"]) frame.addEventListener(type, (event) => event.stopPropagation());
    // Not at once: what was clicked may lead to another page, and a rerun asked for in the same moment would bring this one back.
    frame.addEventListener("focusout", (event) => frame.contains(event.relatedTarget) || this.syncSoon());
    // But what is pressed to do something with the text has to find it there.
    const options = { capture: true, signal: this.stopping.signal };
    document.addEventListener("pointerdown", (event) => this.frame.isConnected && !staysOrLeads(event, frame) && this.sync(), options);
    this.button.addEventListener("click", () => this.run());
    this.lines.gutter.addEventListener("click", ({ target }) => {
      const index = [...this.lines.gutter.children].indexOf(target);
      if (index >= 0) publish({ line: index + 1, source: SOURCE });
    });
  }

  update(data) {
    const kept = drafts.get(data.name);
    const fresh = this.data?.revision !== data.revision;
    this.data = data;
    if (fresh) {
      this.synced = data.code;
      this.field.value = kept?.revision === data.revision ? kept.code : data.code;
      this.keep();
      this.draw();
    }
    const marks = JSON.stringify(data.marks);
    if (fresh || marks !== this.shownMarks) this.lines.mark(data.marks);
    this.shownMarks = marks;
    if (this.asked !== null && data.runs > this.asked) this.asked = null;
    this.frame.style.setProperty("--min-lines", data.minLines);
    this.frame.style.setProperty("--max-lines", data.maxLines);
    this.field.setAttribute("aria-label", data.words.label);
    this.describe();
  }

  // ---- typing

  typed() {
    this.keep();
    this.draw();
    this.describe();
    this.reveal(this.lines.row(this.lineOfCaret()));
  }

  // A browser takes minutes to paste 100,000 lines so that it can undo them; set at once, without undo, they take no time.
  pasted(event) {
    const text = event.clipboardData.getData("text/plain");
    if (text.length <= COLOURED_CHARACTERS && text.split("\n").length <= UNDOABLE_LINES) return;
    event.preventDefault();
    this.field.setRangeText(text, this.field.selectionStart, this.field.selectionEnd, "end");
    this.typed();
  }

  keep() {
    drafts.set(this.data.name, { revision: this.data.revision, code: this.field.value });
  }

  pressed(event) {
    if (event.isComposing || event.keyCode === 229) return; // a key of the input method
    const command = event.ctrlKey || event.metaKey;
    const leave = this.leaving && event.key === "Tab";
    if (event.key !== "Shift") this.leaving = event.key === "Escape";
    if (leave) return;
    if (this.act(event, command)) event.preventDefault();
  }

  // Does what a key means here; false leaves it to the browser.
  act({ key, code, shiftKey, altKey }, command) {
    if (command && key === "Enter") return this.run();
    if (command && (key === "/" || code === "Slash")) return this.edit(comment);
    if (command || altKey) return false;
    if (key === "Tab") return this.edit(shiftKey ? dedent : indent);
    if (key === "Enter") return this.edit(newline);
    return key === "Backspace" && this.edit(backspace);
  }

  // The browser's old command for inserting text is the only way to change a field that its undo remembers.
  edit(change) {
    const { field } = this;
    const done = change(field.value, field.selectionStart, field.selectionEnd);
    if (!done) return false;
    if (done.insert !== field.value.slice(done.from, done.to)) {
      field.setSelectionRange(done.from, done.to);
      document.execCommand(done.insert ? "insertText" : "delete", false, done.insert);
    }
    field.setSelectionRange(done.start, done.end);
    if (change === newline) this.scroller.scrollLeft = 0;
    return true;
  }

  // ---- to Python

  syncSoon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.frame.isConnected && this.sync(), SETTLE_MS);
  }

  sync() {
    const code = this.field.value;
    if (code === this.synced) return;
    this.synced = code;
    this.drafts += 1;
    this.port.set("draft", { revision: this.data.revision, code, number: this.drafts });
  }

  run() {
    // While a run goes on, only another text is news; it ends that run.
    if (this.data.running || (this.asked !== null && this.field.value === this.synced)) return true;
    this.asked = this.data.runs;
    this.synced = this.field.value;
    // A numbered state, not a trigger: Streamlit clears triggers at the end of a rerun, also one that has just come in.
    this.port.set("run", { revision: this.data.revision, code: this.synced, number: this.asked + 1 });
    this.describe();
    return true;
  }

  busy() {
    return this.asked !== null || this.data.running;
  }

  // ---- the selection, shared with the other views

  caretMoved() {
    const line = this.lineOfCaret();
    if (line === this.caretLine) return;
    this.caretLine = line;
    publish({ line, source: SOURCE });
  }

  lineOfCaret() {
    return this.field.value.slice(0, this.field.selectionEnd).split("\n").length;
  }

  select({ line, source }) {
    const row = this.lines.select(line);
    if (source === SOURCE) return;
    this.caretLine = null;
    this.reveal(row, this.scroller.clientHeight / 3);
  }

  // Scrolls the editor, never the page, so that a row shows with `margin` px to spare.
  reveal(row, margin = 0) {
    if (!row) return;
    const { scroller } = this;
    const over = scroller.scrollTop - row.offsetTop;
    const under = row.offsetTop + row.offsetHeight - scroller.scrollTop - scroller.clientHeight;
    if (over > 0) scroller.scrollTop -= over + margin;
    else if (under > 0) scroller.scrollTop += under + margin;
  }

  // ---- what it looks like

  draw() {
    const text = this.field.value;
    const plain = text.length > COLOURED_CHARACTERS;
    this.frame.classList.toggle("plain", plain);
    this.lines.set(plain ? [] : text.split("\n"));
    this.caretLine = null;
  }

  // Everything that is said in words: the button, the marks, how to leave the field.
  describe() {
    const { words } = this.data;
    const busy = this.busy();
    this.frame.classList.toggle("busy", busy);
    this.button.textContent = busy ? words.running : words.run;
    this.button.setAttribute("aria-disabled", String(busy));
    this.note.textContent = this.frame.classList.contains("plain") ? words.plain : "";
    const marks = this.lines.marks().map(([line, message]) => `${fill(words.line, { line })}: ${message}`);
    this.field.setAttribute("aria-invalid", String(marks.length > 0));
    this.help.textContent = [...marks, words.help].join(" ");
  }
}

// Whether something was pressed inside of `frame`, or leads to another page.
function staysOrLeads(event, frame) {
  return event.composedPath().some((each) => each === frame || each.tagName === "A");
}
