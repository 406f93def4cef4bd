import { threadStoreContract } from './store-contract.ts';
import { fixture } from './thread-fixture.ts';

threadStoreContract('files', fixture);
