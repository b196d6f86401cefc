/*
 * tables - the report's CSV files as tables of links: each number opens its source.
 */
import { existsSync } from 'node:fs';
import { linesOf, readCsv, readText } from './reading.mjs';
import { escape, isNumber, link, shown, tableHtml } from './html.mjs';
import { code, ownerOf, ownerPage, placeOf } from './sources.mjs';

/*
 * A reader of the tables in a folder, and of the values that they show. cell(page, table, row, i)
 * is the HTML of a cell; tables are kept, so that each is read once.
 */
export class Tables {
  constructor(folder, { values, at }) {
    this.folder = folder;
    this.values = values;
    this.at = at;
    this.read = new Map();
  }

  table(name) {
    if (!this.read.has(name)) {
      const path = `${this.folder}/${name}.csv`;
      this.read.set(name, existsSync(path) ? { name, ...readCsv(path) } : null);
    }
    return this.read.get(name);
  }

  /* The first of these columns that the table has: headers may have older words. */
  column(table, ...names) {
    return table.columns.findIndex((name) => names.includes(name));
  }

  valueAt(table, row, column) {
    return this.values.get(this.at.get(`${table.name} ${row.line} ${table.columns[column]}`));
  }

  /* The arm whose row it is: the one that a cell names, or that of a number of its; or null. */
  armOf(table, row) {
    const of = this.column(table, 'arm', 'of');
    const first = of < 0 ? '' : row.cells[of].split(/[ ,]/)[0];
    if (first && existsSync(`experiments/${first}.ini`)) return first;
    const named = /^(?:make run EXP=experiments\/)?([\w./-]+?)(?:\.ini SEED=\d+)?$/
      .exec(row.cells[row.cells.length - 1]);
    if (named && existsSync(`experiments/${named[1]}.ini`)) return named[1];
    const n = this.column(table, 'last epoch (%)', 'n');
    const value = n < 0 ? undefined : this.valueAt(table, row, n);
    return value ? ownerOf(value.id) : null;
  }

  cell(page, table, row, i) {
    const text = row.cells[i], name = table.columns[i];
    const value = this.valueAt(table, row, i);
    if (value) return link(page, placeOf(value), shown(text));
    const arm = this.armOf(table, row);
    if (arm && name === 'name') return link(page, ownerPage(arm), escape(text));
    if (name === 'verdict' && text !== '-') {
      const difference = this.valueAt(table, row, this.column(table, 'difference', 'difference to k=1'));
      if (difference) return link(page, placeOf(difference), shown(text));
    }
    if (arm && text !== '-' && name.startsWith('arm')) {
      return link(page, ownerPage(arm), text.startsWith('make ') ? code(text) : escape(text));
    }
    if (name === 'log' && row.cells[i + 1]) {
      return link(page, `file/${text}.html#L${row.cells[i + 1]}`, escape(text));
    }
    return isNumber(text) && text !== '-' ? link(page, this.originOf(table, row, arm), shown(text))
      : shown(text);
  }

  /* Where a number without an id comes from: from the experiment, as k, epochs, a mean factor and
   * sizes do; of a claim, by its rule; else from the line that the row's first number is of. */
  originOf(table, row, arm) {
    if (arm) return `${ownerPage(arm)}#experiment`;
    if (table.name === 'claims-numbers') return `claims.html#${row.cells[0]}-rule`;
    const value = table.columns.map((_, i) => this.valueAt(table, row, i)).find((v) => v);
    return value ? placeOf(value) : `data/tables/${table.name}.csv`;
  }

  /* All of a table, or its rows and columns of choice. */
  html(page, name, { caption, rows, columns, groups, kind } = {}) {
    const table = this.table(name);
    if (!table) return '';
    const chosen = columns ?? table.columns.map((_, i) => i)
      .filter((i) => table.rows.some((row) => row.cells[i] !== ''));
    const from = rows ?? table.rows;
    const heads = chosen.map((i) => ({
      name: table.columns[i],
      number: table.rows.every((row) => isNumber(row.cells[i])),
    }));
    const body = from.map((row) => ({ html: chosen.map((i) => this.cell(page, table, row, i)) }));
    return tableHtml(caption ?? this.caption(name), heads, groups ? groups(from, body) : body, { kind });
  }

  text(name) {
    const path = `${this.folder}/${name}.txt`;
    return existsSync(path) ? linesOf(readText(path)) : [];
  }

  /* The first line of the table's text, which says what it is; of a part, the heading there. */
  caption(name) {
    const part = /^(.*)-(full|desk|numbers)$/.exec(name);
    const heading = part && this.text(part[1]).find((line) =>
      /^\d\. /.test(line) && line.slice(3).toLowerCase().replace(/^the /, '').startsWith(part[2]));
    return heading ? `${name}: ${heading.slice(3)}` : this.text(name)[0] ?? name;
  }

  /* The lines below the table that say what its columns mean. */
  notes(name) {
    const found = this.text(name).slice(1).filter((line) => /^[-a-zA-Z0-9%(][^.:|]{0,60}: \S/.test(line) &&
      !/^(make|\d+\.) /.test(line.trim()));
    return [...new Set(found)];
  }

  notesHtml(name) {
    const notes = this.notes(name);
    return notes.length ? `<details class="notes"><summary>How to read it</summary>
<ul>${notes.map((line) => `<li>${shown(line)}</li>`).join('\n')}</ul></details>` : '';
  }

  /* The verdict on each arm, from all tables that give one: a map from arm to {word, table}. */
  verdicts(names) {
    const found = new Map();
    for (const name of names) {
      const table = this.table(name);
      const verdict = table ? this.column(table, 'verdict') : -1;
      if (verdict < 0) continue;
      for (const row of table.rows) {
        const last = this.valueAt(table, row, this.column(table, 'last epoch (%)', 'test error (%)'));
        const word = row.cells[verdict];
        if (last && word !== '-' && !found.has(ownerOf(last.id))) found.set(ownerOf(last.id), word);
      }
    }
    return found;
  }
}
