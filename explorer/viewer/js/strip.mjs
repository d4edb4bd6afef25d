// A storage as rows of cells, of which only those in sight are drawn: a strip of 10^8 cells costs what a short one does.
//
// The strip itself is one stop of the Tab key; the arrow keys go from cell to cell, Home and End to its ends, Page Up and Page Down a
// window on. A browser cannot make an element taller than some 10^7 px: beyond TALLEST the scroll bar stands for rows in proportion, and the
// wheel moves by rows as it does elsewhere.
import { element } from "./dom.mjs";

const COLUMNS = [16, 8, 4, 2, 1];
const NARROWEST = 52; // px of a cell
const WIDEST = 76;
const TALLEST = 8_000_000; // px
const SPARE = 1; // rows drawn above and below those in sight

export class Strip {
  // `cell(at)` makes the element of a cell; `point(at)` is told which cell is pointed at, null for none.
  constructor({ count, rowHeight, label, cell, point }) {
    Object.assign(this, { count, rowHeight, cell, point });
    this.rows = new Map(); // element by number of the row
    this.top = 0; // the row at the upper edge; a fraction while scrolling
    this.active = null;
    this.pointed = () => false;
    this.sheet = element("div", { class: "sheet" });
    this.frame = element("div", { class: "strip", role: "group", tabindex: "0", "aria-label": label }, this.sheet);
    this.frame.addEventListener("scroll", () => this.scrolled());
    this.frame.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    this.frame.addEventListener("keydown", (event) => this.key(event));
    this.frame.addEventListener("focus", () => this.frame.matches(":focus-visible") && this.activate(this.active ?? this.first));
    this.frame.addEventListener("blur", () => this.activate(null));
    this.frame.addEventListener("pointerover", ({ target }) => this.over(target.closest(".cell")));
    // A finger has left as soon as it is lifted: what it pointed at stays.
    this.frame.addEventListener("pointerleave", ({ pointerType }) => pointerType !== "touch" && this.point(null));
    this.watch = new ResizeObserver(() => this.fit());
    this.watch.observe(this.frame);
    this.columns = 8;
    this.visible = 1;
  }

  // So many rows in sight at most, the cell `at` among them.
  show(visible, at = 0) {
    this.visible = visible;
    this.wanted = at;
    this.fit(true);
  }

  fit(anew = false) {
    const width = this.frame.clientWidth;
    const columns = COLUMNS.find((count) => count * NARROWEST <= width) ?? 1;
    if (!width || (!anew && columns === this.columns && width === this.width)) return;
    const at = this.wanted ?? Math.floor(this.top) * this.columns;
    this.wanted = null;
    Object.assign(this, { columns, width, cellWidth: Math.min(WIDEST, Math.floor(width / columns)) });
    this.total = Math.max(1, Math.ceil(this.count / columns));
    this.seen = Math.min(this.total, this.visible);
    this.tall = Math.min(TALLEST, this.total * this.rowHeight);
    this.scaled = this.tall < this.total * this.rowHeight;
    this.frame.style.height = `${this.seen * this.rowHeight}px`;
    this.sheet.style.height = `${this.tall}px`;
    this.forget();
    const row = Math.floor(at / columns);
    this.goTo(row < this.seen ? 0 : row - 1);
  }

  forget() {
    for (const row of this.rows.values()) row.remove();
    this.rows.clear();
  }

  // The cells in sight anew, after what they show has changed.
  redraw() {
    this.forget();
    this.draw();
  }

  get first() {
    return Math.floor(this.top) * this.columns;
  }

  // ---- scrolling

  get room() {
    return this.tall - this.seen * this.rowHeight;
  }

  goTo(top) {
    this.top = Math.max(0, Math.min(top, this.total - this.seen));
    const left = this.total - this.seen;
    this.frame.scrollTop = this.scaled ? (this.top / left) * this.room : this.top * this.rowHeight;
    this.placed = this.frame.scrollTop;
    this.draw();
  }

  scrolled() {
    const { scrollTop } = this.frame;
    if (scrollTop === this.placed) return; // by goTo
    this.placed = scrollTop;
    this.top = this.scaled ? (scrollTop / this.room) * (this.total - this.seen) : scrollTop / this.rowHeight;
    this.draw();
  }

  wheel(event) {
    if (!this.scaled || event.ctrlKey) return;
    const rows = event.deltaMode === 0 ? event.deltaY / this.rowHeight : event.deltaY;
    const top = Math.max(0, Math.min(this.top + rows, this.total - this.seen));
    if (top === this.top) return;
    event.preventDefault();
    this.goTo(top);
  }

  draw() {
    const from = Math.max(0, Math.floor(this.top) - SPARE);
    const to = Math.min(this.total, Math.ceil(this.top) + this.seen + SPARE);
    for (const [number, row] of this.rows) {
      if (number >= from && number < to) continue;
      row.remove();
      this.rows.delete(number);
    }
    for (let number = from; number < to; number += 1) {
      if (!this.rows.has(number)) this.rows.set(number, this.row(number));
      if (this.scaled) this.place(number);
    }
  }

  row(number) {
    const row = element("div", { class: "cells" });
    for (let at = number * this.columns; at < Math.min(this.count, (number + 1) * this.columns); at += 1) {
      const cell = this.cell(at);
      cell.dataset.at = at;
      cell.style.width = `${this.cellWidth}px`;
      cell.classList.toggle("pointed", this.pointed(at));
      cell.classList.toggle("active", at === this.active);
      row.append(cell);
    }
    this.rows.set(number, row);
    this.place(number);
    this.sheet.append(row);
    return row;
  }

  place(number) {
    const base = this.scaled ? this.frame.scrollTop + (number - this.top) * this.rowHeight : number * this.rowHeight;
    this.rows.get(number).style.transform = `translateY(${base}px)`;
  }

  // ---- pointing

  over(cell) {
    if (cell) this.point(Number(cell.dataset.at));
  }

  // Light the cells for which `isPointed(at)` holds, those that come into sight later, too.
  light(isPointed) {
    this.pointed = isPointed;
    for (const cell of this.sheet.querySelectorAll(".cell")) cell.classList.toggle("pointed", isPointed(Number(cell.dataset.at)));
  }

  // Scroll a cell into sight.
  reveal(at) {
    const row = Math.floor(at / this.columns);
    if (row < this.top) this.goTo(row);
    else if (row >= this.top + this.seen) this.goTo(row - this.seen + 1);
  }

  activate(at) {
    const from = this.active;
    this.active = at === null ? from : Math.max(0, Math.min(at, this.count - 1));
    this.shown = at !== null;
    if (this.shown && this.count) {
      this.reveal(this.active);
      this.point(this.active);
    } else this.point(null);
    for (const cell of this.sheet.querySelectorAll(".cell")) cell.classList.toggle("active", this.shown && Number(cell.dataset.at) === this.active);
  }

  key(event) {
    const at = this.active ?? this.first;
    const page = this.columns * this.seen;
    const to = { ArrowLeft: at - 1, ArrowRight: at + 1, ArrowUp: at - this.columns, ArrowDown: at + this.columns, PageUp: at - page, PageDown: at + page, Home: 0, End: this.count - 1 }[event.key];
    if (to === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    this.activate(to);
  }
}
