import { describe } from 'vitest';
import type { InferenceConfig, InferenceRequest } from '../../../../src/messages/types.ts';
import { asking, assistant, checkRows, type RuleRow, spec, talk, user } from './rule-row.ts';

const hi = { text: 'Hi' };
const all: InferenceConfig = { maxTokens: 9000, temperature: 0.5, topP: 0.9, topK: 7 };
const config = (inferenceConfig: InferenceConfig, more: Partial<InferenceRequest> = {}) =>
  asking({ inferenceConfig, ...more });
const forced = { toolConfig: { tools: [spec('f')], toolChoice: { any: {} } } };
const free = { toolConfig: { tools: [spec('f')], toolChoice: { auto: {} } } };
const signed = { reasoningContent: { reasoningText: { text: 'a', signature: 's' } } };
const unsigned = { reasoningContent: { reasoningText: { text: 'b' } } };
const encrypted = { reasoningContent: { redactedContent: new Uint8Array([1, 2]) } };
const thought = talk(user(hi), assistant(signed, unsigned, encrypted, { text: 'x' }), user(hi));
const kept = (...blocks: (typeof signed | typeof unsigned | typeof encrypted)[]) =>
  talk(user(hi), assistant(...blocks, { text: 'x' }), user(hi));

const SAMPLING: readonly RuleRow[] = [
  {
    name: 'sends what it does not know to be refused',
    request: config(all),
    sends: 'same',
  },
  {
    name: 'drops topP beside temperature where only one is taken',
    features: { sampling: 'temperature-or-top-p' },
    request: config(all),
    sends: config({ maxTokens: 9000, temperature: 0.5, topK: 7 }),
    warns: ['top_p'],
  },
  {
    name: 'keeps topP alone',
    features: { sampling: 'temperature-or-top-p' },
    request: config({ topP: 0.9 }),
    sends: 'same',
  },
  {
    name: 'drops all sampling where none is taken',
    features: { sampling: 'none' },
    request: config(all),
    sends: config({ maxTokens: 9000 }),
    warns: ['temperature, top_p and top_k'],
  },
  {
    name: 'drops topK for families that have no such parameter',
    family: 'llama4',
    request: config({ topK: 7, temperature: 1 }),
    sends: config({ temperature: 1 }),
    warns: ['top_k'],
  },
  {
    name: 'drops Anthropic betas for other families',
    family: 'nova',
    request: asking({ anthropicBeta: ['b'] }),
    sends: asking(),
    warns: ['beta'],
  },
  {
    name: 'keeps Anthropic betas where the family is not known',
    request: asking({ anthropicBeta: ['b'] }),
    sends: 'same',
  },
];

const REASONING: readonly RuleRow[] = [
  {
    name: 'settles the budget, drops sampling and frees the tool choice for Claude with a budget',
    family: 'claude',
    features: { reasoning: 'claude-budget' },
    request: config(all, { reasoning: { effort: 'low' }, ...forced }),
    sends: config({ maxTokens: 9000 }, { reasoning: { effort: 'low', budgetTokens: 2048 }, ...free }),
    warns: ['temperature, top_p, top_k', 'forced tool choice'],
  },
  {
    name: 'keeps the forced choice for Claude 5',
    family: 'claude',
    features: { reasoning: 'claude-adaptive-on' },
    request: asking({ reasoning: { effort: 'low' }, ...forced }),
    sends: 'same',
  },
  {
    name: 'keeps it for a Claude 4 that takes one while it thinks',
    family: 'claude',
    features: { reasoning: 'claude-adaptive', forcedToolWhileThinking: true },
    request: asking({ reasoning: { effort: 'low' }, ...forced }),
    sends: 'same',
  },
  {
    name: "keeps it there beside the caller's own thinking field",
    family: 'claude',
    features: { reasoning: 'claude-adaptive', forcedToolWhileThinking: true },
    request: asking({ additionalModelRequestFields: { thinking: { type: 'adaptive' } }, ...forced }),
    sends: 'same',
  },
  {
    name: 'frees the choice for the other Claudes 4',
    family: 'claude',
    features: { reasoning: 'claude-adaptive' },
    request: asking({ reasoning: { effort: 'low' }, ...forced }),
    sends: asking({ reasoning: { effort: 'low' }, ...free }),
    warns: ['forced tool choice'],
  },
  {
    name: 'frees it for a Claude 5 that refused it',
    family: 'claude',
    features: { reasoning: 'claude-adaptive-on', forcedToolWhileThinking: false },
    request: asking({ reasoning: { effort: 'low' }, ...forced }),
    sends: asking({ reasoning: { effort: 'low' }, ...free }),
    warns: ['forced tool choice'],
  },
  {
    name: 'frees the choice for models that always think',
    family: 'claude',
    features: { reasoning: 'claude-adaptive-only' },
    request: asking(forced),
    sends: asking(free),
    warns: ['forced tool choice'],
  },
  {
    name: "respects the caller's own thinking field",
    family: 'claude',
    request: config(all, {
      additionalModelRequestFields: { thinking: { type: 'enabled', budget_tokens: 1024 } },
      ...forced,
    }),
    sends: config(
      { maxTokens: 9000 },
      { additionalModelRequestFields: { thinking: { type: 'enabled', budget_tokens: 1024 } }, ...free },
    ),
    warns: ['Sampling', 'forced tool choice'],
  },
  {
    name: 'keeps temperature 1 beside thinking (recorded: accepted)',
    family: 'claude',
    features: { reasoning: 'claude-budget' },
    request: config({ temperature: 1 }, { reasoning: { effort: 'low', budgetTokens: 2048 } }),
    sends: 'same',
  },
  {
    name: 'raises maxTokens above a budget that was asked for',
    family: 'claude',
    features: { reasoning: 'claude-budget' },
    request: config({ maxTokens: 100 }, { reasoning: { effort: 'low', budgetTokens: 2000 } }),
    sends: config({ maxTokens: 2100 }, { reasoning: { effort: 'low', budgetTokens: 2000 } }),
    warns: ['max_tokens was raised'],
  },
  {
    name: 'unsets what Nova refuses at high effort',
    family: 'nova',
    features: { reasoning: 'nova' },
    request: config(all, { reasoning: { effort: 'high' } }),
    sends: config({ topK: 7 }, { reasoning: { effort: 'high' } }),
    warns: ['temperature, top_p, max_tokens'],
  },
  {
    name: 'says when it is not known how to ask for reasoning',
    request: asking({ reasoning: { effort: 'high' } }),
    sends: asking(),
    warns: ['options.additional_model_request_fields'],
  },
];

const HISTORY: readonly RuleRow[] = [
  {
    name: 'sends Claude its signed and encrypted reasoning only',
    family: 'claude',
    request: thought,
    sends: kept(signed, encrypted),
    warns: ['Reasoning of earlier turns'],
  },
  {
    name: 'sends none to a Claude that does not reason',
    family: 'claude',
    features: { reasoning: 'none' },
    request: thought,
    sends: kept(),
    warns: ['Reasoning of earlier turns'],
  },
  {
    name: 'sends GPT its encrypted reasoning only',
    family: 'gpt',
    request: thought,
    sends: kept(encrypted),
    warns: ['Reasoning of earlier turns'],
  },
  ...['deepseek', 'gpt-oss', 'nova', 'mistral', 'qwen'].map(
    (family): RuleRow => ({
      name: `sends none to ${family}`,
      family,
      request: thought,
      sends: kept(),
      warns: ['Reasoning of earlier turns'],
    }),
  ),
  { name: 'touches nothing where the family is not known', request: thought, sends: 'same' },
  {
    name: 'leaves out a turn that was nothing but reasoning',
    family: 'qwen',
    request: talk(user(hi), assistant(unsigned), user({ text: 'and?' })),
    sends: talk(user(hi, { text: 'and?' })),
    warns: ['Reasoning of earlier turns', 'Empty assistant', 'merged'],
  },
];

describe('sampling', () => checkRows(SAMPLING));
describe('reasoning', () => checkRows(REASONING));
describe('reasoning of earlier turns', () => checkRows(HISTORY));
