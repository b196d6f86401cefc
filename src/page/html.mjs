/*
 * html - from texts to pages: escaping, links, tables, the frame that all pages share.
 */

export const escape = (text) => String(text)
  .replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
  .replaceAll('"', '&quot;').replaceAll("'", '&#39;');

/* As a reader sees it: a true minus and dash, escaped. */
export const shown = (text) =>
  escape(String(text).replace(/(?<=^|\s|\[)-(?=[\d.])/g, '−').replace(/^-$/, '–').replace(/ - /g, ' − '));

export const isNumber = (text) => /^[+-]?\d+(\.\d+)?\*?$|^-$|^inf$/.test(text);

/* A link from the page at `from` to the page at `to`, both below the page's folder. */
export function address(from, to) {
  const [path, part] = to.split('#');
  const up = '../'.repeat(from.split('/').length - 1);
  const target = path.split('/').map(encodeURIComponent).join('/');
  const fragment = part === undefined ? '' : '#' + encodeURIComponent(part);
  return (path === from && fragment ? '' : up + target) + fragment;
}

export const link = (from, to, html, more = '') =>
  `<a href="${escape(address(from, to))}"${more}>${html}</a>`;

const places = [
  ['index.html', 'Results'], ['claims.html', 'Claims'], ['tables.html', 'Tables'],
  ['runs.html', 'Runs'], ['schedules.html', 'Schedules'], ['read.html', 'Read a log'],
];

/*
 * A whole page. `page` has path, title, html; scripts, paths of what it needs beside the page's own
 * (in order); `styles` likewise.
 */
export function wholePage(page) {
  const at = (path) => escape(address(page.path, path));
  const item = ([path, name]) =>
    `<li><a href="${at(path)}"${path === page.path ? ' aria-current="page"' : ''}>${name}</a></li>`;
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${escape(page.title)} · k-Decay</title>
<link rel="icon" href="data:,">
${(page.styles ?? []).map((path) => `<link rel="stylesheet" href="${at(path)}">`).join('\n')}
<link rel="stylesheet" href="${at('style.css')}">
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<header><nav aria-label="Pages"><a class="brand" href="${at('index.html')}">k-Decay</a><ul>
${places.map(item).join('\n')}
</ul></nav></header>
<main id="main">
${page.html}
</main>
<footer><p>Every number on these pages was copied from a raw log or a published table; a click on it
shows the line. The pages load nothing from a network and keep nothing about who reads them.
${page.licence ?? ''}</p></footer>
${(page.scripts ?? []).map((path) => `<script src="${at(path)}"></script>`).join('\n')}
</body>
</html>
`;
}

const SHORT = 14;

/*
 * A table in a frame that scrolls on narrow screens, and by keyboard. `columns`: [{name, html?,
 * number?}]; `rows`: [{html: [cell...], attributes?}], or {group}, a heading over what follows. `kind`
 * are CSS classes; rows of the kind "cards" become cards on narrow screens, where styles would take
 * the table's roles away unless they are said.
 */
export function tableHtml(caption, columns, rows, { id, kind } = {}) {
  /* Columns of a word or two stay on one line. */
  columns = columns.map((c, i) => ({ ...c, short: rows.every((row) => row.group !== undefined ||
    row.html[i].replace(/<[^>]*>/g, '').length <= SHORT) }));
  const cards = kind?.startsWith('cards');
  const role = (name) => (cards ? ` role="${name}"` : '');
  const number = (c) => (c.number ? ' class="number"' : c.short ? ' class="short"' : '');
  const head = columns.map((c) =>
    `<th scope="col"${role('columnheader')}${number(c)}>${c.html ?? shown(c.name)}</th>`).join('');
  const label = (c) => (cards ? ` data-label="${shown(c.name)}"` : '');
  const none = (html) => (cards && /^(<[^>]*>)?–(<\/\w+>)?$/.test(html) ? ' data-none' : '');
  const cell = (html, i) => (i === 0
    ? `<th scope="row"${role('rowheader')}>${html}</th>`
    : `<td${role('cell')}${number(columns[i])}${label(columns[i])}${none(html)}>${html}</td>`);
  const body = rows.map((row) => (row.group !== undefined
    ? `<tr class="group"${role('row')}><th colspan="${columns.length}"${role('columnheader')} scope="colgroup">${row.group}</th></tr>`
    : `<tr${role('row')}${row.attributes ?? ''}>${row.html.map(cell).join('')}</tr>`)).join('\n');
  return `<div class="scroll" role="region" aria-label="${escape(caption)}" tabindex="0">
<table${id ? ` id="${id}"` : ''}${kind ? ` class="${kind}"` : ''}${role('table')}><caption>${shown(caption)}</caption>
<thead${role('rowgroup')}><tr${role('row')}>${head}</tr></thead>
<tbody${role('rowgroup')}>
${body}
</tbody></table></div>`;
}
