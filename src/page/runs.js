/*
 * runs - learning curves of the runs that are chosen in the table: a line for each run, or for each
 * arm the mean over its seeds with a band from the lowest to the highest.
 */
'use strict';

(() => {
  const get = (id) => document.getElementById(id);
  const names = Object.fromEntries([...get('quantity').options].map((o) => [o.value, o.textContent]));
  const runs = new Map(window.kdecayRuns.map((run) => [`${run.arm}/${run.seed}`, run]));
  const rows = [...get('runs').tBodies[0].rows];
  const FEW = 12; /* points that are marked each, since few make no line */
  const chosen = JSON.parse(get('chosen').textContent);
  const boxes = new Map();
  let plot = null;

  for (const row of rows) {
    if (!runs.has(row.dataset.run)) continue;
    const box = document.createElement('input');
    box.type = 'checkbox';
    box.checked = chosen.includes(row.dataset.arm);
    box.setAttribute('aria-label', `draw ${row.dataset.arm}, seed ${row.dataset.seed}`);
    row.cells[0].prepend(box);
    boxes.set(row.dataset.run, box);
  }

  /* For each arm of the chosen runs, sorted: its runs. */
  function byArm() {
    const arms = new Map();
    for (const [id, run] of runs) {
      if (boxes.get(id)?.checked) arms.set(run.arm, [...(arms.get(run.arm) ?? []), run]);
    }
    return [...arms].sort(([a], [b]) => a.localeCompare(b, 'en', { numeric: true }));
  }

  /* Values of a run at each of `xs`; null where it has none. */
  function valuesAt(run, xs, against, quantity) {
    const at = new Map(run[against].map((x, i) => [x, run[quantity][i]]));
    return xs.map((x) => at.get(x) ?? null);
  }

  function draw() {
    const quantity = get('quantity').value, against = get('against').value, mean = get('lines').value === 'mean';
    const arms = byArm(), all = arms.flatMap(([, list]) => list);
    const xs = [...new Set(all.flatMap((run) => run[against]))].sort((a, b) => a - b);
    const data = [xs], series = [], bands = [];
    arms.forEach(([arm, list], i) => {
      const look = { stroke: colourOf(i), dash: dashOf(i), width: 1.5, spanGaps: true,
        points: { show: xs.length <= FEW, size: 5 } };
      const each = list.map((run) => valuesAt(run, xs, against, quantity));
      if (!mean) {
        list.forEach((run, j) => {
          series.push({ ...look, label: `${arm}, seed ${run.seed}`, value: (u, v) => shortNumber(v) });
          data.push(each[j]);
        });
        return;
      }
      const of = (f) => xs.map((x, p) => {
        const there = each.map((values) => values[p]).filter((v) => v !== null);
        return there.length ? f(there) : null;
      });
      const low = of((v) => Math.min(...v)), high = of((v) => Math.max(...v));
      const first = data.length;
      data.push(of((v) => v.reduce((a, b) => a + b, 0) / v.length), high, low);
      series.push({ ...look, label: `${arm}, mean of ${list.length}`, value: (u, v, s, p) =>
        (p === null || v === null || v === undefined ? '–' : `${shortNumber(v)} [${shortNumber(low[p])}, ${shortNumber(high[p])}]`) });
      series.push({ class: 'edge', width: 0, points: { show: false }, spanGaps: true },
        { class: 'edge', width: 0, points: { show: false }, spanGaps: true });
      bands.push({ series: [first + 1, first + 2], fill: `${colourOf(i)}2e` });
    });
    const what = `${names[quantity]} against ${against}, ${all.length} runs of ${arms.length} arms`;
    get('curves-caption').textContent = all.length ? what[0].toUpperCase() + what.slice(1)
      : 'No run is chosen: tick some in the table below.';
    plot = all.length ? drawPlot(get('plot'), { data, series, bands, x: against, y: names[quantity],
      label: what, logarithmic: get('axis').value === 'log' }) : null;
    if (!plot) get('plot').replaceChildren();
    get('at').max = Math.max(0, xs.length - 1);
    get('at').value = get('at').max;
    read();
  }

  function read() {
    const i = Number(get('at').value);
    get('at-value').textContent = plot ? `${get('against').value} ${plot.chart.data[0][i]}` : '';
    get('at').setAttribute('aria-valuetext', get('at-value').textContent);
    plot?.read(i);
  }

  function choose(of) {
    for (const row of rows) {
      const box = boxes.get(row.dataset.run);
      if (box) box.checked = of(row);
    }
    draw();
  }

  get('plot-controls').addEventListener('submit', (event) => event.preventDefault());
  get('plot-controls').addEventListener('input', draw);
  get('runs').addEventListener('change', draw);
  get('draw').addEventListener('click', () => {
    choose((row) => !row.hidden);
    get('curves').scrollIntoView();
  });
  get('clear').addEventListener('click', () => choose(() => false));
  get('at').addEventListener('input', read);
  drawAlways(draw);
})();
