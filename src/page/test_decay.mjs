/*
 * test_decay - the page's schedules against the program's: `node src/page/test_decay.mjs KDECAY BASES`.
 *
 * BASES is build/tables/bases.tsv. Every base, with many k and lengths, must give the very text that
 * KDECAY prints. Ends with "N passed, N failed".
 */
import { spawnSync } from 'node:child_process';
import { readBases } from './schedules.mjs';
import './extended.js';
import './decay.js';

const { kdecay } = globalThis;
const [program, path] = process.argv.slice(2);
let passed = 0, failed = 0, values = 0, refused = 0, flat = 0;

function check(what, holds, detail) {
  if (holds) passed++;
  else {
    failed++;
    console.log(`FAILED  ${what}: ${detail}`);
  }
}

/* The first line in which two texts differ. */
function difference(a, b) {
  const x = a.split('\n'), y = b.split('\n'), i = x.findIndex((line, at) => line !== y[at]);
  return `line ${i + 1}: "${x[i]}", the program has "${y[i]}"`;
}

/*
 * Where a curve is flat its derivative is 0 but for the rounding of what it is computed from, and its
 * digits mean nothing: at the peak of one-cycle pi (1 - s) / (1 - rise) is pi but for such an error.
 */
function withoutNoise(text, base, steps) {
  const least = 1e-14 * (base.lr / steps);
  return text.replace(/\t(-?[\d.]+e-\d+)$/gm, (cell, slope) => {
    if (Math.abs(Number(slope)) >= least) return cell;
    flat++;
    return '\t0';
  });
}

/* Published values and edges of printf's %g. */
for (const [x, digits, text] of [[0.1, 9, '0.1'], [0.0001, 9, '0.0001'], [0.00001, 9, '1e-05'], [123456789, 9, '123456789'],
  [1234567890, 9, '1.23456789e+09'], [-3.58293306e-7, 9, '-3.58293306e-07'], [0, 9, '0'], [1 / 3, 10, '0.3333333333'],
  [-Infinity, 9, '-inf'], [99.9999999999, 9, '100'], [20, 9, '20']]) {
  check(`%.${digits}g of ${x}`, kdecay.general(x, digits) === text, kdecay.general(x, digits));
}

const ks = [0.01, 0.1, 0.25, 0.5, 0.77, 1, 1.0001, 1.5, 2, 2.667821, 3, 4.2, 5, 10, 37.5, 100];
const lengths = [3, 4, 7, 10, 25, 31, 64, 100, 200, 400];
const bases = readBases(path);
for (const [i, [name, base]] of Object.entries(bases).entries()) {
  for (const [j, k] of ks.entries()) {
    for (const epochs of [lengths[(i + j) % lengths.length], lengths[(3 * i + 7 * j + 1) % lengths.length]]) {
      const what = `${name}, k = ${k}, ${epochs} epochs`;
      const { status, stdout, stderr } = spawnSync(program, kdecay.command(base, name, k, epochs), { encoding: 'utf8' });
      const rates = kdecay.rates(base, k, epochs), own = kdecay.tsv(rates);
      if (status === 0) {
        values += 2 * 12 * epochs;
        const [a, b] = own === stdout ? [own, stdout]
          : [own, stdout].map((text) => withoutNoise(text, base, 12 * epochs));
        check(what, a === b && !rates.problem, rates.problem || difference(a, b));
      } else {
        refused++;
        check(`${what}: the program refuses it`, rates.problem, stderr);
      }
    }
  }
}
console.log(`${values} rates and derivatives of ${Object.keys(bases).length} bases compared; ${refused} schedules refused;
${flat / 2} derivatives of 0 but for rounding taken as 0`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed || Object.keys(bases).length < 12 ? 1 : 0;
