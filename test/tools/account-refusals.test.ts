/** What AWS refuses to a whole account: another target or model would be refused the same, so nothing else is tried. */
import { afterEach, describe, expect, it } from 'vitest';
import { compareModels } from '../../src/tools/compare-models.ts';
import { invokeModel } from '../../src/tools/invoke-model.ts';
import { sentOf } from './comparing.ts';
import { type Bench, bench } from './with-sandbox.ts';

let on: Bench;
afterEach(() => on.close());

const CONFIG = { max_retries: 3, fallback_models: ['nova-lite', 'gpt-oss-20b'], allow_global: true };
const TOLD =
  'AWS does not let this account call Bedrock models at all, whichever the model. AWS says: Operation not allowed';

describe('"Operation not allowed"', () => {
  it.each(['converse', 'native'])(
    'is told after one request over %s, fallback models or not',
    async (api) => {
      on = await bench({ config: CONFIG });
      const call = on.call(invokeModel, { model: 'haiku', prompt: 'sandbox:not-allowed', options: { api } });
      await expect(call).rejects.toMatchObject({
        code: 'access_denied',
        message: TOLD,
        fix: expect.stringContaining('AWS Support'),
      });
      expect(sentOf(on)).toHaveLength(1);
    },
  );

  it('is told once for a comparison, after one request to each model', async () => {
    on = await bench({ config: CONFIG });
    const call = on.call(compareModels, { models: ['haiku', 'nova-lite'], prompt: 'sandbox:not-allowed' });
    await expect(call).rejects.toMatchObject({
      code: 'access_denied',
      message: `None of the models answered. All of them: access_denied, ${TOLD}`,
    });
    expect(sentOf(on)).toHaveLength(2);
  });
});
