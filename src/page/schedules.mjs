/*
 * schedules - the rate of any base, k and length. The browser computes it (decay.js); what needs no
 * script, a table of mean factors, is as `kdecay schedule` prints it.
 */
import { execFileSync } from 'node:child_process';
import './extended.js';
import './decay.js';
import { readTsv } from './reading.mjs';
import { code, command } from './sources.mjs';
import { escape, link, tableHtml } from './html.mjs';

const { kdecay } = globalThis;

/* Of the table that needs no script. */
const TABLE = { k: [0.5, 1, 1.5, 2, 3, 3.5, 5], epochs: 100 };
/* What can be chosen: any k of use, any length up to what is quick to draw. */
const K = { least: 0.01, most: 100 }, EPOCHS = { least: 3, most: 400 };

/* {name: base} of bases.tsv, as decay.js takes them. */
export function readBases(path) {
  const { columns, rows } = readTsv(path);
  return Object.fromEntries(rows.map(({ cells }) => [cells[0], Object.fromEntries(columns.slice(1).map((name, i) => {
    const text = cells[i + 1];
    return [name, name === 'decay' ? text : name === 'drops' ? text.split(' ').filter((t) => t).map(Number) : Number(text)];
  }))]));
}

/* A script, since a page from a disk may load no other data. */
export const basesScript = (bases) => `globalThis.kdecayBases = ${JSON.stringify(bases, null, 1)};\n`;

/* The mean factor by sum, as the program prints it. */
const meanFactor = (program, base, name, k) => /by sum: (\S+)/.exec(
  execFileSync(program, kdecay.command(base, name, k, TABLE.epochs), { encoding: 'utf8' }))[1];

const number = (id, label, { least, most }, value, step) => `<span><label for="${id}">${label}</label>
<input id="${id}" type="number" min="${least}" max="${most}" step="${step}" value="${value}" required></span>`;

export function schedulesHtml(page, program, bases, figures, interactive) {
  const names = Object.keys(bases);
  const means = names.map((name) => ({ html: [escape(name), ...TABLE.k.map((k) =>
    escape(meanFactor(program, bases[name], name, k)))] }));
  return `<h1>Schedules</h1>
<p class="lead">Any base decay f becomes L(t) = L<sub>e</sub> + (L<sub>0</sub> − L<sub>e</sub>) f((t/T)<sup>k</sup>). Where f only falls, a
larger k stays longer at a high rate, so that its mean rate is higher, too.</p>
${interactive ? `<form id="choice" class="controls needs-script" hidden autocomplete="off">
<span><label for="base">Base</label><select id="base">${names.map((name) =>
    `<option${name === 'cosine' ? ' selected' : ''}>${escape(name)}</option>`).join('')}</select></span>
${number('k', 'k', K, 2, 'any')}
${number('epochs', 'Length (epochs)', EPOCHS, 30, 1)}
</form>
<p id="mistake" class="needs-script" role="alert" hidden></p>
<div id="shown" class="needs-script" hidden>
<dl class="figures" id="means" aria-live="polite"></dl>
<figure><figcaption>Learning rate, beside the base itself (k = 1)</figcaption><div id="rate" class="plot"></div></figure>
<figure><figcaption>Its derivative, per step</figcaption><div id="slope" class="plot"></div></figure>
<p><label for="at">Read the values at step <output id="step"></output></label>
<input type="range" id="at" min="1" value="1"></p>
<p><a id="download" class="button" href="#" download>Download the TSV</a>, the very bytes that this prints:</p>
<pre class="command" id="command" tabindex="0" aria-label="command"></pre>
<p><small>An epoch has 12 steps here; without --digits the program prints 17 digits.</small></p>
</div>` : ''}
<section aria-labelledby="table"><h2 id="table">Mean factors</h2>
<p>The mean of (L − L<sub>e</sub>) / (L<sub>0</sub> − L<sub>e</sub>) over ${TABLE.epochs} epochs of 12 steps, as
${code('kdecay schedule')} prints it; 1 is no decay at all.</p>
${tableHtml('Mean factor by base and k', [{ name: 'base' }, ...TABLE.k.map((k) =>
    ({ name: `k = ${k}`, number: true }))], means)}
<p>One of them, and every step of it:</p>
${command(kdecay.shell(kdecay.command(bases[names[0]], names[0], 2, TABLE.epochs)), 'command')}</section>
${figures}
<p>The bases are those of ${link(page, 'tables.html#table-schedules', 'table-schedules')}.</p>`;
}
