/*
 * read - how to read a log elsewhere, repeat a run, and follow one.
 */
import { escape, link } from './html.mjs';
import { code, command, filePage } from './sources.mjs';

/* Two lines each; the same as in results/README.md. */
export const readers = (file) => [
  { name: 'pandas', text: `import pandas as pd; log = pd.read_csv("${file}", sep="\\t", comment="#")
log.plot("epoch", ["train_error", "test_error"])` },
  { name: 'R', text: `log <- read.delim("${file}", comment.char = "#")
plot(log$epoch, log$test_error, type = "l")` },
  { name: 'gnuplot', text: `set datafile separator tab
plot "${file}" using "epoch":"test_error" with lines` },
];

export function readHtml(page, logs) {
  const log = logs.find((l) => l.rows.length > 1 && l.experiment.get('run.scale') !== 'smoke') ?? logs[0];
  return `<h1>Read a log, repeat a run</h1>
<p class="lead">A run leaves one text file: lines that start with # say what was run and by what, then
comes a row of tab-separated columns for each epoch. Every number of these pages is made of such rows.
An example is ${log ? link(page, filePage(log.path), escape(log.path)) : 'missing'}.</p>
${readers(log ? log.path : 'seed-1.tsv').map(({ name, text }) => `<h2 id="${name}">In ${name}</h2>
${command(text, `${name} commands`)}`).join('\n')}
<h2 id="trace">From a number to its lines, in a terminal</h2>
${command("make trace ID='ARM:last-error'", 'command')}
<p>The files ${code('build/tables/*.sources.tsv')} list all ids; the pages of the numbers show them.</p>
<h2 id="watch">Follow runs</h2>
${command('make watch', 'command')}
<p>It shows the runs under way and those that wait: epoch, loss, error, speed, time left, last
checkpoint. It only reads files, and never disturbs a run.</p>`;
}
