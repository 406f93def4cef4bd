/** A refusal that proposes a model must propose one that this very call can be made to: by its content, the policy and the budget. */
import { describe, expect, it } from 'vitest';
import { BedrockError } from '../../src/bedrock-error.ts';
import { loadCatalog } from '../../src/catalog/models/catalog.ts';
import { invokeModel } from '../../src/tools/invoke-model.ts';
import { fresh } from '../tools/fresh.ts';
import type { Bench } from '../tools/with-sandbox.ts';

const DOT =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const TOOLS = [{ name: 'get_weather', input_schema: { type: 'object', properties: {} } }];
const seeing = [
  {
    role: 'user',
    content: [{ image: { format: 'png', source: { bytes: DOT } } }, { text: 'What is this?' }],
  },
];

/** What a dear model is asked for, too much for the budget of a hundredth of a dollar. */
const DEAR = { model: 'claude-opus-5-5', max_tokens: 2_000 };

async function proposed(on: Bench, args: Record<string, unknown>): Promise<string | undefined> {
  const error: unknown = await on.call(invokeModel, args).catch((cause: unknown) => cause);
  if (!(error instanceof BedrockError) || error.code !== 'budget_exceeded') throw error;
  return /would fit is (\S+)\. /.exec(error.fix)?.[1];
}

const CALLS: readonly (readonly [what: string, args: Record<string, unknown>])[] = [
  ['a plain prompt', { prompt: 'Hello' }],
  ['an image and tools', { messages: seeing, tools: TOOLS }],
  ['a response schema', { prompt: 'Hello', response_schema: { type: 'object', properties: {} } }],
  ['reasoning', { prompt: 'Hello', reasoning: 'low' }],
  ['the Converse API', { prompt: 'Hello', api: 'converse' }],
  ['the native API', { prompt: 'Hello', api: 'native' }],
];

describe('the model that a budget refusal proposes', () => {
  it.each(CALLS)('can do the same call with %s, within the budget', async (_what, args) => {
    const on = await fresh({ config: { budget_usd_per_call: 0.01 } });
    const model = await proposed(on, { ...DEAR, ...args });
    expect(model).toBeDefined();
    const { structured } = await on.call(invokeModel, { ...DEAR, ...args, model });
    expect(structured['warnings'] ?? []).toEqual([]);
    expect(structured['receipt']).toMatchObject({ cost_usd: expect.any(String) });
  });

  it.each(CALLS)('is never one that the operator denies, with %s', async (_what, args) => {
    const first = await proposed(await fresh({ config: { budget_usd_per_call: 0.01 } }), {
      ...DEAR,
      ...args,
    });
    const on = await fresh({
      config: { budget_usd_per_call: 0.01, deny_models: [first ?? '', 'amazon.*', 'voxtral*', 'mistral.*'] },
    });
    const second = await proposed(on, { ...DEAR, ...args });
    expect(second).not.toBe(first);
    if (second === undefined) return;
    const catalog = await loadCatalog();
    expect(catalog.byAlias(second)?.model?.id ?? second).not.toMatch(/^(amazon|mistral)\./);
    await on.call(invokeModel, { ...DEAR, ...args, model: second });
  });

  it('is one of those that the operator allows, or none', async () => {
    const config = { budget_usd_per_call: 0.01, allow_models: ['claude-opus-5-5', 'nova-lite'] };
    expect(await proposed(await fresh({ config }), { ...DEAR, prompt: 'Hello' })).toBe('nova-lite');
    const alone = { budget_usd_per_call: 0.01, allow_models: ['claude-opus-5-5'] };
    expect(await proposed(await fresh({ config: alone }), { ...DEAR, prompt: 'Hello' })).toBeUndefined();
  });

  it('is none where a dear fallback model would break the budget again', async () => {
    const on = await fresh({ config: { budget_usd_per_call: 0.01, fallback_models: ['claude-opus-5-5'] } });
    expect(await proposed(on, { ...DEAR, prompt: 'Hello' })).toBeUndefined();
  });

  it('is none for a native body, which only its own family understands', async () => {
    const on = await fresh({ config: { budget_usd_per_call: 0.01 } });
    const body = { anthropic_version: 'bedrock-2023-05-31', max_tokens: 2_000, messages: [] };
    expect(await proposed(on, { model: 'claude-opus-5-5', options: { native_body: body } })).toBeUndefined();
  });
});
