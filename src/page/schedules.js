/*
 * schedules - the rate of a base, k and length of choice, computed by decay.js.
 */
'use strict';

(() => {
  const get = (id) => document.getElementById(id);
  const { kdecay, kdecayBases: bases } = globalThis;
  const WAIT = 150; /* ms without a key, until a number is taken as typed */
  let plots = [], url = '', timer = 0;

  for (const hidden of document.querySelectorAll('.needs-script')) hidden.hidden = false;

  const fact = (name, text) => `<div><dt>${name}</dt><dd>${text}</dd></div>`;
  /* A plot has no place for an infinite slope. */
  const drawable = (values) => values.map((value) => (Number.isFinite(value) ? value : null));

  function mistake(text) {
    get('mistake').textContent = text;
    get('mistake').hidden = text === '';
    get('shown').hidden = text !== '';
  }

  /* What is wrong with a number, in words. */
  function wrong(input, name) {
    return input.checkValidity() ? '' : `${name}: expected a ${input.step === '1' ? 'whole ' : ''}number from ${
      input.min} to ${input.max}.`;
  }

  function draw() {
    const text = wrong(get('k'), 'k') || wrong(get('epochs'), 'Length');
    if (text) {
      mistake(text);
      return;
    }
    const name = get('base').value, base = bases[name], k = Number(get('k').value), epochs = Number(get('epochs').value);
    const own = kdecay.rates(base, k, epochs), plain = k === 1 ? own : kdecay.rates(base, 1, epochs);
    mistake(own.problem);
    if (own.problem) return;
    const steps = own.lr.map((_, t) => t + 1);
    const file = `${name}-k${k}-${epochs}-epochs`;
    get('means').innerHTML = fact('mean factor, by sum', kdecay.general(own.factor, 10)) +
      fact('mean factor, in closed form', Number.isNaN(own.area) ? 'not known' : kdecay.general(own.area, 10)) +
      fact('mean rate', kdecay.general(own.mean, 6)) + fact('steps', steps.length);
    const plot = (place, column, y) => drawPlot(get(place), {
      data: [steps, drawable(plain[column]), drawable(own[column])], x: 'step', y,
      label: `${y} of ${name} with k = ${k} against step, ${epochs} epochs`,
      series: [{ label: 'k = 1', stroke: '#8a8a8a', dash: [5, 4], width: 1.2, value: (u, v) => shortNumber(v) },
        { label: `k = ${k}`, stroke: colourOf(0), width: 2, value: (u, v) => shortNumber(v) }],
    });
    plots = [plot('rate', 'lr', 'learning rate'), plot('slope', 'slope', 'derivative, per step')];
    get('command').textContent = kdecay.shell(kdecay.command(base, name, k, epochs));
    URL.revokeObjectURL(url);
    url = URL.createObjectURL(new Blob([kdecay.tsv(own)], { type: 'text/tab-separated-values' }));
    get('download').href = url;
    get('download').download = `${file}.tsv`;
    get('at').max = steps.length;
    get('at').value = Math.ceil(steps.length / 2);
    document.documentElement.dataset.shown = file;
    read();
  }

  function read() {
    get('step').textContent = get('at').value;
    for (const plot of plots) plot.read(Number(get('at').value) - 1);
  }

  get('choice').addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(draw, WAIT);
  });
  get('choice').addEventListener('submit', (event) => event.preventDefault());
  get('at').addEventListener('input', read);
  drawAlways(draw);
})();
