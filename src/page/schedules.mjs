/*
 * schedules - the rates of every base, for some k and lengths, as `kdecay schedule` printed them.
 *
 * The program computes in 64-bit extended precision, a browser in double; so the page computes
 * nothing and shows the program's own text, which it also offers for download.
 */
import { execFileSync } from 'node:child_process';
import { basename } from 'node:path';
import { filesBelow, readText } from './reading.mjs';
import { code, command } from './sources.mjs';
import { escape, link, tableHtml } from './html.mjs';

const FOLDER = 'experiments/schedules/plain';

/* k as in the thesis's tables, and one below 1. Lengths in epochs. */
export const GRID = { k: ['0.5', '1', '1.5', '2', '3', '3.5', '5'], epochs: ['10', '30', '100'] };

/* Short epochs, of 12 steps, so that the files stay small. A base that drops does so after 1/2 and
 * 3/4 of the epochs. */
export function scheduleArguments(path, k, epochs) {
  const drops = /^\s*drops\s*=/m.test(readText(path))
    ? [`schedule.drops=${Math.floor(epochs / 2)} ${Math.floor((3 * epochs) / 4)}`] : [];
  return ['schedule', path, ...[`schedule.k=${k}`, `training.epochs=${epochs}`, 'training.batch=4000',
    'training.last_batch=drop', ...drops].flatMap((set) => ['--set', set])];
}

export const shellText = (words) => `build/kdecay ${words.map((word) =>
  (/^[\w./=-]+$/.test(word) ? word : `'${word}'`)).join(' ')}`;

/* [{name, path, texts: {k: {epochs: TSV}}}] */
export function readSchedules(kdecay) {
  return filesBelow(FOLDER, '.ini').map((path) => ({
    name: basename(path, '.ini'),
    path,
    texts: Object.fromEntries(GRID.k.map((k) => [k, Object.fromEntries(GRID.epochs.map((epochs) =>
      [epochs, execFileSync(kdecay, scheduleArguments(path, k, epochs), { encoding: 'utf8' })]))])),
  }));
}

/* A script, since a page from a disk may load no other data. */
export const scheduleScript = (base) =>
  `(window.kdecaySchedules ??= {})[${JSON.stringify(base.name)}] = ${JSON.stringify(base.texts)};\n`;

export const dataPath = (name) => `data/schedules/${name}.js`;

/* The mean factor by sum, from the first line. */
export const meanFactor = (text) => /by sum: (\S+)/.exec(text)[1];

const select = (id, label, options, chosen) => `<span><label for="${id}">${label}</label>
<select id="${id}">${options.map((o) =>
  `<option${o === chosen ? ' selected' : ''}>${escape(o)}</option>`).join('')}</select></span>`;

export function schedulesHtml(page, bases, figures, interactive) {
  const means = bases.map((base) => ({ html: [escape(base.name), ...GRID.k.map((k) =>
    escape(meanFactor(base.texts[k]['100'])))] }));
  const commands = Object.fromEntries(bases.map((base) => [base.name, Object.fromEntries(GRID.k.map((k) =>
    [k, Object.fromEntries(GRID.epochs.map((epochs) =>
      [epochs, shellText(scheduleArguments(base.path, k, epochs))]))]))]));
  return `<h1>Schedules</h1>
<p class="lead">Any base decay f becomes L(t) = L<sub>e</sub> + (L<sub>0</sub> − L<sub>e</sub>) f((t/T)<sup>k</sup>). Where f only falls, a
larger k stays longer at a high rate, so that its mean rate is higher, too.</p>
${interactive ? `<form id="choice" class="controls needs-script" hidden autocomplete="off">
${select('base', 'Base', bases.map((b) => b.name), 'cosine')}
${select('k', 'k', GRID.k, '2')}
${select('epochs', 'Length (epochs)', GRID.epochs, '30')}
</form>
<div id="shown" class="needs-script" hidden>
<dl class="figures" id="means" aria-live="polite"></dl>
<figure><figcaption>Learning rate, beside the base itself (k = 1)</figcaption><div id="rate" class="plot"></div></figure>
<figure><figcaption>Its derivative, per step</figcaption><div id="slope" class="plot"></div></figure>
<p><label for="at">Read the values at step <output id="step"></output></label>
<input type="range" id="at" min="1" value="1"></p>
<p><a id="download" class="button" href="#" download>Download the TSV</a>, the very bytes that this prints:</p>
<pre class="command" id="command" tabindex="0" aria-label="command"></pre>
<p><small>An epoch has 12 steps here. The program has the same curve for any k, length and batch.</small></p>
</div>
<script type="application/json" id="commands">${JSON.stringify(commands).replaceAll('<', '\\u003c')}</script>`
    : ''}
<section aria-labelledby="table"><h2 id="table">Mean factors</h2>
<p>The mean of (L − L<sub>e</sub>) / (L<sub>0</sub> − L<sub>e</sub>) over ${GRID.epochs[2]} epochs of 12 steps, as
${code('kdecay schedule')} prints it; 1 is no decay at all.</p>
${tableHtml('Mean factor by base and k', [{ name: 'base' }, ...GRID.k.map((k) =>
    ({ name: `k = ${k}`, number: true }))], means)}
<p>One of them, and every step of it:</p>
${command(shellText(scheduleArguments(bases[0].path, '2', '100')), 'command')}</section>
${figures}
<p>The bases are those of ${link(page, 'tables.html#table-schedules', 'table-schedules')}.</p>`;
}
