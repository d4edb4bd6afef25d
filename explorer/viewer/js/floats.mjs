// Binary floating-point formats taken apart and put together, exactly: bits are BigInts, values are doubles.
// A format is {name, bits, exponent, mantissa, bias}: a sign bit, `exponent` bits, `mantissa` bits.

// {sign, exponent, mantissa, kind, value} of a bit pattern; kind is zero, subnormal, normal, infinity or nan.
export function parts(format, pattern) {
  const mantissa = pattern & mask(format.mantissa);
  const exponent = Number((pattern >> BigInt(format.mantissa)) & mask(format.exponent));
  const sign = Number((pattern >> BigInt(format.bits - 1)) & 1n);
  const kind = kindOf(format, exponent, mantissa);
  return { sign, exponent, mantissa, kind, value: (sign ? -1 : 1) * size(format, exponent, mantissa, kind) };
}

// The bit pattern of the number of this format nearest to `value`; of two as near the even one, as processors round.
export function encode(format, value) {
  const sign = value < 0 || Object.is(value, -0) ? 1n << BigInt(format.bits - 1) : 0n;
  const top = mask(format.exponent) << BigInt(format.mantissa);
  if (Number.isNaN(value)) return top | (1n << BigInt(format.mantissa - 1));
  const amount = Math.abs(value);
  if (amount === Infinity) return sign | top;
  if (amount === 0) return sign;
  const lowest = 1 - format.bias;
  const power = Math.max(powerOf(amount), lowest);
  const steps = nearestEven(scale(amount, format.mantissa - power));
  // A mantissa that was rounded up to the next power of two carries into the exponent by itself.
  const pattern = (BigInt(power - lowest) << BigInt(format.mantissa)) + BigInt(steps);
  return sign | (pattern > top ? top : pattern);
}

const mask = (count) => (1n << BigInt(count)) - 1n;

function kindOf(format, exponent, mantissa) {
  if (exponent === 0) return mantissa === 0n ? "zero" : "subnormal";
  if (exponent < 2 ** format.exponent - 1) return "normal";
  return mantissa === 0n ? "infinity" : "nan";
}

function size(format, exponent, mantissa, kind) {
  if (kind === "nan") return NaN;
  if (kind === "infinity") return Infinity;
  const hidden = kind === "normal" ? 1n << BigInt(format.mantissa) : 0n;
  return scale(Number(hidden + mantissa), Math.max(exponent, 1) - format.bias - format.mantissa);
}

// value * 2**power in two steps, since 2**power alone may be out of reach of a double.
function scale(value, power) {
  const half = Math.trunc(power / 2);
  return value * 2 ** half * 2 ** (power - half);
}

// The exponent of the leading bit of a positive double.
function powerOf(amount) {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, amount);
  const exponent = (view.getUint32(0) >> 20) & 0x7ff;
  return exponent ? exponent - 1023 : powerOf(amount * 2 ** 60) - 60;
}

function nearestEven(steps) {
  const below = Math.floor(steps);
  const rest = steps - below;
  return rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? below + 1 : below;
}
