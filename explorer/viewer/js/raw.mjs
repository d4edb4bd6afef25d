// The bytes of a cell, as they lie in memory: little-endian, two hexadecimal digits each.

const WRITERS = {
  float32: (view, value) => view.setFloat32(0, value, true),
  float64: (view, value) => view.setFloat64(0, value, true),
  bfloat16: (view, value) => view.setUint16(0, upperHalf(value), true),
  float16: (view, value) => view.setUint16(0, half(value), true),
  bool: (view, value) => view.setUint8(0, value ? 1 : 0),
  uint8: (view, value) => view.setUint8(0, value),
  int8: (view, value) => view.setInt8(0, value),
  uint16: (view, value) => view.setUint16(0, value, true),
  int16: (view, value) => view.setInt16(0, value, true),
  uint32: (view, value) => view.setUint32(0, value, true),
  int32: (view, value) => view.setInt32(0, value, true),
  int64: (view, value) => view.setBigInt64(0, BigInt(value), true),
};

// Empty where they cannot be told: another dtype, or a whole number that lost digits on its way here.
export function rawBytes(value, dtype, width) {
  const write = WRITERS[dtype];
  const number = typeof value === "string" ? Number(value) : value;
  if (!write || value === null || value === undefined || (typeof value === "string" && Number.isNaN(number) && value !== "NaN")) return "";
  if (dtype === "int64" && !Number.isSafeInteger(number)) return "";
  const bytes = new Uint8Array(width);
  write(new DataView(bytes.buffer), number);
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
}

const bitsOf = (value) => {
  const view = new DataView(new ArrayBuffer(4));
  view.setFloat32(0, value);
  return view.getUint32(0);
};

const upperHalf = (value) => bitsOf(value) >>> 16;

// The value is one that float16 has, so nothing is rounded.
function half(value) {
  const bits = bitsOf(value);
  const sign = (bits >>> 16) & 0x8000;
  const exponent = ((bits >>> 23) & 0xff) - 127;
  if (exponent === 128) return sign | 0x7c00 | ((bits & 0x7fffff) ? 0x200 : 0);
  if (exponent >= -14) return sign | ((exponent + 15) << 10) | ((bits >>> 13) & 0x3ff);
  return sign | Math.round(Math.abs(value) * 2 ** 24); // subnormal: a multiple of 2**-24
}
