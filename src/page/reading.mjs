/*
 * reading - what the page is made of: tables, their sources, logs and experiments, as they stand.
 *
 * Nothing here computes a result. Numbers stay the texts that the program printed.
 */
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/* All files below a folder whose names end in `ending`, hidden ones left out, sorted bytewise. */
export function filesBelow(folder, ending) {
  if (!existsSync(folder)) return [];
  const found = [];
  for (const name of readdirSync(folder)) {
    if (name.startsWith('.')) continue;
    const path = join(folder, name);
    if (statSync(path).isDirectory()) found.push(...filesBelow(path, ending));
    else if (name.endsWith(ending)) found.push(path);
  }
  return found.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}

export const readText = (path) => readFileSync(path, 'utf8');
export const linesOf = (text) => text.replace(/\n$/, '').split('\n');

/* A CSV as the report writes it (RFC 4180, no line break within a cell). `line` counts from 1. */
export function readCsv(path) {
  const rows = linesOf(readText(path)).map((line, i) => ({ line: i + 1, cells: csvCells(line) }));
  return { columns: rows[0].cells, rows: rows.slice(1) };
}

function csvCells(line) {
  const cells = [];
  for (const [, quoted, plain] of line.matchAll(/(?:"((?:[^"]|"")*)"|([^,]*))(?:,|$)/g)) {
    cells.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
  }
  /* The pattern also finds the empty text at the end of a line that does not end in a comma. */
  if (!line.endsWith(',') && line !== '') cells.pop();
  return cells;
}

/*
 * All value ids of build/tables/*.sources.tsv. A map from id to
 *   shown    [{table, line, column, text}]: where a table shows it
 *   sources  [{file, line}]: where it came from, each once
 * and `at`, a map from "table line column" to id.
 */
export function readValues(tables) {
  const values = new Map(), at = new Map();
  for (const path of filesBelow(tables, '.sources.tsv')) {
    const table = path.slice(tables.length + 1, -'.sources.tsv'.length);
    for (const row of linesOf(readText(path)).slice(1)) {
      const [id, text, line, column, file, fileLine] = row.split('\t');
      if (!values.has(id)) values.set(id, { id, shown: [], sources: [], seen: new Set() });
      const value = values.get(id), place = `${table} ${line} ${column}`;
      if (!at.has(place)) {
        at.set(place, id);
        value.shown.push({ table, line: Number(line), column, text });
      }
      if (!value.seen.has(`${file}:${fileLine}`)) {
        value.seen.add(`${file}:${fileLine}`);
        value.sources.push({ file, line: Number(fileLine) });
      }
    }
  }
  return { values, at };
}

/*
 * A raw log (log.h): `head`, a map from key to its texts in order; the canonical experiment
 * text as a map and as lines; `columns` and `rows` of the epochs, with their lines in the file.
 */
export function readLog(path) {
  const lines = linesOf(readText(path));
  const log = { path, lines, head: new Map(), experiment: new Map(), columns: [], rows: [] };
  lines.forEach((line, i) => {
    const note = /^# ([^:]+): (.*)$/.exec(line);
    if (note) {
      if (!log.head.has(note[1])) log.head.set(note[1], []);
      log.head.get(note[1]).push(note[2]);
      if (note[1] === 'experiment') {
        const [key, value] = note[2].split(' = ');
        log.experiment.set(key, value);
      }
    } else if (line.startsWith('epoch\t')) log.columns = line.split('\t');
    else if (log.columns.length && !line.startsWith('#')) {
      log.rows.push({ line: i + 1, cells: line.split('\t') });
    }
  });
  log.arm = first(log, 'arm');
  log.seed = Number(first(log, 'seed'));
  return log;
}

export const first = (log, key) => log.head.get(key)?.[0] ?? '';

/* A tab-separated file with '#' comments and then column names. */
export function readTsv(path) {
  const rows = linesOf(readText(path)).map((text, i) => ({ line: i + 1, text }))
    .filter((row) => row.text !== '' && !row.text.startsWith('#'))
    .map((row) => ({ line: row.line, cells: row.text.split('\t') }));
  return { columns: rows[0].cells, rows: rows.slice(1) };
}

/* What tables/arms.tsv says of each arm, by its name (arm_list.h). */
export function readArms(path) {
  const { columns, rows } = readTsv(path);
  return new Map(rows.map(({ cells }) =>
    [cells[0], Object.fromEntries(columns.map((name, i) => [name, cells[i]]))]));
}

/* Whether the arm is one of a registered set that is not complete, so that nobody compares it yet. */
export const isSealed = (arms, arm) => arms.get(arm)?.['registered set'] === 'incomplete';
