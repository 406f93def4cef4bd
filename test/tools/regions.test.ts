/** Regions that do not exist: no list, no price, no call, and the one that was meant. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AnyTool } from '../../src/tools/definition/tool.ts';
import { embedText } from '../../src/tools/embed-text.ts';
import { estimateCost } from '../../src/tools/estimate-cost.ts';
import { invokeModel } from '../../src/tools/invoke-model.ts';
import { listInferenceProfiles } from '../../src/tools/list-inference-profiles.ts';
import { listModels } from '../../src/tools/list-models.ts';
import { type Bench, bench } from './with-sandbox.ts';

let on: Bench;
beforeAll(async () => {
  on = await bench();
});
afterAll(() => on.close());

const TOOLS: readonly (readonly [tool: AnyTool, args: Record<string, unknown>])[] = [
  [listModels, {}],
  [listInferenceProfiles, {}],
  [estimateCost, { models: ['nova-lite'], prompt: 'Hi' }],
  [invokeModel, { model: 'nova-lite', prompt: 'Hi' }],
  [embedText, { texts: ['Hi'] }],
];

describe.each(TOOLS.map(([tool, args]) => ({ name: tool.name, tool, args })))(
  'A Region given to $name',
  ({ tool, args }) => {
    it.each([
      ['us-esat-1', 'us-east-1'],
      ['us-east-3', 'us-east-'],
      ['useast1', 'us-east-1'],
      ['eu-frankfurt-1', 'eu-'],
    ])('that does not exist, %s, is refused with the one that is near', async (region, near) => {
      await expect(on.call(tool, { ...args, region })).rejects.toMatchObject({
        code: 'unreachable_region',
        fix: expect.stringContaining(`Did you mean ${near}`),
      });
    });
  },
);
