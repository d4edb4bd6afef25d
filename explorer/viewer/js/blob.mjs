// Reads what `pack` of explorer/viewer/columns.py writes: a header, columns of numbers as typed arrays, and whatever follows them.
const ARRAYS = { u8: Uint8Array, u16: Uint16Array, u32: Uint32Array, i8: Int8Array, i16: Int16Array, i32: Int32Array, f32: Float32Array };
const utf8 = new TextDecoder();

// { header, columns, rest }; throws an Error for what begins with another `magic`, or is cut off.
export function unpack(bytes, magic) {
  const data = bytes.byteOffset % 8 ? bytes.slice() : bytes;
  if (utf8.decode(data.subarray(0, 4)) !== magic) throw new Error(`this is no ${magic}`);
  const length = new DataView(data.buffer, data.byteOffset).getUint32(4, true);
  const header = JSON.parse(utf8.decode(data.subarray(8, 8 + length)));
  const start = 8 + length;
  const columns = {};
  let end = 0;
  for (const { name, type, at, count, times, scale } of header.columns) {
    const written = new ARRAYS[type](data.buffer, data.byteOffset + start + at, count);
    const column = times === 1 ? written : new ARRAYS[type](times).fill(written[0]);
    columns[name] = scale === 1 ? column : scaled(column, scale);
    end = Math.max(end, at + Math.ceil(written.byteLength / 8) * 8);
  }
  return { header, columns, rest: data.subarray(start + end) };
}

// Double precision, since large drawings are millions of px high; a plain loop, since Float64Array.from takes ten times as long.
function scaled(column, scale) {
  const lengths = new Float64Array(column.length);
  for (let index = 0; index < column.length; index++) lengths[index] = column[index] * scale;
  return lengths;
}
