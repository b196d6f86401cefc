/*
 * data - the page's data: copies and pure functions of tables, logs and experiments, with no date and
 * no path of this machine in them. So their digests can be kept, and `make audit` compares them.
 *
 *     node src/page/data.mjs        the digests, as sha256sum prints those of build/page/data
 *
 * It needs build/tables, results/ and experiments/, and nothing from npm.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { filesBelow, readArms, readLog, readValues } from './reading.mjs';
import { runsScript } from './runs.mjs';
import { basesScript, readBases } from './schedules.mjs';

export const TABLES = 'build/tables';

/*
 * All that the page is made of:
 *   logs, arms, values  as reading.mjs has them; bases as schedules.mjs has them
 *   others              files that are no logs and have a page of their own
 *   files               {path below the page's folder: bytes or text}, sorted by path
 */
export function readData() {
  const logs = filesBelow('results', '.tsv').filter((path) => /\/seed-\d+\.tsv$/.test(path)).map(readLog);
  const ofLog = new Set(logs.map((log) => log.path));
  const values = readValues(TABLES), arms = readArms(`${TABLES}/arms.tsv`), bases = readBases(`${TABLES}/bases.tsv`);
  const sources = [...values.values.values()].flatMap((value) => value.sources.map((source) => source.file));
  const others = [...new Set([...sources.filter((path) => !ofLog.has(path)), ...filesBelow('experiments', '.ini'),
    ...filesBelow('experiments', 'PROTOCOL.md')])];
  const files = new Map([...ofLog, ...others].map((path) => [`data/${path}`, readFileSync(path)]));
  for (const path of [...filesBelow(TABLES, '.csv'), ...filesBelow(TABLES, '.sources.tsv')]) {
    files.set(`data/tables/${path.slice(TABLES.length + 1)}`, readFileSync(path));
  }
  files.set('data/runs.js', runsScript(logs, arms));
  files.set('data/bases.js', basesScript(bases));
  return { logs, arms, values, bases, others,
    files: new Map([...files].sort(([a], [b]) => (a < b ? -1 : 1))) };
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  for (const [path, bytes] of readData().files) {
    console.log(`${createHash('sha256').update(bytes).digest('hex')}  ${path}`);
  }
}
