import { describe, expect, it } from 'vitest';
import { withOneReasoning } from '../../../src/inference/prepare/reasoning-conflict.ts';
import type { InferenceRequest } from '../../../src/messages/types.ts';
import { invokeModel } from '../../../src/tools/invoke-model.ts';
import { bench } from '../../tools/with-sandbox.ts';

const asking = (more: Partial<InferenceRequest>): InferenceRequest => ({
  messages: [{ role: 'user', content: [{ text: 'Hi' }] }],
  ...more,
});

describe("the provider's own switch for thinking", () => {
  it.each(['thinking', 'reasoning_config', 'reasoningConfig', 'reasoning_effort'])(
    'wins over reasoning: %s',
    (name) => {
      const additionalModelRequestFields = { [name]: { type: 'disabled' } };
      const given = asking({ additionalModelRequestFields, reasoning: { effort: 'high' } });
      expect(withOneReasoning(given)).toEqual({
        request: asking({ additionalModelRequestFields }),
        warnings: [`reasoning was left out: options.additional_model_request_fields says ${name}.`],
      });
    },
  );

  it.each([
    asking({ reasoning: { effort: 'high' } }),
    asking({ reasoning: { effort: 'high' }, additionalModelRequestFields: { output_config: {} } }),
    asking({ additionalModelRequestFields: { thinking: {} } }),
  ])('changes nothing where there is one switch only', (request) => {
    expect(withOneReasoning(request)).toEqual({ request, warnings: [] });
  });

  it.each(['converse', 'native'])('goes out as it was given: %s', async (api) => {
    const on = await bench();
    const thinking = { type: 'adaptive' };
    const { structured } = await on.call(invokeModel, {
      model: 'claude-opus-4-6',
      prompt: 'Hi',
      reasoning: 'high',
      dry_run: true,
      options: { api, additional_model_request_fields: { thinking } },
    });
    expect(JSON.stringify(structured)).toContain('"thinking":{"type":"adaptive"}');
    expect(JSON.stringify(structured)).toContain('reasoning was left out');
    await on.close();
  });
});
