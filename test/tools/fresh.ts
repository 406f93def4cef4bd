/** Tools over a sandbox of their own, for tests whose settings differ. */
import { afterEach } from 'vitest';
import { type Bench, type BenchOptions, bench } from './with-sandbox.ts';

const open: Bench[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});
/** A sandbox of its own, closed after the test. */
export async function fresh(options?: BenchOptions): Promise<Bench> {
  const here = await bench(options);
  open.push(here);
  return here;
}
