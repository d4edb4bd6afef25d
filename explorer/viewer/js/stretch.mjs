// Room for what has opened. Along one axis of a drawing some stretches have to become longer; everything else keeps its order, and nothing
// comes nearer to anything else, so that what did not overlap before does not overlap afterwards.
export class Stretch {
  // `rooms`: [{ from, to, wanted }], px: at least `wanted` of them from `from` to `to`.
  constructor(rooms) {
    this.ends = [...new Set(rooms.flatMap(({ from, to }) => [from, to]))].sort((a, b) => a - b);
    this.factors = this.ends.map((end) => Math.max(1, ...rooms.filter(({ from, to }) => from <= end && end < to).map(({ from, to, wanted }) => wanted / (to - from))));
    this.before = [0]; // by end: how much longer everything up to it has become
    for (let at = 1; at < this.ends.length; at++) this.before.push(this.before[at - 1] + (this.ends[at] - this.ends[at - 1]) * (this.factors[at - 1] - 1));
  }

  // Where a place is afterwards.
  at(place) {
    const { ends } = this;
    if (!ends.length || place <= ends[0]) return place;
    let [low, high] = [0, ends.length - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (ends[middle] <= place) low = middle;
      else high = middle - 1;
    }
    return place + this.before[low] + (place - ends[low]) * (this.factors[low] - 1);
  }
}
