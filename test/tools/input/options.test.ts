import { describe, expect, it } from 'vitest';
import { toolChoiceOf } from '../../../src/calls/text/request.ts';
import { readOptions } from '../../../src/tools/input/options.ts';
import { readTools } from '../../../src/tools/input/tool-definitions.ts';

const schema = { type: 'object', properties: { a: { type: 'string' } } };
const spec = { toolSpec: { name: 'look', description: 'Looks', inputSchema: schema } };

describe('tool definitions', () => {
  it.each([
    ['input_schema', { name: 'look', description: 'Looks', input_schema: schema }, spec],
    ['inputSchema of MCP', { name: 'look', description: 'Looks', inputSchema: schema }, spec],
    [
      'an OpenAI function',
      { type: 'function', function: { name: 'look', description: 'Looks', parameters: schema } },
      spec,
    ],
    [
      'toolSpec of Converse',
      { toolSpec: { name: 'look', description: 'Looks', inputSchema: { json: schema } } },
      spec,
    ],
    [
      'no schema: no arguments',
      { name: 'now' },
      { toolSpec: { name: 'now', inputSchema: { type: 'object', properties: {} } } },
    ],
    ['a system tool', { systemTool: { name: 'nova_grounding' } }, { systemTool: { name: 'nova_grounding' } }],
    [
      "a provider's own typed tool",
      { type: 'bash_20250124', name: 'bash' },
      { nativeTool: { type: 'bash_20250124', name: 'bash' } },
    ],
  ])('are read from %s', (_what, given, read) => {
    expect(readTools([given])).toEqual([read]);
  });

  it('without a name are refused by position', () => {
    expect(() => readTools([{ name: 'a' }, { input_schema: schema }])).toThrow('tools[1].name');
  });
});

describe('tool choice', () => {
  const tools = readTools([{ name: 'look' }, { name: 'any' }]);
  it.each([
    ['auto', { auto: {} }],
    ['none', { none: {} }],
    ['look', { tool: { name: 'look' } }],
    ['any', { tool: { name: 'any' } }],
  ])('is read as %s, a tool of that name winning', (choice, read) => {
    expect(toolChoiceOf(choice, tools)).toEqual(read);
  });

  it('of an unknown tool lists the given ones', () => {
    expect(() => toolChoiceOf('lok', tools)).toThrow(/neither auto/);
  });
});

describe('options', () => {
  it('are read into the neutral request', () => {
    expect(
      readOptions({
        guardrail: { id: 'g', version: '1' },
        service_tier: 'flex',
        latency: 'optimized',
        anthropic_beta: ['b'],
        native_body: { a: 1 },
        request_metadata: { team: 'x' },
      }),
    ).toEqual({
      request: {
        guardrailConfig: { guardrailIdentifier: 'g', guardrailVersion: '1' },
        serviceTier: 'flex',
        performanceConfig: { latency: 'optimized' },
        anthropicBeta: ['b'],
        rawBody: { a: 1 },
        requestMetadata: { team: 'x' },
      },
    });
  });

  it('that are unknown are named with the known ones', () => {
    expect(() => readOptions({ gaurdrail: {} })).toThrow(/gaurdrail/);
  });
});
