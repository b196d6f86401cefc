/*
 * plot - what all plots share over uPlot: colours of the page, fit to its width, values read by
 * pointer or by a slider.
 */
'use strict';

/* Okabe and Ito's colours, then the same dashed. */
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#7f7f7f'];
const colourOf = (i) => COLOURS[i % COLOURS.length];
const dashOf = (i) => [undefined, [8, 4], [2, 3], [10, 3, 2, 3]][Math.floor(i / COLOURS.length) % 4];

/* As few digits as a tick or a reader needs; a dash where there is no value. */
const shortNumber = (value) => (value === null || value === undefined ? '–' :
  Number(value.toPrecision(6)).toString().replace('-', '−'));

/*
 * Draw into `place`, instead of what is there. `plot` has data and series as uPlot takes them, x and
 * y (names of the axes), label (for those who do not see it), bands, logarithmic.
 * Returns {chart, read(i)}: uPlot's own, and what shows the values of point i.
 */
function drawPlot(place, plot) {
  const style = getComputedStyle(document.documentElement);
  const ink = style.getPropertyValue('--ink').trim(), grid = style.getPropertyValue('--line').trim();
  const axis = (label) => ({ label, stroke: ink, grid: { stroke: grid, width: 1 },
    ticks: { stroke: grid, width: 1 }, font: '12px system-ui, sans-serif', labelFont: '12px system-ui, sans-serif',
    labelSize: 20, values: (u, splits) => splits.map(shortNumber) });
  const size = () => ({ width: Math.max(place.clientWidth, 240),
    height: place.classList.contains('tall') ? 400 : 260 });
  place.replaceChildren();
  const chart = new uPlot({
    ...size(),
    scales: { x: { time: false }, y: { distr: plot.logarithmic ? 3 : 1 } },
    series: [{ label: plot.x }, ...plot.series],
    bands: plot.bands ?? [],
    axes: [axis(plot.x), { ...axis(plot.y), size: 76 }],
    cursor: { y: false, drag: { x: true, y: false } },
    legend: { live: true },
  }, plot.data, place);
  const canvas = place.querySelector('canvas');
  canvas.setAttribute('role', 'img');
  canvas.setAttribute('aria-label', plot.label);
  let at = null;
  const set = () => at !== null && chart.setCursor({ left: chart.valToPos(plot.data[0][at], 'x'), top: 10 });
  /* uPlot knows its scales only after it has drawn; the observer is called then, too. */
  new ResizeObserver(() => {
    chart.setSize(size());
    requestAnimationFrame(set);
  }).observe(place);
  return {
    chart,
    read(i) {
      at = i;
      set();
    },
  };
}

/* Call `draw` now, and again when the colours of the page change. */
function drawAlways(draw) {
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw);
  draw();
}
