/*
 * extended - numbers of 64 binary digits, as the long double of x86-64 in which the program computes
 * schedules (src/experiment/decay.h). A browser's numbers have 53.
 *
 * A number is [m, e]: m 2^e, m an integer (BigInt) of at most 64 bits. Each function rounds its result
 * once, to the nearest, ties to even. For exp, log, pow and sin that is done from 160 fixed binary
 * places; what the C library gives for them may be the next number. Below 2^-16446 there is only 0.
 */
'use strict';

globalThis.extended = (() => {
  const DIGITS = 64, LEAST = -16446, PLACES = 160, P = BigInt(PLACES), ONE = 1n << P;
  const zero = [0n, 0];

  const magnitude = (m) => (m < 0n ? -m : m);

  /* Binary digits of an integer above 0. */
  function lengthOf(m) {
    const hex = m.toString(16);
    return 4 * hex.length - Math.clz32(parseInt(hex[0], 16)) + 28;
  }

  function round(m, e, digits = DIGITS) {
    if (m === 0n) return zero;
    const a = magnitude(m), length = lengthOf(a);
    if (length + e < LEAST) return zero;
    if (length <= digits) return [m, e];
    const drop = BigInt(length - digits), half = 1n << (drop - 1n);
    let q = a >> drop;
    const left = a - (q << drop);
    if (left > half || (left === half && (q & 1n))) q++;
    return [m < 0n ? -q : q, e + length - digits];
  }

  /* A quotient or root has digits enough to round by, and a last one that says whether more follow. */
  const sticky = (q, more) => (q << 1n) | (more ? 1n : 0n);

  const words = new DataView(new ArrayBuffer(8));

  /* Of a finite number of the browser's, exactly. */
  function from(x) {
    words.setFloat64(0, x);
    const bits = words.getBigUint64(0), exponent = Number((bits >> 52n) & 2047n);
    const m = (bits & ((1n << 52n) - 1n)) | (exponent ? 1n << 52n : 0n);
    return m === 0n ? zero : [x < 0 ? -m : m, Math.max(exponent, 1) - 1075];
  }

  function toNumber(x) {
    const [m, e] = round(x[0], x[1], 53);
    /* in two steps, since 2^e alone may be out of range */
    return Number(m) * 2 ** Math.max(e, -1000) * 2 ** Math.min(e + 1000, 0);
  }

  const negative = ([m, e]) => [-m, e];

  function add([a, e], [b, f]) {
    return e > f ? round((a << BigInt(e - f)) + b, f) : round(a + (b << BigInt(f - e)), e);
  }

  const subtract = (x, y) => add(x, negative(y));
  const multiply = (x, y) => round(x[0] * y[0], x[1] + y[1]);

  function divide([a, e], [b, f]) {
    if (a === 0n) return zero;
    const shift = Math.max(0, DIGITS + 2 + lengthOf(magnitude(b)) - lengthOf(magnitude(a)));
    const n = magnitude(a) << BigInt(shift), d = magnitude(b), q = sticky(n / d, n % d !== 0n);
    return round((a < 0n) === (b < 0n) ? q : -q, e - f - shift - 1);
  }

  /* The greatest integer whose square is not above n, which is above 0. */
  function integerRoot(n) {
    let x = 1n << BigInt((lengthOf(n) + 1) >> 1);
    for (;;) {
      const next = (x + n / x) >> 1n;
      if (next >= x) return x;
      x = next;
    }
  }

  function root([m, e]) {
    if (m === 0n) return zero;
    let shift = 2 * (DIGITS + 2);
    if ((e - shift) % 2) shift++;
    const n = m << BigInt(shift), q = integerRoot(n);
    return round(sticky(q, q * q !== n), (e - shift) / 2 - 1);
  }

  /* -1, 0, 1 as x is below, at or above y. */
  function compare(x, y) {
    const [m] = subtract(x, y);
    return m < 0n ? -1 : m > 0n ? 1 : 0;
  }

  /* ---- Fixed binary places ---------------------------------------------------------------- */

  const fixed = ([m, e]) => (e + PLACES >= 0 ? m << BigInt(e + PLACES) : m >> BigInt(-e - PLACES));

  /* atanh of z / ONE, |z| at most ONE / 3. */
  function fixedAtanh(z) {
    const square = (z * z) >> P;
    let sum = 0n, power = z;
    for (let n = 1n; power !== 0n && power !== -1n; n += 2n) {
      sum += power / n;
      power = (power * square) >> P;
    }
    return sum;
  }

  const LN2 = 2n * fixedAtanh(ONE / 3n);

  /* atan(1 / n), for Machin's formula. */
  function fixedAtan(n) {
    let sum = 0n, power = ONE / n;
    for (let i = 1n, sign = 1n; power; i += 2n, sign = -sign) {
      sum += sign * (power / i);
      power /= n * n;
    }
    return sum;
  }
  const PI = 4n * (4n * fixedAtan(5n) - fixedAtan(239n));

  /* ln of y / ONE, y above ONE / 4 and below 2 ONE. */
  function fixedLog(y) {
    let n = 0n;
    while (y < (ONE * 7n) / 10n) {
      y <<= 1n;
      n--;
    }
    if (y > (ONE * 10n) / 7n) {
      y >>= 1n;
      n++;
    }
    return 2n * fixedAtanh(((y - ONE) << P) / (y + ONE)) + n * LN2;
  }

  /* ln x, x above 0. */
  function fixedLogOf([m, e]) {
    const length = lengthOf(m);
    return fixedLog(m << BigInt(PLACES + 1 - length)) + BigInt(e + length - 1) * LN2;
  }

  /* e^(x / ONE) as [m, e], not rounded. */
  function powerOfE(x) {
    const n = (x + LN2 / 2n) / LN2 - (x + LN2 / 2n < 0n ? 1n : 0n);
    const HALVINGS = 8n;
    const r = (x - n * LN2) >> HALVINGS;
    let sum = ONE, term = ONE;
    for (let i = 1n; term !== 0n && term !== -1n; i++) {
      term = (term * r) / (i << P);
      sum += term;
    }
    for (let i = 0n; i < HALVINGS; i++) sum = (sum * sum) >> P;
    return [sum, Number(n) - PLACES];
  }

  const fromFixed = (m) => round(m, -PLACES);

  const exp = (x) => round(...powerOfE(fixed(x)));

  /* e^x - 1, x at most 100. */
  function expm1(x) {
    const [m, e] = powerOfE(fixed(x));
    return fromFixed((e + PLACES >= 0 ? m << BigInt(e + PLACES) : m >> BigInt(-e - PLACES)) - ONE);
  }

  const log = (x) => fromFixed(fixedLogOf(x));

  /* ln(1 + x), x from -1/2 to 1/2. */
  const log1p = (x) => fromFixed(fixedLog(ONE + fixed(x)));

  /* x^y, x above 0. */
  function pow(x, [m, e]) {
    const product = fixedLogOf(x) * m;
    return round(...powerOfE(e >= 0 ? product << BigInt(e) : product >> BigInt(-e)));
  }

  /* sin x, x from 0 to pi: x times sin x / x, which keeps its digits near x = 0. */
  function sin(x) {
    const a = fixed(x), square = (a * a) >> P;
    let sum = 0n, term = ONE;
    for (let n = 2n; term !== 0n && term !== -1n; n += 2n) {
      sum += term;
      term = -((term * square) >> P) / (n * (n + 1n));
    }
    return round(x[0] * sum, x[1] - PLACES);
  }

  return { from, toNumber, negative, add, subtract, multiply, divide, root, compare, exp, expm1, log,
    log1p, pow, sin, pi: fromFixed(PI) };
})();
