import { describe, expect, it } from 'vitest';
import type { ReasoningForm } from '../../../src/catalog/types.ts';
import { reasoningFields } from '../../../src/inference/prepare/reasoning.ts';
import type { InferenceConfig, ReasoningEffort } from '../../../src/messages/types.ts';

const adaptive = (effort: string) => ({ thinking: { type: 'adaptive' }, output_config: { effort } });
/** From Opus 4.7 on the text of thinking is empty unless it is asked for. */
const shown = (effort: string) => ({
  thinking: { type: 'adaptive', display: 'summarized' },
  output_config: { effort },
});
const budget = (budget_tokens: number) => ({ thinking: { type: 'enabled', budget_tokens } });
const nova = (maxReasoningEffort: string) => ({ reasoningConfig: { type: 'enabled', maxReasoningEffort } });

/** What is sent for off, low, medium, high and max; a trailing ! means that the caller is warned. */
const FIELDS: readonly [form: ReasoningForm, effort: ReasoningEffort, fields: object, warned?: '!'][] = [
  ['none', 'off', {}],
  ['none', 'high', {}, '!'],
  ['always', 'off', {}, '!'],
  ['always', 'high', {}, '!'],
  ['claude-budget', 'off', {}],
  ['claude-budget', 'low', budget(2048)],
  ['claude-budget', 'medium', budget(8192)],
  ['claude-budget', 'high', budget(16_384)],
  ['claude-budget', 'max', budget(32_000)],
  ['claude-adaptive', 'off', {}],
  ['claude-adaptive', 'low', adaptive('low')],
  ['claude-adaptive', 'max', adaptive('max')],
  ['claude-adaptive-on', 'off', { thinking: { type: 'disabled' } }],
  ['claude-adaptive-hidden', 'off', {}],
  ['claude-adaptive-hidden', 'low', shown('low')],
  ['claude-adaptive-hidden', 'max', shown('max')],
  ['claude-adaptive-on', 'medium', shown('medium')],
  ['claude-adaptive-only', 'off', { output_config: { effort: 'low' } }, '!'],
  ['claude-adaptive-only', 'max', shown('max')],
  ['nova', 'off', {}],
  ['nova', 'low', nova('low')],
  ['nova', 'max', nova('high'), '!'],
  ['effort', 'off', { reasoning_effort: 'low' }, '!'],
  ['effort', 'medium', { reasoning_effort: 'medium' }],
  ['effort', 'max', { reasoning_effort: 'high' }, '!'],
  ['gpt', 'off', { reasoning: { effort: 'none' } }],
  ['gpt', 'low', { reasoning: { effort: 'low' } }],
  ['gpt', 'max', { reasoning: { effort: 'max' } }],
  ['gpt-always', 'off', { reasoning: { effort: 'low' } }, '!'],
  ['gpt-always', 'medium', { reasoning: { effort: 'medium' } }],
  ['gpt-always', 'max', { reasoning: { effort: 'max' } }],
  ['deepseek-effort', 'off', {}],
  ['deepseek-effort', 'medium', { reasoning_effort: 'medium' }],
  ['deepseek-effort', 'max', { reasoning_effort: 'high' }, '!'],
  ['reasoning-config-high', 'off', {}],
  ['reasoning-config-high', 'low', { reasoning_config: 'high' }, '!'],
  ['reasoning-config-high', 'high', { reasoning_config: 'high' }],
  ['reasoning-config', 'off', {}],
  ['reasoning-config', 'low', { reasoning_config: 'low' }],
  ['reasoning-config', 'medium', { reasoning_config: 'high' }, '!'],
  ['reasoning-config', 'high', { reasoning_config: 'high' }],
  ['deepseek', 'off', {}],
  ['deepseek', 'low', { reasoning_config: 'low' }],
  ['deepseek', 'medium', { reasoning_config: 'medium' }],
  ['deepseek', 'high', { reasoning_config: 'high' }],
  ['deepseek', 'max', { reasoning_config: 'high' }, '!'],
];

/** maxTokens asked, budget asked -> budget sent, maxTokens sent, warnings, of a model that writes so much at most. */
const BUDGETS: readonly [
  max: number | undefined,
  asked: number | undefined,
  sent: number,
  raised: number | undefined,
  warnings: number,
  maxOutput?: number,
][] = [
  [undefined, undefined, 8192, undefined, 0],
  [undefined, 3000, 3000, undefined, 0],
  [20_000, undefined, 8192, undefined, 0],
  [8193, undefined, 8192, undefined, 0],
  [8192, undefined, 4096, undefined, 1],
  [4000, undefined, 2000, undefined, 1],
  [2048, undefined, 1024, undefined, 1],
  [2047, undefined, 1024, 3071, 1],
  [1000, undefined, 1024, 2024, 1],
  [1000, undefined, 1024, 1500, 1, 1500],
  [4000, 4000, 4000, 8000, 1],
  [4000, 0, 1024, undefined, 1],
  [500, 10, 1024, 1524, 2],
  [4000, 4000, 4000, 6000, 1, 6000],
  [4000, 9000, 3000, 6000, 2, 6000],
  [6000, 9000, 3000, undefined, 1, 6000],
];

const SAMPLING: InferenceConfig = { maxTokens: 50_000, temperature: 0.1, topP: 0.2, topK: 3 };

describe('reasoningFields', () => {
  it.each(FIELDS)('have the form %s at the effort %s', (form, effort, fields, warned) => {
    const result = reasoningFields(form, effort, undefined);
    expect(result.fields).toEqual(fields);
    expect(result.warnings).toHaveLength(warned === '!' ? 1 : 0);
  });

  it.each(BUDGETS)(
    'fit maxTokens of %s and a budget of %s together',
    (maxTokens, asked, sent, raised, warnings, most) => {
      const config = maxTokens === undefined ? {} : { maxTokens };
      const result = reasoningFields('claude-budget', 'medium', asked, config, most);
      expect(result.fields).toEqual(budget(sent));
      expect(result.maxTokens ?? maxTokens).toBe(raised ?? maxTokens);
      expect(result.warnings).toHaveLength(warnings);
      const limit = raised ?? maxTokens ?? Number.POSITIVE_INFINITY;
      expect(sent).toBeLessThan(limit);
      // Settled: asking again with the outcome changes nothing more.
      const again = reasoningFields(
        'claude-budget',
        'medium',
        result.budgetTokens,
        Number.isFinite(limit) ? { maxTokens: limit } : {},
        most,
      );
      expect(again.fields).toEqual(result.fields);
      expect(again.warnings).toEqual([]);
    },
  );

  it.each([
    ['claude-budget', 'high', ['temperature', 'topP', 'topK']],
    ['claude-adaptive', 'high', ['temperature', 'topP', 'topK']],
    ['claude-adaptive-hidden', 'high', ['temperature', 'topP', 'topK']],
    ['claude-adaptive-on', 'high', ['temperature', 'topP', 'topK']],
    ['claude-adaptive-only', 'off', ['temperature', 'topP', 'topK']],
    ['claude-budget', 'off', []],
    ['claude-adaptive-on', 'off', []],
    ['nova', 'high', ['temperature', 'topP', 'maxTokens']],
    ['nova', 'medium', []],
    ['effort', 'high', []],
    ['reasoning-config', 'high', []],
    ['deepseek', 'high', []],
  ] as const)('%s at %s drops %j', (form, effort, drop) => {
    expect(reasoningFields(form, effort, undefined, SAMPLING)).toMatchObject({ drop });
    expect(reasoningFields(form, effort, undefined, {}).drop).toEqual([]);
  });

  it('keeps temperature 1, which Claude was recorded to accept while it thinks', () => {
    expect(reasoningFields('claude-budget', 'low', undefined, { temperature: 1 }).drop).toEqual([]);
  });

  it('names what it says in the words of the caller', () => {
    const said = [
      ...reasoningFields('claude-budget', 'max', undefined, SAMPLING).warnings,
      ...reasoningFields('claude-budget', 'low', undefined, { maxTokens: 10 }).warnings,
      ...reasoningFields('claude-budget', 'low', undefined, { maxTokens: 2048 }).warnings,
      ...reasoningFields('nova', 'high', undefined, SAMPLING).warnings,
    ].join('\n');
    for (const name of ['max_tokens', 'temperature', 'top_p', 'top_k']) expect(said).toContain(name);
    expect(said).not.toMatch(/maxTokens|topP|topK/);
  });

  it('says that a budget means nothing to models that take an effort', () => {
    expect(reasoningFields('effort', 'low', 500).warnings).toEqual([expect.stringContaining('budget')]);
  });
});
