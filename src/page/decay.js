/*
 * decay - the rates of a schedule, as `kdecay schedule` prints them: a twin of src/experiment/decay.c
 * and schedule.c, operation for operation, in the same arithmetic (extended.js). Where the C library
 * rounds a function otherwise, a rate may differ in its 17th digit; nine digits are shown.
 * `make test-page` compares it with the program.
 *
 * A base is a row of build/tables/bases.tsv, in the words of an experiment file: decay, lr, lr_end and
 * the keys of the decays as numbers, drops as a list of epochs of `epochs`. Of what a schedule may have
 * besides, bases have restarts (cycle, cycle_factor) only.
 */
'use strict';

globalThis.kdecay = (() => {
  const { from, toNumber, negative, add, subtract, multiply, divide, root, compare, exp, expm1, log,
    log1p, pow, sin, pi } = globalThis.extended;
  const one = from(1), two = from(2);
  const STEPS_PER_EPOCH = 12, DIGITS = 9;

  /* ---- The decays: f(s) and f'(s), for which rest = 1 - s ----------------------------------- */

  const square = (x) => multiply(x, x);
  const quarter = (x) => sin(multiply(divide(pi, two), x)); /* of a turn of pi */

  const rexBelow = (b, rest) => add(subtract(one, b.rex), multiply(b.rex, rest));
  const wsdCooldown = (b) => subtract(one, b.hold);
  const tanh = (b, s) => divide(one, add(one, exp(multiply(two,
    add(b.tanh_low, multiply(subtract(b.tanh_high, b.tanh_low), s))))));
  const zero = () => from(0);

  const decays = {
    cosine: {
      value: (b, s, rest) => square(quarter(rest)),
      slope: (b, s, rest) => multiply(negative(divide(pi, two)),
        sin(multiply(pi, compare(s, rest) < 0 ? s : rest))),
    },
    step: {
      value: (b, s) => b.drops.reduce((value, drop) => (compare(s, divide(from(drop), from(b.epochs))) >= 0
        ? multiply(value, b.drop_factor) : value), one),
      slope: zero,
    },
    linear: { value: (b, s, rest) => rest, slope: () => from(-1) },
    exponential: {
      value: (b, s, rest) => divide(multiply(b.ratio, expm1(multiply(negative(log(b.ratio)), rest))),
        subtract(one, b.ratio)),
      slope: (b, s) => divide(multiply(log(b.ratio), s[0] ? pow(b.ratio, s) : one), subtract(one, b.ratio)),
    },
    tanh: {
      value: tanh,
      slope(b, s) {
        const f = tanh(b, s);
        return multiply(multiply(multiply(from(-2), subtract(b.tanh_high, b.tanh_low)), f), subtract(one, f));
      },
    },
    rex: {
      value: (b, s, rest) => divide(rest, rexBelow(b, rest)),
      slope: (b, s, rest) => divide(subtract(b.rex, one), square(rexBelow(b, rest))),
    },
    knee: {
      value: (b, s, rest) => (compare(s, b.hold) <= 0 ? one : divide(rest, subtract(one, b.hold))),
      slope: (b, s) => (compare(s, b.hold) <= 0 ? zero() : divide(from(-1), subtract(one, b.hold))),
    },
    wsd: {
      value: (b, s, rest) => (compare(s, b.hold) <= 0 ? one : divide(divide(rest, wsdCooldown(b)),
        add(one, root(divide(subtract(s, b.hold), wsdCooldown(b)))))),
      slope: (b, s) => (compare(s, b.hold) <= 0 ? zero() : divide(from(-1),
        multiply(two, root(multiply(subtract(s, b.hold), wsdCooldown(b)))))),
    },
    'inverse-sqrt': {
      value: (b, s) => (compare(s, b.rise) < 0 ? divide(s, b.rise) : root(divide(b.rise, s))),
      slope: (b, s) => (compare(s, b.rise) < 0 ? divide(one, b.rise)
        : divide(negative(root(divide(b.rise, s))), multiply(two, s))),
    },
    'one-cycle': {
      value(b, s, rest) {
        if (compare(s, b.rise) >= 0) return square(quarter(divide(rest, subtract(one, b.rise))));
        const sine = quarter(divide(s, b.rise));
        return add(b.start, multiply(multiply(subtract(one, b.start), sine), sine));
      },
      slope(b, s, rest) {
        const falling = subtract(one, b.rise);
        return compare(s, b.rise) < 0
          ? multiply(divide(multiply(subtract(one, b.start), pi), multiply(two, b.rise)),
            sin(divide(multiply(pi, s), b.rise)))
          : multiply(divide(negative(pi), multiply(two, falling)), sin(divide(multiply(pi, rest), falling)));
      },
    },
    constant: { value: () => one, slope: zero },
  };

  /* ---- Mean factors in closed form; NaN where none is known ---------------------------------- */

  const means = {
    cosine(b, k) {
      let sum = 0, term = 1;
      for (let n = 0; n < 40; n++) {
        sum += term / (2 * n * k + 1);
        term *= -(Math.PI * Math.PI) / ((2 * n + 1) * (2 * n + 2));
      }
      return (1 + sum) / 2;
    },
    step(b) {
      let mean = 0, value = 1, before = 0;
      for (const drop of b.drops) {
        mean += value * (drop / b.epochs - before);
        value *= b.drop_factor;
        before = drop / b.epochs;
      }
      return mean + value * (1 - before);
    },
    linear: (b, k) => k / (k + 1),
    exponential(b, k) {
      const q = b.lr_end / b.lr, a = -Math.log(q);
      let sum = 0, term = 1;
      for (let n = 1; term > 1e-20 * sum; n++) {
        sum += term;
        term *= a / (1 / k + n);
      }
      return (q * sum - q) / (1 - q);
    },
    tanh: (b, k) => (k !== 1 ? NaN : 1 - (Math.log1p(Math.exp(2 * b.tanh_high)) -
      Math.log1p(Math.exp(2 * b.tanh_low))) / (2 * (b.tanh_high - b.tanh_low))),
    rex(b, k) {
      if (b.rex === 0) return means.linear(b, k);
      let sum = 0, power = 1;
      for (let n = 0; power > 1e-20; n++) {
        sum += power / (n * k + 1);
        power *= b.rex;
      }
      return (1 - (1 - b.rex) * sum) / b.rex;
    },
    knee(b, k) {
      const x = b.hold ** (1 / k);
      return x + (1 - x - (1 - x ** (k + 1)) / (k + 1)) / (1 - b.hold);
    },
    wsd: (b, k) => (k === 1 ? b.hold + (1 - b.hold) / 3 : NaN),
    'inverse-sqrt'(b, k) {
      const x = b.rise ** (1 / k);
      const falling = k === 2 ? -Math.log(x) : (1 - x ** (1 - k / 2)) / (1 - k / 2);
      return x / (k + 1) + Math.sqrt(b.rise) * falling;
    },
    'one-cycle': (b, k) => (k === 1 ? (1 + b.rise * b.start) / 2 : NaN),
    constant: () => 1,
  };

  /* ---- A schedule ---------------------------------------------------------------------------- */

  /* The drops of a base over so many epochs: at the same shares of training. */
  const dropsOf = (base, epochs) => base.drops.map((drop) => Math.round((drop * epochs) / base.epochs));

  function scheduleOf(base, k, epochs) {
    const steps = epochs * STEPS_PER_EPOCH;
    const moved = dropsOf(base, epochs).map((drop) => Math.round(epochs * (drop / epochs) ** (1 / k)));
    const plain = { ...base, epochs, drops: moved };
    const shape = { ...plain, ratio: from(base.lr_end / base.lr) };
    for (const key of ['hold', 'rise', 'start', 'tanh_low', 'tanh_high', 'rex', 'drop_factor']) {
      shape[key] = from(base[key]);
    }
    return { steps, plain, shape, decay: decays[base.decay], k: base.decay === 'step' ? 1 : k,
      end: from(base.lr_end), range: subtract(from(base.lr), from(base.lr_end)) };
  }

  /* Where step t is in its cycle, and where k has moved it. */
  function progress(schedule, t) {
    const { plain, k } = schedule;
    let length = schedule.steps;
    if (plain.cycle) {
      for (length = plain.cycle * STEPS_PER_EPOCH; t >= length; length *= plain.cycle_factor) t -= length;
    }
    const now = { s: divide(from(t), from(length)), rest: divide(from(length - t), from(length)), length };
    if (k === 1) return [now, now];
    if (t === 0) return [now, { s: from(0), rest: one }];
    const logS = compare(now.s, from(0.5)) > 0 ? log1p(negative(now.rest)) : log(now.s);
    const moved = multiply(from(k), logS);
    return [now, { s: exp(moved), rest: negative(expm1(moved)) }];
  }

  function slopeAt({ decay, shape, range, k }, now, later) {
    const base = decay.slope(shape, later.s, later.rest);
    const start = k !== 1 && now.s[0] === 0n;
    if (base[0] === 0n || (start && k > 1)) return 0;
    if (start) return base[0] < 0n ? -Infinity : Infinity;
    const turn = k === 1 ? one : multiply(from(k), pow(now.s, subtract(from(k), one)));
    return toNumber(divide(multiply(range, multiply(base, turn)), from(now.length)));
  }

  function area(schedule, epochs) {
    const { plain, k } = schedule;
    let left = plain.cycle ? epochs : 0;
    for (let length = plain.cycle; left > 0; length *= plain.cycle_factor) left -= length;
    return left ? NaN : means[plain.decay](plain, k);
  }

  /* Why the program refuses the schedule, or ''. */
  function problemOf({ plain, decay }, epochs, lr) {
    if (plain.drops.some((drop) => drop < 1 || drop >= epochs)) {
      return 'This k moves a drop of the rate to the begin or the end of training.';
    }
    return decay === decays.step || decay === decays.constant || lr.some((rate, t) => rate < lr[t - 1])
      ? '' : 'With this k and length the rate never falls.';
  }

  /*
   * {lr, slope, mean, factor, area, problem}: the rate of each step and its derivative, the mean rate,
   * the mean factor by sum and in closed form, why the program refuses this. k above 0, epochs at
   * least 3.
   */
  function rates(base, k, epochs) {
    const schedule = scheduleOf(base, k, epochs), lr = [], slope = [];
    let sum = from(0);
    for (let t = 0; t < schedule.steps; t++) {
      const [now, later] = progress(schedule, t);
      const factor = schedule.decay.value(schedule.shape, later.s, later.rest);
      lr.push(toNumber(add(schedule.end, multiply(schedule.range, factor))));
      slope.push(slopeAt(schedule, now, later));
      sum = add(sum, from(lr[t]));
    }
    const mean = divide(sum, from(schedule.steps));
    return { lr, slope, mean: toNumber(mean),
      factor: toNumber(divide(subtract(mean, schedule.end), schedule.range)),
      area: area(schedule, epochs), problem: problemOf(schedule, epochs, lr) };
  }

  /* As C's printf("%.*g", digits, x). */
  function general(x, digits) {
    if (x === 0) return '0';
    if (!Number.isFinite(x)) return x < 0 ? '-inf' : 'inf';
    const [figures, power] = x.toExponential(digits - 1).split('e');
    const e = Number(power), sign = x < 0 ? '-' : '';
    const all = figures.replace(/[-.]/g, '').replace(/0+$/, '') || '0';
    if (e < -4 || e >= digits) {
      return `${sign}${all[0]}${all.length > 1 ? `.${all.slice(1)}` : ''}e${e < 0 ? '-' : '+'}${
        String(Math.abs(e)).padStart(2, '0')}`;
    }
    if (e < 0) return `${sign}0.${'0'.repeat(-e - 1)}${all}`;
    const whole = all.slice(0, e + 1).padEnd(e + 1, '0'), rest = all.slice(e + 1);
    return `${sign}${whole}${rest ? `.${rest}` : ''}`;
  }

  /* The text of `command` below. */
  function tsv({ lr, slope, factor, area: closed }) {
    return `# mean factor, (mean lr - lr_end) / (lr - lr_end), by sum: ${general(factor, 10)}
# in closed form: ${Number.isNaN(closed) ? 'not known' : general(closed, 10)}
step\tepoch\tlr\tslope_per_step
${lr.map((rate, t) => `${t + 1}\t${Math.floor(t / STEPS_PER_EPOCH) + 1}\t${general(rate, DIGITS)}\t${
    general(slope[t], 9)}\n`).join('')}`;
  }

  /* Words for the program: short epochs, of 12 steps (50000 / 4000). */
  function command(base, name, k, epochs) {
    const drops = base.drops.length ? [`schedule.drops=${dropsOf(base, epochs).join(' ')}`] : [];
    return ['schedule', `experiments/schedules/plain/${name}.ini`, ...[`schedule.k=${k}`,
      `training.epochs=${epochs}`, 'training.batch=4000', 'training.last_batch=drop', ...drops]
      .flatMap((set) => ['--set', set]), '--digits', String(DIGITS)];
  }

  /* The same for a shell. */
  const shell = (words) => `build/kdecay ${words.map((word) =>
    (/^[\w./=+-]+$/.test(word) ? word : `'${word}'`)).join(' ')}`;

  return { rates, tsv, command, shell, general };
})();
