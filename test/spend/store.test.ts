import { createFileSpendStore } from '../../src/spend/ledger/file-store.ts';
import { fixture } from './ledger-fixture.ts';
import { spendStoreContract } from './store-contract.ts';

spendStoreContract('files', async () => {
  const on = await fixture();
  return {
    another: (rules) => createFileSpendStore(on.another(), rules, on.log),
    at: on.at,
    close: on.close,
  };
});
