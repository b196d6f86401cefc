/*
 * test - the pages in a real Chromium: `node src/page/test.mjs PAGE PACKAGES KDECAY OUT PLAIN`.
 *
 * PAGE is the folder of the pages, PACKAGES that of npm's packages, OUT gets screenshots to look at,
 * PLAIN holds the pages as they are made without the library for plots.
 * What the pages show is compared with the files it came from, which are read here again by other
 * code, and with what KDECAY prints. CHROMIUM is the browser's path. Ends with "N passed, N failed".
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const [pages, packages, kdecay, out, plain] = process.argv.slice(2);
const require = createRequire(`${resolve(packages)}/`);
const { chromium } = require('playwright-core');
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

let passed = 0, failed = 0;
const problems = [];
function check(what, holds, detail = '') {
  if (holds) passed++;
  else {
    failed++;
    console.log(`FAILED  ${what}${detail ? `: ${detail}` : ''}`);
  }
}

/* ---- Files, read by means of its own ------------------------------------------------------- */

function below(folder) {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? below(path) : [path];
  });
}

function csv(text) {
  const rows = [[]];
  let cell = '', quoted = false;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (quoted && c === '"' && text[i + 1] === '"') cell += text[++i];
    else if (c === '"') quoted = !quoted;
    else if (!quoted && (c === ',' || c === '\n')) {
      rows[rows.length - 1].push(cell);
      cell = '';
      if (c === '\n') rows.push([]);
    } else cell += c;
  }
  rows.pop();
  return rows;
}

const linesOf = (path) => readFileSync(path, 'utf8').split('\n').slice(0, -1);

/* What a cell says, whatever its signs. */
const bare = (text) => text.replaceAll('−', '-').replaceAll('–', '-').replace(/\s+/g, ' ').trim();

/* ---- Without a browser: every link resolves ------------------------------------------------ */

function checkLinks() {
  const files = below(pages).filter((path) => path.endsWith('.html'));
  const idsOf = new Map(files.map((path) => [resolve(path),
    new Set([...readFileSync(path, 'utf8').matchAll(/ id="([^"]*)"/g)].map((m) => m[1]))]));
  let links = 0;
  const broken = [], outside = new Set();
  for (const path of files) {
    for (const [, raw] of readFileSync(path, 'utf8').matchAll(/ (?:href|src)="([^"]*)"/g)) {
      const target = raw.replaceAll('&amp;', '&').replaceAll('&#39;', "'");
      if (/^(data:|#$)/.test(target)) continue;
      if (/^[a-z]+:/.test(target)) {
        outside.add(target);
        continue;
      }
      links++;
      const url = new URL(target, pathToFileURL(resolve(path)));
      const file = decodeURIComponent(url.pathname), part = decodeURIComponent(url.hash.slice(1));
      if (!existsSync(file) || (part && !idsOf.get(file)?.has(part))) broken.push(`${path}: ${raw}`);
    }
  }
  check(`${links} links within the pages resolve`, broken.length === 0, broken.slice(0, 3).join('; '));
  check('the only link to elsewhere is the thesis', [...outside].every((url) => url.startsWith('https://arxiv.org/')),
    [...outside].join(' '));
}

/* ---- With one ------------------------------------------------------------------------------ */

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM,
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
    '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});

async function open(path, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1200, height: 900 }, acceptDownloads: true, ...options });
  const page = await context.newPage();
  page.on('console', (m) => { if (['error', 'warning'].includes(m.type())) problems.push(`${path}: ${m.text()}`); });
  page.on('pageerror', (error) => problems.push(`${path}: ${error.message}`));
  page.on('request', (r) => { if (!/^(file|data|blob):/.test(r.url())) problems.push(`${path}: asks for ${r.url()}`); });
  await page.goto(pathToFileURL(resolve(pages)).href + '/' + path);
  return page;
}

const shot = (page, name, fullPage = true) => page.screenshot({ path: `${out}/${name}.png`, fullPage });

/* Every table's cells are those of its CSV, and every number that has a source links to it. */
async function checkTables() {
  const page = await open('tables.html', { javaScriptEnabled: true });
  const names = below('build/tables').filter((p) => p.endsWith('.csv') && !p.endsWith('/runs.csv'));
  for (const path of names) {
    const name = path.split('/').pop().slice(0, -4), rows = csv(readFileSync(path, 'utf8'));
    const kept = rows[0].map((_, i) => i).filter((i) => rows.slice(1).some((row) => row[i] !== ''));
    const expected = rows.map((row) => kept.map((i) => bare(row[i])));
    const found = await page.$$eval(`section:has(> h2[id="${name}"]) tr`, (trs) =>
      trs.map((tr) => [...tr.cells].map((td) => ({ text: td.textContent, href: td.querySelector('a')?.href }))));
    if (rows.length === 1) {
      check(`${name}: an empty table is an empty table`, found.length <= 1);
      continue;
    }
    check(`${name}: ${rows.length - 1} rows as in the CSV`,
      JSON.stringify(found.map((row) => row.map((c) => bare(c.text)))) === JSON.stringify(expected));
    const sources = linesOf(`build/tables/${name}.sources.tsv`).slice(1).map((line) => line.split('\t'));
    const without = sources.filter(([, , row, column]) =>
      !found[row - 1]?.[kept.indexOf(rows[0].indexOf(column))]?.href);
    check(`${name}: every number with a source links to it`, without.length === 0, without[0]?.join(' '));
  }
  await page.context().close();
}

/* No number of a table is without a link, but on the page of schedules, which names their command. */
async function checkNumbers() {
  for (const path of ['index.html', 'claims.html', 'tables.html', 'runs.html']) {
    const page = await open(path);
    const bare = await page.$$eval('main .scroll tbody :is(th, td):not(:has(a))', (cells) => cells
      .map((cell) => [...cell.childNodes].filter((n) => n.nodeName !== 'SMALL').map((n) => n.textContent).join('').trim())
      .filter((text) => /^[−+]?\d[\d.]*\*?$/.test(text)));
    check(`${path}: every number of its tables opens its source`, bare.length === 0, bare.join(' '));
    await page.context().close();
  }
}

/* Each claim says by what rule its words are given. */
async function checkClaims() {
  const page = await open('claims.html');
  const bare = await page.$$eval('section.claim', (all) => all.filter((s) => !s.querySelector('.rule li')).map((s) => s.innerText));
  check('each claim has a rule', bare.length === 0 && (await page.$$('section.claim')).length > 0, bare[0]);
  await page.context().close();
}

/* Every value id has its text and all its lines; the lines are those of the files. */
function checkValues() {
  let ids = 0, lines = 0;
  const wrong = [];
  const cache = new Map();
  const read = (path) => {
    if (!cache.has(path)) cache.set(path, existsSync(path) ? readFileSync(path, 'utf8') : '');
    return cache.get(path);
  };
  const html = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;').replaceAll("'", '&#39;');
  const seen = new Set();
  for (const path of below('build/tables').filter((p) => p.endsWith('.sources.tsv'))) {
    for (const [id, , , , file, line] of linesOf(path).slice(1).map((l) => l.split('\t'))) {
      if (!seen.has(id)) {
        seen.add(id);
        ids++;
        const owner = id.split(':')[0].replace(/\/seed-\d+$/, '');
        if (!read(`${pages}/value/${owner}.html`).includes(` id="${html(id)}"`)) wrong.push(id);
      }
      const text = html(read(file).split('\n')[line - 1]);
      lines++;
      if (!read(`${pages}/file/${file}.html`).includes(`<span class="line" id="L${line}">${text}\n</span>`)) {
        wrong.push(`${file}:${line}`);
      }
    }
  }
  check(`${ids} value ids have a place, and ${lines} lines are those of their files`, wrong.length === 0, wrong[0]);
}

/* A log's page marks the line that the address names, and tells how to repeat the run. */
async function checkLogPage() {
  const runs = csv(readFileSync('build/tables/runs.csv', 'utf8'));
  const row = runs[1], path = row[runs[0].indexOf('log')], line = row[runs[0].indexOf('line')];
  const page = await open(`file/${path}.html#L${line}`);
  const marked = await page.$eval(':target', (e) => ({ text: e.textContent,
    colour: getComputedStyle(e).backgroundColor, top: e.getBoundingClientRect().top }));
  check('the line of the address is marked and in sight', marked.text === `${linesOf(path)[line - 1]}\n` &&
    marked.colour !== 'rgba(0, 0, 0, 0)' && marked.top > 0 && marked.top < 900, JSON.stringify(marked));
  const text = await page.textContent('main');
  const trace = execFileSync(kdecay, ['trace', `${row[0]}/seed-${row[1]}:last-error`], { encoding: 'utf8' });
  const again = /again +(git checkout.*)/.exec(trace)[1];
  check('its command is that of `kdecay trace`', text.includes(again), again);
  await shot(page, 'log', false);
  await page.context().close();
}

async function checkRuns() {
  const page = await open('runs.html');
  const runs = csv(readFileSync('build/tables/runs.csv', 'utf8')).slice(1);
  const cells = (column) => page.$$eval('#runs tbody tr', (rows, i) => rows.filter((r) => !r.hidden)
    .map((r) => r.cells[i].textContent.trim()), column);
  const heads = await page.$$eval('#runs thead th', (ths) => ths.map((th) => th.textContent.trim()));
  const error = heads.findIndex((h) => h.startsWith('last test error')), network = heads.indexOf('network');
  check('the table has all runs with their errors',
    JSON.stringify(await cells(error)) === JSON.stringify(runs.map((r) => bare(r[4]).replace('-', '–'))));

  await page.focus(`#runs thead th:nth-child(${error + 1}) button`);
  await page.keyboard.press('Enter');
  const sorted = (await cells(error)).map(Number).filter((x) => !Number.isNaN(x));
  check('the keyboard sorts it', sorted.length > 0 && sorted.every((x, i) => i === 0 || sorted[i - 1] <= x) &&
    await page.getAttribute(`#runs thead th:nth-child(${error + 1})`, 'aria-sort') === 'ascending');
  await page.selectOption('#filter-scale', 'smoke');
  check('a filter leaves the runs of its word', (await cells(0)).length === runs.filter((r) => r[2] === 'smoke').length);
  await page.click('#show-all');
  await page.fill('#search', 'weight-net');
  check('a word leaves its arms', (await cells(0)).length === runs.filter((r) => r[0].includes('weight-net')).length);
  await page.click('#show-all');
  check('the networks have their short names', (await cells(network)).some((n) => /^preact-20/.test(n)));

  const data = await page.evaluate(() => window.kdecayRuns);
  const differ = data.filter((run) => {
    const lines = linesOf(`results/${run.arm}/seed-${run.seed}.tsv`).filter((l) => !l.startsWith('#')).map((l) => l.split('\t'));
    return ['epoch', 'step', 'lr', 'train_loss', 'train_error', 'test_loss', 'test_error'].some((name) => {
      const i = lines[0].indexOf(name);
      return JSON.stringify(lines.slice(1).map((l) => Number(l[i]))) !== JSON.stringify(run[name]);
    });
  });
  check(`the curves of ${data.length} runs are those of the logs`, data.length > 0 && differ.length === 0, differ[0]?.arm);

  /* The values that the plot shows at its last epoch. */
  await page.waitForTimeout(200);
  const legend = await page.$$eval('#plot .u-series:not(.edge)', (rows) => rows.slice(1).map((r) =>
    [r.querySelector('.u-label').textContent, r.querySelector('.u-value').textContent]));
  const bad = legend.filter(([label, value]) => {
    const arm = label.split(',')[0];
    const own = data.filter((r) => r.arm === arm).map((r) => r.test_error[r.test_error.length - 1]);
    const mean = own.reduce((a, b) => a + b, 0) / own.length;
    const [m, low, high] = value.match(/[\d.]+/g).map(Number);
    return Math.abs(m - mean) > 5e-4 || low !== Math.min(...own) || high !== Math.max(...own);
  });
  check(`${legend.length} curves are drawn; mean and band at the last epoch are right`, legend.length > 1 && bad.length === 0,
    JSON.stringify(bad[0] ?? legend));
  const hovered = page.locator('#plot .u-over');
  await hovered.scrollIntoViewIfNeeded();
  await hovered.hover({ position: { x: 150, y: 100 } });
  const epoch = await page.textContent('#plot .u-series .u-value');
  check('hovering shows the values there', Number(epoch) >= 1 && Number(epoch) < 30, epoch);
  await shot(page, 'runs', false);
  for (const [lines, quantity, against] of [['runs', 'lr', 'step'], ['mean', 'train_loss', 'epoch']]) {
    await page.selectOption('#lines', lines);
    await page.selectOption('#quantity', quantity);
    await page.selectOption('#against', against);
    check(`${quantity} against ${against} is drawn`, (await page.$$('#plot canvas')).length === 1 &&
      /runs of/.test(await page.textContent('#curves-caption')));
  }
  await page.fill('#search', 'pad-net');
  await page.click('#draw');
  check('the runs of a filter are drawn', / of \d+ arms/.test(await page.textContent('#curves-caption')));
  await page.click('#clear');
  check('none is drawn when none is chosen', (await page.$$('#plot canvas')).length === 0);
  await page.context().close();
}

/* What the page shows and offers is what the program prints, for any base, k and length. */
async function checkSchedules() {
  const page = await open('schedules.html');
  const bases = await page.$$eval('#base option', (list) => list.map((o) => o.value));
  const ks = [0.1, 0.5, 1, 1.7, 2, 2.667821, 3, 5, 12.5, 60], lengths = [3, 30, 77, 100, 200];
  const fill = async (base, k, epochs) => {
    await page.selectOption('#base', base);
    await page.fill('#epochs', String(epochs));
    await page.fill('#k', String(k));
  };
  let cases = 0, refused = 0;
  const wrong = [];
  for (const [i, base] of bases.entries()) {
    for (const [j, k] of ks.entries()) {
      const epochs = lengths[(i + j) % lengths.length];
      await fill(base, k, epochs);
      const name = `${base}-k${k}-${epochs}-epochs`;
      await page.waitForFunction((of) => document.documentElement.dataset.shown === of ||
        !document.getElementById('mistake').hidden, name);
      if (await page.isVisible('#mistake')) {
        const moved = base === 'step' && !/a drop/.test(await page.textContent('#mistake'));
        if (moved || base === 'constant' || await page.isVisible('#shown')) wrong.push(`${name} is refused`);
        refused++;
        await fill(base, 1, epochs); /* so that the next message is a new one */
        await page.waitForFunction(() => document.getElementById('mistake').hidden);
        continue;
      }
      const seen = await page.evaluate(async () => ({ command: document.getElementById('command').textContent,
        means: document.getElementById('means').textContent,
        tsv: await new Promise((done, error) => {
          /* fetch() is not for pages of a disk; a reader of the blob is. */
          const request = new XMLHttpRequest();
          request.open('GET', document.getElementById('download').href);
          request.onload = () => done(request.responseText);
          request.onerror = error;
          request.send();
        }) }));
      const printed = execFileSync(kdecay,
        [...seen.command.matchAll(/'([^']*)'|(\S+)/g)].map((m) => m[1] ?? m[2]).slice(1), { encoding: 'utf8' });
      const rates = printed.trimEnd().split('\n').slice(3).map((l) => Number(l.split('\t')[2]));
      const mean = rates.reduce((x, y) => x + y, 0) / rates.length;
      const factor = /by sum: (\S+)/.exec(printed)[1];
      const asked = seen.command.includes(` schedule.k=${k} `) && seen.command.includes(` training.epochs=${epochs} `) &&
        seen.command.includes(`/${base}.ini `) && rates.length === 12 * epochs;
      const shown = Number(/mean rate([\d.]+?)steps/.exec(seen.means)[1]); /* six digits, of rates of nine */
      if (seen.tsv !== printed || !asked || !seen.means.includes(`by sum${factor}`) ||
          Math.abs(shown - mean) > 0.51e-5 * 10 ** Math.floor(Math.log10(mean))) wrong.push(`${name}: ${seen.means}`);
      cases++;
    }
  }
  check(`${cases} schedules are, byte for byte, what the program prints; ${refused} are refused`,
    cases > 100 && wrong.length === 0, wrong[0]);
  for (const [id, text] of [['k', '0'], ['k', ''], ['k', '1000'], ['epochs', '2'], ['epochs', '3.5'], ['epochs', '401']]) {
    await fill('cosine', 3, 30);
    await page.waitForFunction(() => document.getElementById('mistake').hidden);
    await page.fill(`#${id}`, text);
    await page.waitForFunction(() => !document.getElementById('mistake').hidden);
    check(`${id} = "${text}" is refused in words`, /expected a .*number from/.test(await page.textContent('#mistake')) &&
      !await page.isVisible('#shown'));
  }
  await fill('cosine', 3, 30);
  await page.waitForFunction(() => document.documentElement.dataset.shown === 'cosine-k3-30-epochs' &&
    !document.getElementById('shown').hidden);
  const download = page.waitForEvent('download');
  await page.click('#download');
  check('the download has a name', (await download).suggestedFilename() === 'cosine-k3-30-epochs.tsv');
  const middle = await page.inputValue('#at');
  check('at first the values are those of the slider', await page.waitForFunction((step) =>
    document.querySelector('#rate .u-value').textContent === step, middle, { timeout: 3000 }).then(() => true, () => false));
  await page.focus('#at');
  await page.keyboard.press('Home');
  const at = await page.$$eval('#rate .u-value', (e) => e.map((v) => v.textContent));
  check('the slider reads values by keyboard', at[0] === '1' && Number(at[2]) === 0.1, JSON.stringify(at));
  await shot(page, 'schedules');
  await page.context().close();
}

/*
 * No mean, band or error of runs whose protocol's set is not complete. The rule is told here once
 * more, from the logs and the experiment files alone.
 */
async function checkSealed() {
  const logs = below('results').filter((path) => /\/seed-\d+\.tsv$/.test(path)).map((path) => {
    const of = (key) => new RegExp(`^# experiment: run\\.${key} = (.*)$`, 'm').exec(readFileSync(path, 'utf8'))?.[1];
    return { arm: path.slice('results/'.length).replace(/\/seed-\d+\.tsv$/, ''), path, protocol: of('protocol'), seeds: of('seeds') };
  }).filter((log) => log.protocol);
  const counts = new Map();
  for (const { arm } of logs) counts.set(arm, (counts.get(arm) ?? 0) + 1);
  const sealed = logs.filter(({ arm, seeds }) => {
    const folder = arm.replace(/\/[^/]*$/, ''), whole = folder.endsWith('/primary') ? folder : folder.replace(/\/[^/]*$/, '');
    return below(`experiments/${whole}`).filter((path) => path.endsWith('.ini'))
      .some((path) => counts.get(path.slice('experiments/'.length, -'.ini'.length)) !== Number(seeds));
  });
  const page = await open('runs.html');
  const drawn = new Set(await page.evaluate(() => window.kdecayRuns.map((run) => `${run.arm}/seed-${run.seed}`)));
  const rows = await page.$$eval('#runs tbody tr', (all) => all.map((row) => ({ run: row.dataset.run,
    box: row.querySelector('input') !== null, cells: [...row.cells].map((c) => c.textContent) })));
  await page.context().close();
  const shown = [];
  for (const { arm, path } of sealed) {
    const seed = /seed-(\d+)/.exec(path)[1], row = rows.find(({ run }) => run === `${arm}/${seed}`);
    const last = linesOf(path).filter((line) => /^\d+\t/.test(line)).pop().split('\t');
    const columns = linesOf(path).find((line) => line.startsWith('epoch\t')).split('\t');
    const error = Number(last[columns.indexOf('test_error')]).toFixed(2);
    if (drawn.has(`${arm}/seed-${seed}`) || row.box || row.cells.includes(error)) shown.push(path);
    if (new RegExp(`>${error}<`).test(readFileSync(`${pages}/value/${arm}.html`, 'utf8'))) shown.push(`value/${arm}.html`);
    if (!/registered by/.test(readFileSync(`${pages}/value/${arm}.html`, 'utf8'))) shown.push(`${arm} does not say why`);
    if (!readFileSync(`${pages}/file/${path}.html`, 'utf8').includes(last[columns.indexOf('test_error')])) {
      shown.push(`${path} cannot be read`);
    }
  }
  const arms = new Set(sealed.map(({ arm }) => arm));
  const others = below(pages).filter((path) => path.endsWith('.csv') || path.endsWith('.sources.tsv')).filter((path) =>
    linesOf(path).some((line) => [...arms].some((arm) => line.startsWith(`${arm}:`) || line.startsWith(`${arm}/seed-`)) &&
      !line.includes(':minutes\t')));
  check(`${sealed.length} sealed runs have no error and no curve, and their logs can be read`,
    shown.length === 0 && others.length === 0, [...shown, ...others].join(' '));
  const complete = logs.filter((log) => !sealed.includes(log));
  check('registered runs of complete sets have curves', complete.every(({ arm, path }) => drawn.has(`${arm}/${/seed-\d+/.exec(path)[0]}`)));
}

/* The words of the field in all that is not a file's, a command's or an id's own text. */
async function checkWords(page, path) {
  const old = await page.evaluate(() => {
    const copy = document.querySelector('main').cloneNode(true);
    copy.querySelectorAll('pre, code, script').forEach((e) => e.remove());
    return /\b(fair|made-up|pictures?)\b.{0,30}/i.exec(copy.textContent)?.[0];
  });
  check(`${path}: says matched, synthetic, image`, !old, old);
}

async function checkAccess(page, what) {
  await page.evaluate(axe);
  const found = await page.evaluate(() => axe.run(document, { resultTypes: ['violations'], preload: false }));
  const grave = found.violations.filter((v) => ['serious', 'critical'].includes(v.impact));
  check(`axe finds nothing serious: ${what}`, grave.length === 0,
    grave.map((v) => `${v.id} (${v.nodes.length}): ${v.nodes[0].html.slice(0, 160)}`).join('; '));
  const minor = found.violations.filter((v) => !grave.includes(v));
  if (minor.length) console.log(`note    ${what}: ${minor.map((v) => `${v.impact} ${v.id}`).join(', ')}`);
}

async function checkLooks() {
  const arm = csv(readFileSync('build/tables/runs.csv', 'utf8'))[1][0];
  const paths = { index: 'index.html', claims: 'claims.html', tables: 'tables.html', 'runs-page': 'runs.html',
    'schedules-page': 'schedules.html', read: 'read.html', arm: `value/${arm}.html`, file: `file/results/${arm}/seed-1.tsv.html` };
  const looks = { desktop: {}, phone: { viewport: { width: 360, height: 740 } }, dark: { colorScheme: 'dark' },
    plain: { javaScriptEnabled: false, viewport: { width: 1000, height: 900 } } };
  for (const [name, path] of Object.entries(paths)) {
    for (const [look, options] of Object.entries(looks)) {
      const page = await open(path, options);
      await page.waitForTimeout(150);
      if (look !== 'plain') {
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        check(`${name}, ${look}: nothing is wider than the window`, wide <= 0, `${wide} px`);
        await checkAccess(page, `${name}, ${look}`);
      }
      if (look === 'desktop') await checkWords(page, name);
      if (look === 'plain' && name === 'runs-page') {
        check('without JavaScript the runs are a table and an image', await page.isVisible('#runs tbody tr') &&
          !await page.isVisible('#filters') && await page.isVisible('img'));
      }
      if (look === 'plain' && name === 'schedules-page') {
        check('without JavaScript the schedules are a table and images', await page.isVisible('main table') &&
          !await page.isVisible('#choice') && await page.isVisible('img'));
      }
      await shot(page, `${name}-${look}`, !['tables', 'claims', 'arm', 'file'].includes(name));
      await page.context().close();
    }
  }
}

/* The pages that are made without the library. */
async function checkPlain() {
  const context = await browser.newContext();
  const page = await context.newPage();
  page.on('pageerror', (error) => problems.push(`without uPlot: ${error.message}`));
  await page.goto(pathToFileURL(resolve(plain)).href + '/runs.html');
  check('without the library the page says so, and has its table and images',
    /without the library/.test(await page.textContent('footer')) && await page.isVisible('#runs thead button') &&
    await page.isVisible('img') && !await page.$('#plot'));
  await context.close();
}

mkdirSync(out, { recursive: true });
try {
  checkLinks();
  checkValues();
  await checkTables();
  await checkNumbers();
  await checkClaims();
  await checkLogPage();
  await checkRuns();
  await checkSchedules();
  await checkSealed();
  await checkLooks();
  await checkPlain();
  check('no error in the console, no request to a network', problems.length === 0, problems.slice(0, 5).join('; '));
} finally {
  await browser.close();
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed || !passed ? 1 : 0;
