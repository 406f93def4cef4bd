/** Says once, before the tests, when those on recorded answers cannot run here: a skipped suite prints nothing by itself. */
import { existsSync } from 'node:fs';

export default function noteRecordings(): void {
  for (const folder of ['recorded', 'catalog']) {
    if (existsSync(new URL(`../../shared/${folder}/`, import.meta.url))) continue;
    process.stdout.write(`../shared/${folder} is absent: the tests that need it are skipped.\n`);
  }
}
