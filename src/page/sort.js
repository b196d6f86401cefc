/*
 * sort - a table to sort by its heads and to filter by lists and a word. Rows are as the page has
 * them, so that without JavaScript the whole table is there.
 */
'use strict';

for (const hidden of document.querySelectorAll('.needs-script')) hidden.hidden = false;

/* ---- Sort --------------------------------------------------------------------------------- */

for (const table of document.querySelectorAll('table.sortable')) {
  const heads = [...table.tHead.rows[0].cells], body = table.tBodies[0];
  const textOf = (row, i) => row.cells[i].textContent.trim().replace('−', '-');
  /* Numbers as numbers, what is no number last, texts by the alphabet. */
  const compare = (a, b) => {
    const x = parseFloat(a), y = parseFloat(b);
    if (Number.isNaN(x) || Number.isNaN(y)) {
      return Number.isNaN(x) && Number.isNaN(y) ? a.localeCompare(b, 'en') : Number.isNaN(x) ? 1 : -1;
    }
    return x - y || a.localeCompare(b, 'en', { numeric: true });
  };
  heads.forEach((head, i) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener('click', () => {
      const up = head.getAttribute('aria-sort') !== 'ascending';
      for (const other of heads) other.removeAttribute('aria-sort');
      head.setAttribute('aria-sort', up ? 'ascending' : 'descending');
      const rows = [...body.rows].sort((a, b) => (up ? 1 : -1) * compare(textOf(a, i), textOf(b, i)));
      body.append(...rows);
    });
  });
}

/* ---- Filter ------------------------------------------------------------------------------- */

const filters = document.getElementById('filters');
if (filters) {
  const table = document.getElementById('runs'), rows = [...table.tBodies[0].rows];
  const lists = [...filters.querySelectorAll('select')], search = document.getElementById('search');
  const apply = () => {
    const word = search.value.trim().toLowerCase();
    let count = 0;
    for (const row of rows) {
      row.hidden = !lists.every((l) => l.value === '' || row.dataset[l.dataset.filter] === l.value) ||
        !row.dataset.arm.toLowerCase().includes(word);
      if (!row.hidden) count++;
    }
    document.getElementById('count').textContent = `${count} of ${rows.length} runs`;
  };
  filters.addEventListener('submit', (event) => event.preventDefault());
  filters.addEventListener('input', apply);
  document.getElementById('show-all').addEventListener('click', () => {
    filters.reset();
    apply();
  });
  apply();
}
