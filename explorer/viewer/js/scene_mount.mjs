// The invisible mount that carries a scene from Python: u32 length | key of the view, UTF-8, padded to 8 bytes | scene.
import { KnownRuns } from "./asked.mjs";
import { offer, withdraw } from "./channels.mjs";
import { build, read } from "./scene.mjs";

export function mount() {
  const runs = new KnownRuns();
  let last = null;
  let channel = null;
  let offered = null;
  const tell = (what) => offer(channel, (offered = what));
  return {
    update(data) {
      if (last && same(last, data)) return;
      const mine = (last = data.slice());
      const length = new DataView(mine.buffer).getUint32(0, true);
      channel = new TextDecoder().decode(mine.subarray(4, 4 + length));
      const blob = read(mine.subarray(Math.ceil((4 + length) / 8) * 8));
      const { asks } = blob.header;
      if (!asks) return void tell(build(blob, null));
      let complete = false;
      const show = (known) => {
        if (mine !== last || (complete && !known.complete)) return;
        complete = known.complete;
        tell(build(blob, known));
      };
      runs.of(asks.known).then(show, () => {
        if (mine !== last) return;
        last = null; // to be tried again
        tell({ lost: asks.lost });
      });
      runs.before(asks.before, asks.nodes).then(show, () => {}); // then it is shown once all is known
    },
    unmount() {
      last = null;
      withdraw(channel, offered);
    },
  };
}

function same(a, b) {
  if (a.length !== b.length) return false;
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false;
  return true;
}
