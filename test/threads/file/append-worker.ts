/** A process of its own: adds turns to a thread, each time behind what it has read; prints what was stored. */
import { BedrockError } from '../../../src/bedrock-error.ts';
import { openThreads } from '../../../src/threads/file/file-store.ts';
import { turn } from '../worker-turn.ts';

const [dir = '', id = '', name = '', count = '0'] = process.argv.slice(2);
const store = openThreads({ dir, keepDays: 30 });
for (let stored = 0; stored < Number(count); ) {
  const after = await store.read(id).then(
    (thread) => thread.turns.length,
    (error: unknown) => {
      if (error instanceof BedrockError && error.code === 'unknown_thread') return 0;
      throw error;
    },
  );
  const callId = `${name}-${stored}`;
  const done = await store.append(id, turn(callId), { after, setup: {} });
  if (!done.stored) continue;
  stored += 1;
  process.stdout.write(`${after} ${callId}\n`);
}
