/** Says once, before the tests, which recordings they run on. */
import { existsSync } from 'node:fs';

export default function noteRecordings(): void {
  const isBeside = existsSync(new URL('../../shared/recorded/', import.meta.url));
  const which = isBeside ? 'test/recordings and ../shared/recorded' : 'test/recordings';
  process.stdout.write(`Recorded answers: ${which}.\n`);
}
