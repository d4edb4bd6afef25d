// Scenes that arrived from Python, by the key of the view that shows them; { lost }, a sentence, in place of one that did not come. The blob travels in a mount of its own, so that a change of the
// view's small state does not send it again.
const scenes = new Map();
const listeners = new Map();

export function offer(channel, scene) {
  scenes.set(channel, scene);
  listeners.get(channel)?.(scene);
}

// Takes a scene away, unless a newer one has come in its place: a mount that goes may outlive the one that follows it.
export function withdraw(channel, scene) {
  if (scenes.get(channel) === scene) scenes.delete(channel);
}

// Calls heard(scene) at once if one is there, and for each new one; returns a function that stops it.
export function receive(channel, heard) {
  listeners.set(channel, heard);
  if (scenes.has(channel)) heard(scenes.get(channel));
  return () => listeners.delete(channel);
}
