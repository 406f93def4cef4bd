/** Arguments as models write them and hosts pass them on: Codex, Copilot, OpenCode and Continue mend nothing (seen 2026-12-01). */
import { describe, expect, it } from 'vitest';
import type { Services } from '../../../src/calls/services.ts';
import { readSent } from '../../../src/tools/definition/as-sent.ts';
import type { AnyTool } from '../../../src/tools/definition/tool.ts';
import { readOptions } from '../../../src/tools/input/options.ts';
import { ALL_TOOLS } from '../../../src/tools/registry.ts';

function toolNamed(name: string): AnyTool {
  const tool = ALL_TOOLS.find((each) => each.name === name);
  if (tool === undefined) throw new Error(`There is no tool ${name}.`);
  return tool;
}
const turn = { role: 'user', content: 'Hi' };
const tool = { name: 'get_time', input_schema: { type: 'object', properties: {} } };

describe('An argument in another form of which only one thing can be meant', () => {
  it.each([
    ['invoke_model', { max_tokens: '100' }, { max_tokens: 100 }],
    ['invoke_model', { max_tokens: ' 100.0 ' }, { max_tokens: 100 }],
    ['invoke_model', { temperature: '0.2' }, { temperature: 0.2 }],
    ['invoke_model', { dry_run: 'true' }, { dry_run: true }],
    ['invoke_model', { dry_run: 'False' }, { dry_run: false }],
    ['invoke_model', { cache: 'true' }, { cache: true }],
    ['invoke_model', { cache: '5m' }, { cache: '5m' }],
    ['invoke_model', { messages: JSON.stringify([turn]) }, { messages: [turn] }],
    ['invoke_model', { messages: turn }, { messages: [turn] }],
    ['invoke_model', { messages: JSON.stringify(turn) }, { messages: [turn] }],
    ['invoke_model', { messages: [JSON.stringify(turn)] }, { messages: [turn] }],
    ['invoke_model', { tools: JSON.stringify([tool]) }, { tools: [tool] }],
    ['invoke_model', { tools: tool }, { tools: [tool] }],
    ['invoke_model', { response_schema: '{"type":"object"}' }, { response_schema: { type: 'object' } }],
    ['invoke_model', { stop_sequences: 'END' }, { stop_sequences: ['END'] }],
    ['invoke_model', { stop_sequences: '["END","STOP"]' }, { stop_sequences: ['END', 'STOP'] }],
    ['invoke_model', { files: 'a.txt' }, { files: ['a.txt'] }],
    ['invoke_model', { files: { base64: 'YQ==' } }, { files: [{ base64: 'YQ==' }] }],
    ['invoke_model', { files: '["a.txt"]' }, { files: ['a.txt'] }],
    ['invoke_model', { prompt: 'Hi', model: null, tools: null }, { prompt: 'Hi' }],
    ['compare_models', { models: '["nova-lite","nova-micro"]' }, { models: ['nova-lite', 'nova-micro'] }],
    ['estimate_cost', { models: 'nova-lite' }, { models: ['nova-lite'] }],
    ['estimate_cost', { batch: 'true', calls: '12' }, { batch: true, calls: 12 }],
    ['embed_text', { texts: 'a' }, { texts: ['a'] }],
    ['embed_text', { texts: '{"a": 1}' }, { texts: ['{"a": 1}'] }],
    ['embed_text', { texts: '100' }, { texts: ['100'] }],
    ['list_models', { capability: 'tools', limit: '5' }, { capability: ['tools'], limit: 5 }],
    ['get_result', { wait_seconds: '0', offset: '12' }, { wait_seconds: 0, offset: 12 }],
    ['get_usage', { limit: '3' }, { limit: 3 }],
  ])('of %s is taken: %j', (name, sent, meant) => {
    expect(readSent(sent, toolNamed(name).input)).toEqual(meant);
  });

  it.each([
    { prompt: '100' },
    { prompt: '{"a": 1}' },
    { prompt: 'true' },
    { system: '[{"type":"text","text":"Be brief."}]' },
    { max_tokens: 'many' },
    { max_tokens: '1e400' },
    { max_tokens: '' },
    { dry_run: 1 },
    { messages: 'Hi' },
    { options: { native_body: { a: null, b: '1' } } },
  ])('stays as it is where it means itself, or nothing: %j', (sent) => {
    expect(readSent(sent, toolNamed('invoke_model').input)).toEqual(sent);
  });

  it('is read inside options as well', () => {
    const { request, confirmedUsd } = readOptions({
      guardrail: '{"id":"g1","version":"1"}',
      anthropic_beta: 'context-1m-2025-08-07',
      confirm_cost_usd: '1.5',
      native_body: '{"a":"1"}',
      latency: null,
    });
    expect(confirmedUsd).toBe(1.5);
    expect(request).toEqual({
      guardrailConfig: { guardrailIdentifier: 'g1', guardrailVersion: '1' },
      anthropicBeta: ['context-1m-2025-08-07'],
      rawBody: { a: '1' },
    });
  });
});

const call = (name: string, args: unknown) =>
  toolNamed(name).call(args, {
    services: Object.create(null) satisfies Services,
    signal: new AbortController().signal,
  });

describe('An argument that means nothing', () => {
  it.each([
    ['invoke_model', { options: 'temperature=0.2' }, 'options: must be an object, not text'],
    ['invoke_model', { messages: 'Hi' }, 'messages: must be a list, not text'],
    ['invoke_model', { messages: [1] }, 'messages[0]: must be an object, not a number'],
    ['invoke_model', { max_tokens: 'many' }, 'max_tokens: must be a number, not text'],
    ['invoke_model', { max_tokens: 0 }, 'max_tokens: must be at least 1'],
    ['invoke_model', { max_tokens: 1.5 }, 'max_tokens: must be a whole number'],
    ['invoke_model', { temperature: 3 }, 'temperature: must be at most 2'],
    ['invoke_model', { dry_run: 'maybe' }, 'dry_run: must be true or false, not text'],
    ['invoke_model', { reasoning: 'hard' }, 'reasoning: must be one of off, low, medium, high, max'],
    ['invoke_model', { cache: 'long' }, 'cache: must be true or false, or one of 5m, 1h'],
    ['invoke_model', { options: { max_output_chars: 5 } }, 'max_output_chars: must be at least 100'],
    ['invoke_model', { prompt: 'Hi', options: { latency: 'fast' } }, 'latency: must be one of standard'],
    ['compare_models', { models: ['nova-lite'] }, 'models: must have at least 2 entries'],
    ['compare_models', { models: ['nova-lite', 'b'], max_cost_usd: 0 }, 'max_cost_usd: must be more than 0'],
    ['embed_text', {}, 'texts: is missing'],
    ['estimate_cost', { models: [''] }, 'models[0]: must have at least 1 character'],
  ])('of %s is refused in words for the one who wrote it: %j', async (name, sent, words) => {
    await expect(call(name, sent)).rejects.toMatchObject({
      code: 'invalid_request',
      message: expect.stringContaining(words),
    });
  });

  it('is refused also where JSON in text is nested without end', async () => {
    const deep = `${'{"a":'.repeat(300)}1${'}'.repeat(300)}`;
    await expect(call('invoke_model', { prompt: 'Hi', options: deep })).rejects.toThrow('nested deeper');
    await expect(call('invoke_model', { prompt: 'Hi', response_schema: deep })).rejects.toThrow(
      'nested deeper',
    );
  });

  it('is found also in options that were sent as text', async () => {
    await expect(call('invoke_model', { options: '{"temperature":3}' })).rejects.toThrow('temperature: must');
  });
});
