/*
 * schedules - the rate of one base, k and length, as `kdecay schedule` printed it. The file of a base
 * is loaded when the base is first chosen.
 */
'use strict';

(() => {
  const get = (id) => document.getElementById(id);
  const commands = JSON.parse(get('commands').textContent);
  let plots = [], url = '';

  for (const hidden of document.querySelectorAll('.needs-script')) hidden.hidden = false;

  function load(base) {
    if (window.kdecaySchedules?.[base]) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const script = document.createElement('script');
      script.src = `data/schedules/${base}.js`;
      script.onload = resolve;
      script.onerror = reject;
      document.head.append(script);
    });
  }

  /* Columns of numbers below the line of names. */
  function columnsOf(text) {
    const lines = text.trimEnd().split('\n').filter((line) => !line.startsWith('#'));
    const names = lines[0].split('\t');
    return Object.fromEntries(names.map((name, i) => [name, lines.slice(1).map((line) => {
      const value = Number(line.split('\t')[i]);
      return Number.isFinite(value) ? value : null;
    })]));
  }

  const fact = (name, text) => `<div><dt>${name}</dt><dd>${text}</dd></div>`;

  async function draw() {
    const base = get('base').value, k = get('k').value, epochs = get('epochs').value;
    await load(base);
    const texts = window.kdecaySchedules[base], text = texts[k][epochs];
    const own = columnsOf(text), plain = columnsOf(texts['1'][epochs]);
    const name = `${base}-k${k}-${epochs}-epochs`;
    const mean = own.lr.reduce((a, b) => a + b, 0) / own.lr.length;
    const closed = /in closed form: (.*)/.exec(text)[1];
    get('means').innerHTML = fact('mean factor, by sum', /by sum: (\S+)/.exec(text)[1]) +
      fact('mean factor, in closed form', closed) + fact('mean rate', mean.toPrecision(6)) +
      fact('steps', own.lr.length);
    const plot = (place, column, y) => drawPlot(get(place), {
      data: [own.step, plain[column], own[column]], x: 'step', y,
      label: `${y} of ${base} with k = ${k} against step, ${epochs} epochs`,
      series: [{ label: 'k = 1', stroke: '#8a8a8a', dash: [5, 4], width: 1.2, value: (u, v) => shortNumber(v) },
        { label: `k = ${k}`, stroke: colourOf(0), width: 2, value: (u, v) => shortNumber(v) }],
    });
    plots = [plot('rate', 'lr', 'learning rate'), plot('slope', 'slope_per_step', 'derivative, per step')];
    get('command').textContent = commands[base][k][epochs];
    URL.revokeObjectURL(url);
    url = URL.createObjectURL(new Blob([text], { type: 'text/tab-separated-values' }));
    get('download').href = url;
    get('download').download = `${name}.tsv`;
    get('at').max = own.step.length;
    get('at').value = Math.ceil(own.step.length / 2);
    document.documentElement.dataset.shown = name;
    read();
  }

  function read() {
    get('step').textContent = get('at').value;
    for (const plot of plots) plot.read(Number(get('at').value) - 1);
  }

  get('choice').addEventListener('input', draw);
  get('choice').addEventListener('submit', (event) => event.preventDefault());
  get('at').addEventListener('input', read);
  drawAlways(draw);
})();
