/*
 * runs - every run in a table to sort and filter, and its learning curve as data for the plots.
 */
import { isSealed } from './reading.mjs';
import { escape, link, shown, tableHtml } from './html.mjs';
import { filePage, ownerPage } from './sources.mjs';

export const CURVES = ['epoch', 'step', 'lr', 'train_loss', 'train_error', 'test_loss', 'test_error'];

/* The digits as the log has them; null for what JSON has no number for. */
const number = (text) => (/^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(text) ? text : 'null');

/*
 * A script, since a page from a disk may load no other data: each run's columns, epoch by epoch. Sealed
 * runs are left out, for what is drawn of them would be compared.
 */
export function runsScript(logs, arms) {
  const runs = logs.filter((log) => log.rows.length && !isSealed(arms, log.arm)).map((log) => {
    const columns = CURVES.map((name) => {
      const i = log.columns.indexOf(name);
      return `${JSON.stringify(name)}:[${log.rows.map((row) => number(row.cells[i])).join(',')}]`;
    });
    return `{"arm":${JSON.stringify(log.arm)},"seed":${log.seed},${columns.join(',')}}`;
  });
  return `window.kdecayRuns = [\n${runs.join(',\n')}\n];\n`;
}

/* What a run can be chosen by, in the words of arms.tsv. */
const facets = [...['network', 'k', 'base', 'scale', 'precision'].map((name) =>
  ({ name, of: (log, arms) => arms.get(log.arm)?.[name] ?? '–' })), { name: 'seed', of: (log) => String(log.seed) }];

const byNumber = (a, b) => (Number(a) - Number(b)) || (a < b ? -1 : a > b ? 1 : 0);

function filters(logs, arms, verdicts) {
  const all = [...facets.map((f) => ({ name: f.name, values: logs.map((log) => f.of(log, arms)) })),
    { name: 'verdict', values: logs.map((log) => verdicts.get(log.arm) ?? '–') }];
  return all.map(({ name, values }) => `<span><label for="filter-${name}">${name}</label>
<select id="filter-${name}" data-filter="${name}"><option value="">all</option>${
    [...new Set(values)].sort(byNumber).map((v) => `<option>${escape(v)}</option>`).join('')}</select></span>`)
    .join('\n');
}

const option = (value, text) => `<option value="${value}">${text}</option>`;

function plots(chosen) {
  return `<section id="curves" class="needs-script" hidden aria-labelledby="curves-title">
<h2 id="curves-title">Learning curves</h2>
<form class="controls" autocomplete="off" id="plot-controls">
<span><label for="quantity">Show</label><select id="quantity">
${option('test_error', 'test error (%)')}${option('train_error', 'training error (%)')}
${option('test_loss', 'test loss')}${option('train_loss', 'training loss')}${option('lr', 'learning rate')}</select></span>
<span><label for="against">against</label><select id="against">${option('epoch', 'epoch')}${option('step', 'step')}</select></span>
<span><label for="lines">as</label><select id="lines">${option('mean', 'mean of each arm, with a band')}
${option('runs', 'a line for each run')}</select></span>
<span><label for="axis">on an axis</label><select id="axis">${option('linear', 'linear')}${option('log', 'logarithmic')}</select></span>
</form>
<figure><figcaption id="curves-caption" aria-live="polite"></figcaption><div id="plot" class="plot tall"></div></figure>
<p class="slider"><label for="at">Read the values at <output id="at-value"></output></label>
<input type="range" id="at" min="0" value="0"></p>
<p><small>The band reaches from the lowest to the highest of the seeds. Drag across the plot to
enlarge a part, click twice to go back. Choose the runs in the table below.</small></p>
</section>
<script type="application/json" id="chosen">${JSON.stringify(chosen)}</script>`;
}

/* `chosen`: arms that are drawn at first. */
export function runsHtml(page, logs, arms, tables, verdicts, chosen, interactive, figures) {
  const table = tables.table('runs');
  const index = (name) => table.columns.indexOf(name);
  const byPath = new Map(logs.map((log) => [log.path, log]));
  const columns = [{ name: 'arm' }, ...facets.map((f) => ({ name: f.name, number: f.name === 'k' || f.name === 'seed' })),
    { name: 'images' }, { name: 'epochs', number: true }, { name: 'last test error (%)', number: true },
    { name: 'verdict' }, { name: 'status' }, { name: 'wall minutes', number: true }];
  const heads = columns.map((c) => ({ ...c, html: `<span class="head">${shown(c.name)}</span>` }));
  const rows = table.rows.map((row) => {
    const log = byPath.get(row.cells[index('log')]);
    const cell = (name) => tables.cell(page, table, row, index(name));
    const values = facets.map((f) => f.of(log, arms));
    const verdict = verdicts.get(log.arm) ?? '-';
    const data = facets.map((f, i) => ` data-${f.name}="${escape(values[i])}"`).join('');
    return { attributes: ` data-arm="${escape(log.arm)}" data-run="${escape(log.arm)}/${log.seed}"${data} data-verdict="${
      escape(verdict === '-' ? '–' : verdict)}"`,
    html: [link(page, ownerPage(log.arm), escape(log.arm)),
      ...facets.map((f, i) => (f.name === 'seed' ? link(page, filePage(log.path), escape(values[i]))
        : f.name === 'k' ? link(page, `${ownerPage(log.arm)}#experiment`, shown(values[i])) : shown(values[i]))),
      escape((arms.get(log.arm)?.images ?? '–').replace(' images', '')), cell('epochs'), cell('last test error (%)'), shown(verdict),
      cell('status'), cell('wall minutes')] };
  });
  return `<h1>Runs</h1>
<p class="lead">Every run that has a log. The verdict is that of the run's arm against its control;
– where an arm is a control or has none. Runs of the smoke scale measure nothing.${
  logs.some((log) => isSealed(arms, log.arm)) ? ` Sealed runs are registered by a protocol: nothing is compared
before their set is complete, so that they have neither an error nor a curve here; each log can be read.` : ''}</p>
${interactive ? plots(chosen) : ''}
<h2 id="table">The table</h2>
<form class="controls needs-script" hidden autocomplete="off" id="filters" aria-label="Filter the runs">
<span><label for="search">arm contains</label><input id="search" type="search"></span>
${filters(logs, arms, verdicts)}
<span class="buttons"><button type="button" id="show-all">Show all</button>${interactive
    ? '<button type="button" id="draw">Draw these</button><button type="button" id="clear">Draw none</button>' : ''}</span>
</form>
<p id="count" class="needs-script" hidden role="status"></p>
${tableHtml('Every run with a log', heads, rows, { id: 'runs', kind: 'sortable' })}
${figures}`;
}
