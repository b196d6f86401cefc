/*
 * page - the results as static pages: `node src/page/page.mjs KDECAY LIBRARY OUT`.
 *
 * Reads build/tables, build/figures, results/ and experiments/, and asks KDECAY for schedules.
 * LIBRARY is the folder of uPlot, as npm installs it; if it is not there the pages have no plots to
 * play with, and say so. OUT is written anew: pages, and below OUT/data what data.mjs says.
 */
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { claimsHtml } from './claims.mjs';
import { TABLES, readData } from './data.mjs';
import { address, escape, link, wholePage } from './html.mjs';
import { filesBelow } from './reading.mjs';
import { resultsHtml } from './results.mjs';
import { readHtml } from './read.mjs';
import { runsHtml } from './runs.mjs';
import { schedulesHtml } from './schedules.mjs';
import { code, filePage, filePageHtml, ownerOf, ownerPage, ownerPageHtml } from './sources.mjs';
import { Tables } from './tables.mjs';

const [kdecay, library, out] = process.argv.slice(2);
const here = dirname(fileURLToPath(import.meta.url));
const FIGURES = 'build/figures';

function put(path, text) {
  const target = join(out, path);
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, text);
}

const copy = (from, to) => cpSync(from, join(out, to));

/* ---- What is read ------------------------------------------------------------------------- */

const { logs, arms, values: read, bases, others, files } = readData();
const byPath = new Map(logs.map((log) => [log.path, log]));
const tables = new Tables(TABLES, read);
const tableNames = filesBelow(TABLES, '.csv').map((path) => path.slice(TABLES.length + 1, -4));
const verdicts = tables.verdicts(tableNames);

/* ---- The library -------------------------------------------------------------------------- */

const dist = join(library, 'dist');
const interactive = existsSync(join(dist, 'uPlot.iife.min.js'));
let licence = 'These pages were built without the library for the plots to play with; ' +
  '<code>make page-packages page</code>, once with a network, adds them.';
const plotStyles = interactive ? ['library/uPlot.min.css'] : [];
const plotScripts = interactive ? ['library/uPlot.iife.min.js', 'plot.js'] : [];

rmSync(out, { recursive: true, force: true });
if (interactive) {
  const about = JSON.parse(readFileSync(join(library, 'package.json'), 'utf8'));
  for (const name of ['uPlot.iife.min.js', 'uPlot.min.css']) copy(join(dist, name), `library/${name}`);
  copy(join(library, 'LICENSE'), 'library/LICENSE.txt');
  licence = (page) => `Plots: uPlot ${escape(about.version)}, ` +
    `${link(page, 'library/LICENSE.txt', `${escape(about.license)} licence`)}.`;
}

function page(path, title, html, { styles, scripts } = {}) {
  put(path, wholePage({ path, title, html, styles, scripts,
    licence: typeof licence === 'string' ? licence : licence(path) }));
}

/* ---- Data --------------------------------------------------------------------------------- */

for (const [path, bytes] of files) put(path, bytes);

/* ---- Pages -------------------------------------------------------------------------------- */

/* A figure of the paper, where `make figures` has drawn it. */
function figure(path, name, what) {
  if (!existsSync(`${FIGURES}/${name}.svg`)) return '';
  return `<figure class="drawn"><img src="${escape(address(path, `figures/${name}.svg`))}" alt="${escape(what)}">
<figcaption>${escape(what)}</figcaption></figure>`;
}
for (const path of filesBelow(FIGURES, '.svg')) copy(path, `figures/${path.slice(FIGURES.length + 1)}`);
for (const name of ['style.css', 'plot.js', 'runs.js', 'extended.js', 'decay.js', 'schedules.js', 'sort.js']) copy(join(here, name), name);

page('index.html', 'Results', resultsHtml(tables, figure));
page('claims.html', 'Claims', claimsHtml(tables));

page('tables.html', 'Tables', `<h1>Tables</h1>
<p class="lead">All tables of the report. A number opens the lines that it came from; k, sizes and
lengths open the experiment. ${code('make tables')} writes them as text, CSV and LaTeX.</p>
<ul class="contents">${tableNames.filter((name) => name !== 'runs').map((name) =>
    `<li>${link('tables.html', `tables.html#${name}`, escape(name))}</li>`).join('\n')}</ul>
${tableNames.filter((name) => name !== 'runs').map((name) => `<section>
<h2 id="${name}">${escape(name)}</h2>
${tables.html('tables.html', name)}
${tables.notesHtml(name)}
<p>${link('tables.html', `data/tables/${name}.csv`, 'CSV')} ·
${link('tables.html', `data/tables/${name}.sources.tsv`, 'sources of its numbers')}</p></section>`).join('\n')}
<h2 id="runs">runs</h2><p>Every run has ${link('tables.html', 'runs.html', 'a page of its own')}.
${link('tables.html', 'data/tables/runs.csv', 'CSV')} ·
${link('tables.html', 'data/tables/runs.sources.tsv', 'sources of its numbers')}</p>`);

/* Drawn at first: the arms of the first group of the longest comparison. */
const campaign = tables.table('table-campaign');
const chosen = (campaign?.rows ?? []).filter((row) => row.cells[0] === campaign.rows[0].cells[0])
  .map((row) => tables.armOf(campaign, row)).filter((arm) => arm && logs.some((log) => log.arm === arm));
page('runs.html', 'Runs', runsHtml('runs.html', logs, arms, tables, verdicts, [...new Set(chosen)], interactive,
  interactive ? `<noscript>${figure('runs.html', 'curves', 'Learning curves as differences to k = 1')}</noscript>`
    : figure('runs.html', 'curves', 'Learning curves as differences to k = 1')),
{ styles: plotStyles, scripts: ['sort.js', ...(interactive ? [...plotScripts, 'data/runs.js', 'runs.js'] : [])] });

const bothFigures = figure('schedules.html', 'bases', 'Every base, by k') +
  figure('schedules.html', 'slopes', 'Their derivatives');
page('schedules.html', 'Schedules', schedulesHtml('schedules.html', kdecay, bases, bothFigures, interactive),
  { styles: plotStyles, scripts: interactive ? [...plotScripts, 'extended.js', 'decay.js', 'data/bases.js', 'schedules.js'] : [] });

page('read.html', 'Read a log', readHtml('read.html', logs));

for (const path of [...byPath.keys(), ...others]) {
  page(filePage(path), path, filePageHtml(path, byPath.get(path), `data/${path}`));
}

/* An owner is each arm, run or not, and each table with values of its own. */
const owners = new Map();
for (const arm of [...arms.keys(), ...logs.map((log) => log.arm)]) owners.set(arm, []);
for (const value of read.values.values()) {
  const owner = ownerOf(value.id);
  owners.set(owner, [...(owners.get(owner) ?? []), value]);
}
for (const [owner, values] of owners) {
  page(ownerPage(owner), owner, ownerPageHtml(owner, arms,
    logs.filter((log) => log.arm === owner).sort((a, b) => a.seed - b.seed), values, read.values, byPath));
}

console.log(`page: ${logs.length} runs, ${read.values.size} numbers with sources` +
  (interactive ? '' : '; without plots to play with, for uPlot is not there: make page-packages'));
