// One thing that both the person and Python may change. What Python was told comes back from it, sometimes late: that must not undo what the
// person did since. A value that was never told is a wish of Python's own.
const MOST = 16;

export class Echo {
  constructor(first) {
    this.told = [first];
    this.asked = first;
  }

  // Whether `value` still has to be told; from now on it counts as told.
  tells(value) {
    if (value === this.told.at(-1)) return false;
    this.told = [...this.told, value].slice(-MOST);
    return true;
  }

  // Whether `value`, heard from Python, is a new wish.
  hears(value) {
    const at = this.told.indexOf(value);
    const news = at < 0 && value !== this.asked;
    if (at >= 0) this.told = this.told.slice(at);
    else if (news) this.told = [value];
    this.asked = value;
    return news;
  }
}
