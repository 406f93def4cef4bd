import { describe, expect, it } from 'vitest';
import type { ReasoningForm } from '../../../src/catalog/types.ts';
import { withOneReasoning } from '../../../src/inference/prepare/reasoning-conflict.ts';
import type { JsonObject } from '../../../src/json.ts';
import type { InferenceRequest } from '../../../src/messages/types.ts';
import { invokeModel } from '../../../src/tools/invoke-model.ts';
import { bench } from '../../tools/with-sandbox.ts';
import { modelOf } from '../sample-model.ts';

const asking = (more: Partial<InferenceRequest>): InferenceRequest => ({
  messages: [{ role: 'user', content: [{ text: 'Hi' }] }],
  ...more,
});

const CLAUDE = modelOf('claude', { reasoning: 'claude-budget' });

describe("the provider's own switch for thinking", () => {
  it.each(['thinking', 'reasoning_config', 'reasoningConfig', 'reasoning_effort', 'reasoning'])(
    'wins over reasoning: %s',
    (name) => {
      const additionalModelRequestFields = { [name]: { type: 'disabled' } };
      const given = asking({ additionalModelRequestFields, reasoning: { effort: 'high' } });
      expect(withOneReasoning(given, CLAUDE)).toEqual({
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
    expect(withOneReasoning(request, CLAUDE)).toEqual({ request, warnings: [] });
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

describe("the provider's own switch in the form of another model", () => {
  const enabled = { type: 'enabled', budget_tokens: 8_000 };
  const shown = { type: 'adaptive', display: 'summarized' };

  it.each<[form: ReasoningForm, given: JsonObject, sent: JsonObject]>([
    [
      'claude-adaptive-hidden',
      { thinking: enabled, top_k: 1 },
      { top_k: 1, thinking: shown, output_config: { effort: 'medium' } },
    ],
    [
      'claude-adaptive-on',
      { thinking: { type: 'enabled', budget_tokens: 1_024 } },
      { thinking: shown, output_config: { effort: 'low' } },
    ],
    [
      'claude-adaptive-only',
      { reasoning_config: { type: 'enabled', budget_tokens: 60_000 } },
      { thinking: shown, output_config: { effort: 'max' } },
    ],
    [
      'claude-adaptive-only',
      { thinking: { ...enabled, display: 'omitted' }, output_config: { effort: 'high' } },
      { thinking: { type: 'adaptive', display: 'omitted' }, output_config: { effort: 'high' } },
    ],
    ['claude-adaptive-hidden', { thinking: { type: 'adaptive' } }, { thinking: shown }],
    [
      'claude-adaptive-on',
      { reasoning_config: { type: 'adaptive' }, output_config: { effort: 'max' } },
      { thinking: shown, output_config: { effort: 'max' } },
    ],
    ['claude-adaptive-only', { thinking: { type: 'disabled' } }, { output_config: { effort: 'low' } }],
    ['gpt', { reasoning_effort: 'high' }, { reasoning: { effort: 'high' } }],
    [
      'gpt',
      { reasoning: { effort: 'minimal', summary: 'auto' } },
      { reasoning: { effort: 'low', summary: 'auto' } },
    ],
    ['gpt-always', { reasoning_effort: 'none' }, { reasoning: { effort: 'low' } }],
  ])('is rewritten for %s and told: %j', (reasoning, given, sent) => {
    const { request, warnings } = withOneReasoning(
      asking({ additionalModelRequestFields: given }),
      modelOf('any', { reasoning }),
    );
    expect(request.additionalModelRequestFields).toEqual(sent);
    expect(warnings).toEqual([expect.stringContaining('options.additional_model_request_fields')]);
  });

  it.each<[form: ReasoningForm, given: JsonObject]>([
    ['claude-budget', { thinking: enabled }],
    ['claude-adaptive', { thinking: enabled }],
    ['claude-adaptive', { thinking: { type: 'adaptive' } }],
    ['claude-adaptive-hidden', { thinking: { type: 'adaptive', display: 'omitted' } }],
    ['claude-adaptive-on', { thinking: { type: 'disabled' } }],
    ['effort', { reasoning_effort: 'high' }],
    ['gpt', { reasoning: { effort: 'none' } }],
  ])('stays where the model takes it: %s %j', (reasoning, given) => {
    const request = asking({ additionalModelRequestFields: given });
    expect(withOneReasoning(request, modelOf('any', { reasoning }))).toEqual({ request, warnings: [] });
  });
});
