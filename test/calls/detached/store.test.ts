import { mkdtemp, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openResults } from '../../../src/calls/detached/file-results.ts';
import { resultStoreContract } from './store-contract.ts';

resultStoreContract('files', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'bedrock-mcp-results-'));
  const keepDays = 30;
  const another = () => openResults({ dir, keepDays });
  // One that has swept already, so that it takes nothing away.
  const writer = another();
  return {
    keepDays,
    another,
    async writeAged(result, days) {
      await writer.write(result);
      const seconds = Date.now() / 1_000 - days * 86_400;
      await utimes(join(dir, 'results', `${result.call_id}.json`), seconds, seconds);
    },
    close: () => rm(dir, { recursive: true, force: true }),
  };
});
