/*
 * results - the first page: what is known, the longest runs, the thesis's tables.
 */
import { claimsTable } from './claims.mjs';
import { escape, link, shown, tableHtml } from './html.mjs';
import { ownerPage } from './sources.mjs';

const PAGE = 'index.html';

/* A number with its scale and n below it. */
const cell = (html, small) => `${html}<small>${small}</small>`;

/* "He16 (step; median of 5)" as "median of 5, He16": what n is, and whose number. */
function origin(text) {
  if (text === '-') return 'source unknown';
  const parts = /^(\S+) \((.*)\)$/.exec(text);
  if (!parts) return shown(text);
  const words = parts[2].split('; ');
  return shown(`${words[words.length - 1]}, ${parts[1]}`);
}

/* The run of the row's network with this k at full scale: its error, or a dash that says what fills it. */
function here(tables, full, row, table, k) {
  const get = (r, of, ...names) => r.cells[tables.column(of, ...names)];
  const runs = full?.rows.find((r) => get(r, full, 'network') === get(row, table, 'network') &&
    get(r, full, 'depth') === get(row, table, 'depth') && Number(get(r, full, 'k')) === k);
  if (!runs) return cell('–', 'no such arm');
  const error = tables.column(full, 'test error (%)'), arm = tables.armOf(full, runs);
  const n = get(runs, full, 'n');
  const html = runs.cells[error] === '-' && arm
    ? link(PAGE, ownerPage(arm), '–', ' aria-label="not run yet: what fills the cell"')
    : tables.cell(PAGE, full, runs, error);
  return cell(html, `${shown(get(runs, full, 'scale'))}, n = ${shown(n)}`);
}

/* Thesis, matched baseline and the runs made here, side by side. */
function thesisTable(tables, name) {
  const table = tables.table(name), full = tables.table(`${name}-full`);
  if (!table) return '';
  const at = (...names) => tables.column(table, ...names);
  const matched = at('matched baseline (%)');
  const from = at('matched baseline from');
  const less = at('ours - matched (points)');
  const columns = [{ name: 'network' }, { name: 'depth' }, { name: 'k', number: true },
    { name: 'thesis, original (%)', number: true }, { name: 'thesis, k-decay (%)', number: true },
    { name: 'matched baseline (%)', number: true }, { name: 'k-decay - matched (points)', number: true },
    { name: 'here, k = 1 (%)', number: true }, { name: 'here, the same k (%)', number: true }];
  const rows = table.rows.map((row) => {
    const number = (i) => tables.cell(PAGE, table, row, i);
    const k = Number(row.cells[at('k')]);
    return { html: [shown(row.cells[at('network')]), number(at('depth')), number(at('k')),
      cell(number(at('original (%)')), `full, ${origin(row.cells[at('original is')])}`),
      cell(number(at('ours (%)')), 'full, n not stated'),
      row.cells[matched] === '-' ? cell('–', 'none known')
        : cell(number(matched), `full, ${origin(row.cells[from])}`),
      number(less), here(tables, full, row, table, 1), here(tables, full, row, table, k)] };
  });
  return tableHtml(`${name}: thesis, matched baseline and runs made here`, columns, rows, { kind: 'cards thesis' });
}

/* The rows of the campaign that have runs, under a heading for each group. */
function campaign(tables) {
  const name = 'table-campaign', table = tables.table(name);
  if (!table) return '';
  const n = table.columns.indexOf('n'), pairs = table.columns.indexOf('pairs');
  const hidden = ['group', 'scale', 'epochs', 'core-hours (clock)', 'sign-flip p', 'arm, or what fills the row'];
  const headOf = (row) => ['group', 'epochs', 'scale'].map((c) => row.cells[table.columns.indexOf(c)]);
  const groups = (from, body) => from.flatMap((row, i) => {
    const [group, epochs, scale] = headOf(row);
    return [...(i === 0 || headOf(from[i - 1])[0] !== group
      ? [{ group: escape(`${group}, ${epochs} epochs, scale: ${scale}`) }] : []), body[i]];
  });
  const rows = table.rows.filter((row) => [n, pairs].some((i) => Number(row.cells[i]) > 0));
  return tables.html(PAGE, name, { rows, groups, kind: 'campaign',
    columns: table.columns.map((_, i) => i).filter((i) => !hidden.includes(table.columns[i])) });
}

export function resultsHtml(tables, figure) {
  const desk = ['table-5-2', 'table-5-3'].filter((name) => tables.table(`${name}-desk`)?.rows.length);
  return `<h1>Does k-decay train better networks?</h1>
<p class="lead">k-Decay makes a new learning-rate schedule from any differentiable decay f:
<span class="formula">L(t) = L<sub>e</sub> + (L<sub>0</sub> − L<sub>e</sub>) f((t/T)<sup>k</sup>)</span>. A thesis
(<a href="https://arxiv.org/abs/2004.05909" rel="noreferrer">arXiv 2004.05909</a>) reports that larger k
trains better networks on CIFAR-10 and CIFAR-100. These pages show what is known of that and, for
every number, the line of the log that it came from.</p>

<section><h2 id="known">What is known</h2>
<p>A word for each claim and each kind of evidence. A click shows the numbers and the rule.</p>
${claimsTable(tables, PAGE)}</section>

<section><h2 id="campaign">The longest runs</h2>
${campaign(tables)}
${tables.notesHtml('table-campaign')}
${figure(PAGE, 'over-k', 'Test error, test loss and training error after the last epoch, as differences to k = 1 with the same seed')}
</section>

<section><h2 id="thesis">The thesis's tables</h2>
<p>The thesis compares its results with numbers of other papers (original). A matched baseline is the
literature's number for the same network, trained as the thesis says that it trained. “Here” are runs of
this package at full scale; a dash has no run yet and opens the command that fills it.</p>
${['table-5-2', 'table-5-3'].map((name) => `<h3>${shown(tables.caption(name).replace(/^[^:]*: /, ''))}</h3>
${thesisTable(tables, name)}
${tables.notesHtml(name)}`).join('\n')}
${desk.length ? `<p>Runs of small networks at desk scale replicate no cell of these tables:
${desk.map((name) => link(PAGE, `tables.html#${name}-desk`, `${name}, desk scale`)).join(', ')}.</p>` : ''}
</section>

<section><h2 id="more">More</h2>
<ul><li>${link(PAGE, 'tables.html', 'All tables')}: equal mean rates, precision, Weight Net, Pad Net, scaling</li>
<li>${link(PAGE, 'runs.html', 'All runs')}, and their learning curves</li>
<li>${link(PAGE, 'schedules.html', 'Schedules')}: base, k and length, as curve and numbers</li></ul></section>`;
}

