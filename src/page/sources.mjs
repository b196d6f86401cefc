/*
 * sources - where a number came from: a page for each file, whose line it is, and for each arm or
 * table that has value ids, the same ids as those of `make trace` (trace.h).
 */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { first, isSealed, linesOf, readText } from './reading.mjs';
import { escape, link, shown, tableHtml } from './html.mjs';

export const filePage = (path) => `file/${path}.html`;
export const fileLine = (source) => `${filePage(source.file)}#L${source.line}`;

/* The arm or table that a value belongs to: the id up to ':', of a run without its seed. */
export const ownerOf = (id) => id.split(':')[0].replace(/\/seed-\d+$/, '');
export const ownerPage = (owner) => `value/${owner}.html`;
export const valuePlace = (id) => `${ownerPage(ownerOf(id))}#${id}`;

/* A run's number opens the log's line at once; others, a list of lines. */
export function placeOf(value) {
  return /\/seed-\d+$/.test(value.id.split(':')[0]) && value.sources.length === 1
    ? fileLine(value.sources[0]) : valuePlace(value.id);
}

/* A command in a line of text that may break, but not within an option. */
const inlineCommand = (text) => `<code>${text.split(' ').map((word) =>
  (word.startsWith('--') ? `<span class="whole">${escape(word)}</span>` : escape(word))).join(' ')}</code>`;
const code = (text) => `<code>${escape(text)}</code>`;
const command = (text, name) =>
  `<pre class="command" tabindex="0" aria-label="${escape(name)}">${escape(text)}</pre>`;
const facts = (pairs) =>
  `<dl>${pairs.map(([name, html]) => `<dt>${name}</dt><dd>${html}</dd>`).join('\n')}</dl>`;

/* As `make trace` has it. A program of an uncommitted tree is named so. */
export function repeatCommand(log) {
  const program = first(log, 'program').split('-')[0];
  return `git checkout ${program} && make build/kdecay && build/kdecay train ` +
    `experiments/${log.arm}.ini --seed ${log.seed} --results build/again ` +
    '--checkpoints build/again/checkpoints';
}

function runFacts(log) {
  const dirty = first(log, 'program').includes('-dirty') ? ', with changes that no commit has' : '';
  return facts([
    ['arm', link(filePage(log.path), ownerPage(log.arm), escape(log.arm))],
    ['seed', escape(log.seed)],
    ['status', escape(first(log, 'status'))],
    ['scale', escape(log.experiment.get('run.scale'))],
    ['parameters', escape(first(log, 'parameters'))],
    ['program', code(first(log, 'program')) + dirty],
    ['compiler', escape(first(log, 'compiler'))],
    ['environment', escape(first(log, 'environment'))],
    ['run-sha256', `<code class="digest">${escape(first(log, 'run-sha256'))}</code>`],
  ]);
}

/* `copy` is where the file itself lies below the page's folder. */
export function filePageHtml(path, log, copy) {
  const page = filePage(path);
  const lines = linesOf(readText(path));
  const text = lines.map((line, i) =>
    `<span class="line" id="L${i + 1}">${escape(line)}\n</span>`).join('');
  const about = log
    ? `<section aria-labelledby="run"><h2 id="run">The run</h2>
${runFacts(log)}
<h3>The command that repeats it</h3>
${command(repeatCommand(log), 'command')}
<h3>The experiment</h3>
${command(log.head.get('experiment').join('\n'), 'experiment text')}
</section>`
    : '';
  return `<h1 class="path">${escape(path)}</h1>
<p>The file as it stands, ${lines.length} lines. A link to a line marks it.
${link(page, copy, 'Download the file')}.</p>
<div class="beside${log ? '' : ' alone'}">${about}
<div class="scroll file" role="region" aria-label="Lines of the file" tabindex="0"><pre>${text}</pre></div></div>`;
}

/* ---- Values ------------------------------------------------------------------------------- */

const MANY = 12;

/* Lines of logs as rows of a table, under the logs' own column names. */
function logRows(page, { id, sources }, logs) {
  const columns = logs.get(sources[0].file).columns;
  const rows = sources.map((source) => {
    const log = logs.get(source.file);
    const cells = log.lines[source.line - 1].split('\t');
    const arm = log.arm === ownerOf(id) ? '' : `${log.arm}, `;
    const at = link(page, fileLine(source), `${escape(arm)}seed ${escape(log.seed)}, line ${source.line}`);
    return { html: [at, ...columns.map((_, i) => escape(cells[i] ?? ''))] };
  });
  return tableHtml(`Lines of the logs, of ${id}`,
    [{ name: 'log' }, ...columns.map((name) => ({ name, html: escape(name), number: true }))], rows);
}

/* So many lines that only the files are named, each with its first and last line. */
function manyFiles(page, sources) {
  const files = new Map();
  for (const { file, line } of sources) files.set(file, [...(files.get(file) ?? []), line]);
  const items = [...files].map(([file, lines]) => {
    const from = Math.min(...lines), to = Math.max(...lines);
    return `<li>${link(page, `${filePage(file)}#L${to}`, escape(file))}, ` +
      (from === to ? `line ${to}` : `lines ${from} to ${to}`) + '</li>';
  });
  return `<details><summary>${sources.length} lines of ${files.size} files</summary>
<ul class="files">${items.join('\n')}</ul></details>`;
}

function sourcesHtml(page, { id, sources }, logs) {
  if (sources.length > MANY) return manyFiles(page, sources);
  const ofLogs = sources.filter((s) => logs.has(s.file) && logs.get(s.file).columns.length);
  const others = sources.filter((s) => !ofLogs.includes(s));
  return (ofLogs.length ? logRows(page, { id, sources: ofLogs }, logs) : '') +
    (others.length ? `<ul class="files">${others.map((s) =>
      `<li>${link(page, fileLine(s), escape(`${s.file}, line ${s.line}`))}<br>
${code(linesOf(readText(s.file))[s.line - 1])}</li>`).join('\n')}</ul>` : '');
}

function valueHtml(page, value, logs) {
  const texts = [...new Set(value.shown.map((s) => s.text))];
  const where = value.shown.map((s) =>
    `${link(page, `tables.html#${s.table}`, escape(s.table))}, line ${s.line}, ` +
    `column “${shown(s.column)}”`);
  return `<section class="value" id="${escape(value.id)}">
<h3>${texts.map(shown).join(', ')} <small>${code(value.id)}</small></h3>
<p>Shown in ${where.join('; ')}. In a terminal: ${code(`make trace ID='${value.id}'`)}</p>
${sourcesHtml(page, value, logs)}
</section>`;
}

/* ---- The page of an arm or of a table ------------------------------------------------------ */

function armRuns(page, arm, logs, values) {
  const rows = logs.map((log) => {
    const id = `${arm}/seed-${log.seed}`;
    const cell = (name) => {
      const value = values.get(`${id}:${name}`);
      return value ? `<span id="${escape(value.id)}">${link(page, placeOf(value),
        shown(value.shown[0].text))}</span>` : '–';
    };
    return { html: [
      link(page, filePage(log.path), `seed ${escape(log.seed)}`), cell('last-error'),
      escape(first(log, 'status')), cell('minutes'), code(first(log, 'program')),
      inlineCommand(repeatCommand(log)),
    ] };
  });
  return tableHtml('The runs of this arm', [
    { name: 'log' }, { name: 'last test error (%)', number: true }, { name: 'status' },
    { name: 'wall minutes', number: true }, { name: 'program' },
    { name: 'the command that repeats it' }], rows);
}

function environments(logs) {
  const found = new Map();
  for (const log of logs) {
    const text = `${first(log, 'environment')}; compiler ${first(log, 'compiler')}`;
    found.set(text, [...(found.get(text) ?? []), log.seed]);
  }
  return `<ul>${[...found].map(([text, seeds]) =>
    `<li>${escape(text)} <small>(seeds ${escape(seeds.join(', '))})</small></li>`).join('\n')}</ul>`;
}

/* What an arm is, in a line; a row of arms.tsv. */
export const summary = (arm) => [arm.images, arm.network, arm.base, `k = ${arm.k}`, `${arm.epochs} epochs`,
  arm.precision, `scale: ${arm.scale}`].join(' · ');

/* Why a sealed arm shows no error. */
const sealedHtml = (page, arm) => {
  const folders = arm.split('/').map((_, i, names) => `experiments/${names.slice(0, i).join('/')}`);
  const protocol = folders.map((folder) => `${folder}/PROTOCOL.md`).find((path) => existsSync(path));
  return `<p class="sealed">This arm is registered by ${protocol ? link(page, filePage(protocol), 'a protocol')
    : 'a protocol'}: nothing is compared before all runs of its set are there. Until then its runs have no error
and no curve on these pages; each log can be read.</p>`;
};

/* The experiment file and what it includes, each a link; the file's text. */
function experimentFile(page, path, logs) {
  const text = readText(path);
  const included = [...text.matchAll(/^include\s*=\s*(\S+)/gm)].map((m) => join(dirname(path), m[1]))
    .filter((to) => existsSync(to));
  const canonical = logs.length
    ? `<p>All that it says, as its logs hold it (sha256 <code class="digest">${
      escape(first(logs[0], 'experiment-sha256'))}</code>):</p>
${command(logs[0].head.get('experiment').join('\n'), 'canonical experiment text')}` : '';
  const fill = logs.length ? '' : `<p>No run has a log yet. What makes the first one:</p>
${command(`make run EXP=${path} SEED=1`, 'command')}`;
  return `<h2 id="experiment">The experiment</h2>
<p>${link(page, filePage(path), code(path))}</p>
${command(text.replace(/\n$/, ''), 'experiment file')}
${included.length ? `<p>It includes ${included.map((to) => link(page, filePage(to), code(to))).join(', ')}.</p>` : ''}
${canonical}${fill}`;
}

/*
 * The page of an owner of values: an arm, if experiments/OWNER.ini is there or it has logs, or a
 * table. `ofArm` are its logs.
 */
export function ownerPageHtml(owner, arms, ofArm, values, all, logs) {
  const page = ownerPage(owner), path = `experiments/${owner}.ini`;
  const isArm = existsSync(path) || ofArm.length > 0;
  const own = values.filter((v) => !/\/seed-\d+$/.test(v.id.split(':')[0]));
  const about = isArm
    ? (arms.has(owner) ? `<p class="lead">${escape(summary(arms.get(owner)))}</p>` : '') +
      (isSealed(arms, owner) ? sealedHtml(page, owner) : '') + (ofArm.length ? `
<h2 id="runs">Runs</h2>
${armRuns(page, owner, ofArm, all)}
<h2>Environment</h2>
${environments(ofArm)}` : '') + (existsSync(path) ? experimentFile(page, path, ofArm) : '')
    : '';
  return `<h1 class="path">${escape(owner)}</h1>
${isArm ? about : `<p>Where the numbers of ${escape(owner)} come from.</p>`}
${own.length ? `<h2 id="values">Numbers, and the lines that they came from</h2>
<p>A number is a mean, a difference or a count of what its lines say, by the rules of the
${link(page, 'tables.html', 'tables')}.</p>` : ''}
${own.map((value) => valueHtml(page, value, logs)).join('\n')}`;
}

export { code, command };
