// What of a scene is drawn within a rectangle [left, top, right, bottom]: what lies there and is not hidden.
export const boxesIn = ({ bins, focus }, seen) => focus.boxes(bins.boxes.within(...seen));

// Pieces of wires, see bins.mjs; `detail`: the size below which none need to be found.
export function piecesIn({ scene, bins, focus }, seen, detail) {
  const found = bins.piecesIn(...seen, detail);
  if (!focus.gone) return found;
  const { source, target } = scene.wires;
  const { wire } = bins.pieces;
  return found.filter((piece) => focus.isDrawn(source[wire[piece]]) && focus.isDrawn(target[wire[piece]]));
}
