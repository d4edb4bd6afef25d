// The invisible mount that carries a scene from Python: u32 length | key of the view, UTF-8, padded to 8 bytes | scene.
import { offer, withdraw } from "./channels.mjs";
import { decode } from "./scene.mjs";

export function mount() {
  let last = null;
  let channel = null;
  let scene = null;
  return {
    update(data) {
      if (last && same(last, data)) return;
      last = data.slice();
      const length = new DataView(last.buffer).getUint32(0, true);
      channel = new TextDecoder().decode(last.subarray(4, 4 + length));
      scene = decode(last.subarray(Math.ceil((4 + length) / 8) * 8));
      offer(channel, scene);
    },
    unmount() { withdraw(channel, scene); },
  };
}

function same(a, b) {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}
