// Where a strided tensor's elements lie: element [i, j, ...] is at address storage_offset + i*stride[0] + j*stride[1] + ... of its
// storage, as in https://pytorch.org/docs/stable/tensor_attributes.html#torch-layout. Pure arithmetic on {shape, stride, offset}.
//
// Addresses are in elements of the tensor; a storage is drawn in cells of its own dtype, so `unit` (cells an element takes, less than 1
// where several elements share a cell, as in the parts of a complex number) leads from the one to the other.

export const numel = ({ shape }) => shape.reduce((product, size) => product * size, 1);

// The index of the k-th element in row-major order, as torch lists a tensor.
export function indexOf(k, shape) {
  const index = [];
  for (const size of shape.toReversed()) {
    index.unshift(k % size);
    k = Math.floor(k / size);
  }
  return index;
}

// The inverse of indexOf.
export const rank = (index, shape) => index.reduce((k, i, dim) => k * shape[dim] + i, 0);

export const address = ({ stride, offset }, index) => index.reduce((at, i, dim) => at + i * stride[dim], offset);

// The cells that hold the element at an address: first and last.
export const cellsAt = (at, unit) => [Math.floor(at * unit), Math.ceil((at + 1) * unit) - 1];

const STEPS = 20_000; // of one search: a tensor that overlaps itself in many dimensions has more ways to miss a cell than time to try

// Indices whose elements lie, in whole or in part, in a cell: `most` of them at most.
export function readers(tensor, cell, most) {
  const first = Math.floor(cell / tensor.unit);
  const last = Math.ceil((cell + 1) / tensor.unit) - 1;
  const found = [];
  for (let at = first; at <= last && found.length < most; at += 1) found.push(...indicesAt(tensor, at, most - found.length));
  return found;
}

// Solves offset + sum(index * stride) == at. The largest stride first: what is left must be within reach of the smaller ones, which
// leaves one candidate a dimension in an ordinary tensor, and all of them in one whose elements overlap.
function indicesAt({ shape, stride, offset }, at, most) {
  if (shape.includes(0)) return [];
  const dims = stride.map((step, dim) => dim).sort((one, other) => stride[other] - stride[one] || one - other);
  const reach = [0];
  for (const dim of dims.toReversed()) reach.unshift(reach[0] + (shape[dim] - 1) * stride[dim]);
  const index = shape.map(() => 0);
  const found = [];
  let steps = 0;
  const search = (depth, left) => {
    steps += 1;
    if (left < 0 || left > reach[depth] || found.length >= most || steps > STEPS) return;
    if (depth === dims.length) {
      found.push([...index]);
      return;
    }
    const dim = dims[depth];
    const step = stride[dim];
    const low = step ? Math.max(0, Math.ceil((left - reach[depth + 1]) / step)) : 0;
    const high = step ? Math.min(shape[dim] - 1, Math.floor(left / step)) : shape[dim] - 1;
    for (index[dim] = low; index[dim] <= high && found.length < most && steps <= STEPS; index[dim] += 1) search(depth + 1, left - index[dim] * step);
    index[dim] = 0;
  };
  search(0, at - offset);
  return found;
}
