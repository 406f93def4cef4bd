import { createFileSpendStore } from '../../src/spend/ledger/file-store.ts';
import { fixture, NOON } from './ledger-fixture.ts';
import { createMemoryStore, type SharedMemory } from './memory-store.ts';
import { spendStoreContract } from './store-contract.ts';

spendStoreContract('files', async () => {
  const on = await fixture();
  return {
    another: (rules) => createFileSpendStore(on.another(), rules, on.log),
    at: on.at,
    close: on.close,
  };
});

spendStoreContract('memory', async () => {
  const shared: SharedMemory = { open: new Map(), ended: new Map(), repeated: 0 };
  let now = NOON;
  return {
    another: (rules) => createMemoryStore(shared, rules, () => now),
    at: (time) => {
      now = Date.parse(time);
    },
    close: async () => undefined,
  };
});
