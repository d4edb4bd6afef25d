// The selections that were, one after another: back and forth through them. A selection is kept by ids, which outlive folding.
const MOST = 100;

export class History {
  constructor() {
    this.past = [];
    this.at = -1;
  }

  // A new selection: what lay ahead is forgotten. The same one again changes nothing.
  add(entry) {
    if (JSON.stringify(entry) === JSON.stringify(this.past[this.at])) return;
    this.past = [...this.past.slice(0, this.at + 1), entry].slice(-MOST);
    this.at = this.past.length - 1;
  }

  can(by) { return this.at + by >= 0 && this.at + by < this.past.length; }

  // The selection `by` steps away, or null at either end.
  go(by) {
    if (!this.can(by)) return null;
    this.at += by;
    return this.past[this.at];
  }
}
