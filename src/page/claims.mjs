/*
 * claims - each claim with its words, the numbers behind each word, and the rule that gave it.
 */
import { filesBelow, linesOf, readText, readTsv } from './reading.mjs';
import { escape, isNumber, link, shown, tableHtml } from './html.mjs';
import { filePage, ownerPage } from './sources.mjs';

const PUBLISHED = 'results/published/claims.tsv';
const PAGE = 'claims.html';

export const claimPart = (claim, evidence) =>
  `${claim}-${evidence.toLowerCase().replace(/[^a-z]+/g, '-')}`;

/*
 * The rules as claims.h states them: a map from claim to [{of, text}], `of` being the kind of
 * evidence above it. In the comment a kind starts in column 3, a claim, or several with one rule
 * ("C2a, C2b"), in column 5, and a line that continues one in column 10.
 */
function readRules() {
  const header = filesBelow('src', 'claims.h')[0];
  const rules = new Map();
  let of = '', open = null;
  for (const line of header ? linesOf(readText(header)) : []) {
    const text = /^ \*(.*)$/.exec(line)?.[1] ?? '';
    const claim = /^ {5}((?:[A-Z]\d[a-z]?, )*[A-Z]\d[a-z]?) +(.*)$/.exec(text);
    const more = /^ {10}(\S.*)$/.exec(text);
    if (claim) {
      open = { of, text: claim[2] };
      for (const id of claim[1].split(', ')) rules.set(id, [...(rules.get(id) ?? []), open]);
    } else if (open && more) open.text += ` ${more[1]}`;
    else {
      open = null;
      const kind = /^ {3}(\S[^:]*?)(?: {2,}|:|$)/.exec(text);
      if (kind) of = kind[1];
      else if (/^ \S/.test(text)) of = '';
    }
  }
  return rules;
}

/* The table of words; each links to what is behind it. */
export function claimsTable(tables, page) {
  const claims = tables.table('claims');
  const rows = claims.rows.map((row) => {
    const claim = row.cells[0];
    return { html: row.cells.map((text, i) => {
      const name = claims.columns[i];
      if (i === 0) return link(page, `${PAGE}#${claim}`, escape(text));
      if (name === 'says') return shown(text);
      return text === '-' ? '<span aria-label="does not bear on it">–</span>'
        : link(page, `${PAGE}#${claimPart(claim, name)}`, shown(text), ` class="word ${mood(text)}"`);
    }) };
  });
  return tableHtml('What is known of each claim, by kind of evidence', claims.columns
    .map((name) => ({ name: name === 'says' ? 'what it says' : name })), rows, { kind: 'cards claims' });
}

/* How a word is coloured; the word itself says it, too. */
function mood(text) {
  if (/^(holds|consistent|better( at .*)?)$/.test(text)) return 'yes';
  if (/^(fails|not consistent|worse( at .*)?)$/.test(text)) return 'no';
  return 'open';
}

function numbers(tables, claim, evidence) {
  const table = tables.table('claims-numbers');
  const rows = table.rows.filter((row) => row.cells[0] === claim && row.cells[1] === evidence);
  if (!rows.length) return '';
  const columns = table.columns.map((_, i) => i).slice(2)
    .filter((i) => i === 2 || rows.some((row) => row.cells[i] !== '-'));
  const of = tables.column(table, 'of');
  const cell = (row, i) => {
    const arm = i === of && tables.armOf(table, row);
    return arm ? link(PAGE, ownerPage(arm), shown(row.cells[i])) : tables.cell(PAGE, table, row, i);
  };
  return tableHtml(`${claim}, ${evidence}: the numbers`, columns.map((i) => ({
    name: table.columns[i], number: i !== of && rows.every((row) => isNumber(row.cells[i])),
  })), rows.map((row) => ({ html: columns.map((i) => cell(row, i)) })));
}

export function claimsHtml(tables) {
  const claims = tables.table('claims'), rules = readRules();
  const published = readTsv(PUBLISHED);
  const source = published.columns.indexOf('source');
  const section = (row) => {
    const claim = row.cells[0];
    const origin = published.rows.find((r) => r.cells[0] === claim);
    const kinds = claims.columns.slice(2).map((name, i) => ({ name, word: row.cells[i + 2] }))
      .filter((kind) => kind.word !== '-');
    const rule = (rules.get(claim) ?? []).map((r) =>
      `<li>${r.of ? `<b>${shown(r.of)}</b>: ` : ''}${shown(r.text)}</li>`);
    return `<section class="claim"><h2 id="${claim}">${claim}: ${shown(row.cells[1])}</h2>
<p>From: ${origin ? link(PAGE, `${filePage(PUBLISHED)}#L${origin.line}`, shown(origin.cells[source]))
    : 'not listed'}.</p>
${kinds.map((kind) => `<h3 id="${claimPart(claim, kind.name)}">${shown(kind.name)}: ${
    link(PAGE, `${PAGE}#${claim}-rule`, shown(kind.word), ` class="word ${mood(kind.word)}"`)}</h3>
${numbers(tables, claim, kind.name)}`).join('\n')}
<div class="rule" id="${claim}-rule"><h3>The rule that gives the word</h3>
<ul>${rule.join('\n')}</ul></div></section>`;
  };
  return `<h1>The claims, and what is known of each</h1>
<p class="lead">A word for each kind of evidence, by rules that do not depend on how the runs came out.
Differences are in points of test error; below 0 is better.</p>
${claimsTable(tables, PAGE)}
${tables.notesHtml('claims')}
${claims.rows.map(section).join('\n')}`;
}

