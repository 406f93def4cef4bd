import { describe, expect, it } from 'vitest';
import type { ContentBlock, InferenceRequest, Message } from '../../../../../src/messages/types.ts';
import {
  asking,
  assistant,
  call,
  checkRows,
  prepare,
  type RuleRow,
  result,
  spec,
  user,
} from '../rule-row.ts';

const hi = { text: 'Hi' };
const png = new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const image: Extract<ContentBlock, { image: unknown }> = { image: { format: 'png', source: { bytes: png } } };
const document: Extract<ContentBlock, { document: unknown }> = {
  document: { format: 'txt', name: 'a', source: { bytes: new Uint8Array([120]) } },
};
const loop = (...messages: Message[]): InferenceRequest => ({
  messages: [user(hi), ...messages],
  toolConfig: { tools: [spec('f')] },
});

const rows: readonly RuleRow[] = [
  {
    name: 'leaves parallel calls with their results alone',
    request: loop(assistant(call('a'), call('b')), user(result('b'), result('a'))),
    sends: 'same',
  },
  {
    name: 'refuses a call without result',
    request: loop(assistant({ text: 'x' }, call('a')), user({ text: 'never mind' })),
    refuses: { field: 'messages[1].content[1].toolUse' },
  },
  {
    name: 'refuses a call at the end of the conversation',
    request: loop(assistant(call('a'))),
    refuses: { field: 'messages[1].content[0].toolUse' },
  },
  {
    name: 'refuses a result that comes a turn too late',
    request: loop(assistant(call('a')), user(hi), assistant({ text: 'x' }), user(result('a'))),
    refuses: { field: 'messages[1].content[0].toolUse' },
  },
  {
    name: 'refuses a result without call',
    request: loop(assistant({ text: 'x' }), user(hi, result('a'))),
    refuses: { field: 'messages[2].content[1].toolResult' },
  },
  {
    name: 'refuses two calls with one ID',
    request: loop(assistant(call('a'), call('a')), user(result('a'))),
    refuses: { field: 'messages[1].content[1].toolUse' },
  },
  {
    name: 'refuses two results for one call',
    request: loop(assistant(call('a')), user(result('a'), result('a'))),
    refuses: { field: 'messages[2].content[1].toolResult' },
  },
  {
    name: 'finds results that are spread over consecutive user messages',
    request: loop(assistant(call('a'), call('b')), user(result('a')), user(result('b'))),
    sends: loop(assistant(call('a'), call('b')), user(result('a'), result('b'))),
    warns: ['merged'],
  },
  {
    name: 'refuses a call in a user message',
    request: loop(user(call('a'))),
    refuses: { field: 'messages[1].content[0].toolUse' },
  },
  {
    name: 'refuses a result in an assistant message',
    request: loop(assistant(call('a'), result('a'))),
    refuses: { field: 'messages[1].content[1].toolResult' },
  },
  {
    name: "takes the provider's own tools, which are answered in the assistant's turn (recorded: Nova)",
    request: {
      messages: [
        user(hi),
        assistant(
          { toolUse: { toolUseId: 'a', name: 'nova_grounding', input: {}, type: 'server_tool_use' } },
          { toolResult: { toolUseId: 'a', content: [{ text: 'x' }], type: 'nova_grounding_result' } },
          { text: 'y' },
        ),
        user(hi),
      ],
      toolConfig: { tools: [{ systemTool: { name: 'nova_grounding' } }] },
    },
    sends: 'same',
  },
  {
    name: 'fills empty results, failed ones too, and drops blank text from the others',
    request: loop(
      assistant(call('a'), call('b'), call('c')),
      user(
        { toolResult: { toolUseId: 'a', content: [] } },
        { toolResult: { toolUseId: 'b', content: [{ text: ' ' }], status: 'error' } },
        { toolResult: { toolUseId: 'c', content: [{ text: '' }, { json: { a: 1 } }] } },
      ),
    ),
    sends: loop(
      assistant(call('a'), call('b'), call('c')),
      user(
        { toolResult: { toolUseId: 'a', content: [{ text: '(The tool returned nothing.)' }] } },
        {
          toolResult: {
            toolUseId: 'b',
            content: [{ text: '(The tool failed without a message.)' }],
            status: 'error',
          },
        },
        { toolResult: { toolUseId: 'c', content: [{ json: { a: 1 } }] } },
      ),
    ),
    warns: ['placeholder'],
  },
  {
    name: 'says in words what the status said, where the status is refused',
    features: { toolResultStatus: false },
    request: loop(
      assistant(call('a'), call('b')),
      user(
        { toolResult: { toolUseId: 'a', content: [{ text: 'x' }], status: 'success' } },
        { toolResult: { toolUseId: 'b', content: [{ text: 'y' }], status: 'error' } },
      ),
    ),
    sends: loop(
      assistant(call('a'), call('b')),
      user(result('a', 'x'), {
        toolResult: { toolUseId: 'b', content: [{ text: 'The tool failed:' }, { text: 'y' }] },
      }),
    ),
    warns: ['status'],
  },
  {
    name: 'puts results first in their turn',
    request: loop(assistant(call('a')), user(hi, result('a'), { text: 'z' })),
    sends: loop(assistant(call('a')), user(result('a'), hi, { text: 'z' })),
    warns: ['put first'],
  },
  {
    name: 'gives results a turn of their own where the mix is refused',
    features: { toolResultAlone: true },
    request: loop(assistant(call('a')), user({ text: 'so?' }, result('a'))),
    sends: loop(assistant(call('a')), user(result('a')), assistant({ text: '.' }), user({ text: 'so?' })),
    warns: ['put first', 'turn of their own'],
  },
  {
    name: 'leaves results that are alone alone',
    features: { toolResultAlone: true },
    request: loop(assistant(call('a')), user(result('a'))),
    sends: 'same',
  },
  {
    name: 'moves media out of results that may not carry them',
    features: { toolResultMedia: ['image'] },
    request: loop(
      assistant(call('a'), call('b')),
      user({ toolResult: { toolUseId: 'a', content: [image, document] } }, result('b')),
    ),
    sends: loop(
      assistant(call('a'), call('b')),
      user(
        {
          toolResult: {
            toolUseId: 'a',
            content: [image, { text: '(The document follows after the tool results.)' }],
          },
        },
        result('b'),
        { text: 'The document of tool result a:' },
        document,
      ),
    ),
    warns: ['moved out'],
  },
  {
    name: 'puts media in results into words where the model takes them nowhere',
    features: { toolResultMedia: [], images: false },
    request: loop(assistant(call('a')), user({ toolResult: { toolUseId: 'a', content: [image] } })),
    sends: loop(
      assistant(call('a')),
      user(result('a', '(The tool returned an image, which this model does not read.)')),
    ),
    warns: ['put into words'],
  },
  {
    name: 'leaves media in results alone where nothing is known',
    request: loop(assistant(call('a')), user({ toolResult: { toolUseId: 'a', content: [image, document] } })),
    sends: 'same',
  },
  {
    name: 'reads the object out of an input that is a JSON text',
    request: loop(assistant({ toolUse: { toolUseId: 'a', name: 'f', input: '{"x":1}' } }), user(result('a'))),
    sends: loop(assistant({ toolUse: { toolUseId: 'a', name: 'f', input: { x: 1 } } }), user(result('a'))),
    warns: ['JSON text'],
  },
  {
    name: 'wraps the raw text of a malformed call, which would be refused for ever',
    request: loop(assistant({ toolUse: { toolUseId: 'a', name: 'f', input: '{"x":' } }), user(result('a'))),
    sends: loop(
      assistant({ toolUse: { toolUseId: 'a', name: 'f', input: { value: '{"x":' } } }),
      user(result('a')),
    ),
    warns: ['not an object'],
  },
];

describe('tool calls and results', () => checkRows(rows));

describe('tool use IDs', () => {
  const history = (...ids: string[]) =>
    loop(assistant(...ids.map((id) => call(id))), user(...ids.map((id) => result(id))));

  function idsOf(request: InferenceRequest): { readonly calls: string[]; readonly results: string[] } {
    const blocks = request.messages.flatMap((message) => message.content);
    return {
      calls: blocks.flatMap((block) => ('toolUse' in block ? [block.toolUse.toolUseId] : [])),
      results: blocks.flatMap((block) => ('toolResult' in block ? [block.toolResult.toolUseId] : [])),
    };
  }

  it('are hashed to nine letters and digits for Mistral, without clashes, and come back', () => {
    // Bedrock's IDs begin alike: cut to nine characters these would be one and the same.
    const ids = Array.from({ length: 200 }, (_, i) => `tooluse_AA${'x'.repeat(i)}`.slice(0, 60) + i);
    const features = { toolUseId: 'nine-alphanumerics' } as const;
    const { request, warnings, toolUseId } = prepare({ features, request: history(...ids, 'abcDEF123') });
    const { calls, results } = idsOf(request);
    expect(results).toEqual(calls);
    expect(new Set(calls).size).toBe(ids.length + 1);
    for (const id of calls) expect(id).toMatch(/^[a-zA-Z0-9]{9}$/);
    expect(calls.at(-1)).toBe('abcDEF123');
    expect(calls.map((id) => toolUseId.restore(id))).toEqual([...ids, 'abcDEF123']);
    expect(toolUseId.restore('newFromModel')).toBe('newFromModel');
    expect(warnings).toEqual([expect.stringContaining('IDs')]);
    const again = prepare({ features, request: history(...ids, 'abcDEF123') });
    expect(again.request).toEqual(request);
  });

  it.each([
    ['functions.get:0', 'converse', 'claude', false],
    ['functions.get:0', 'converse', 'nova', true],
    ['functions.get:0', 'native', 'claude', false],
    ['call with spaces', 'converse', 'nova', false],
    ['x'.repeat(65), 'converse', 'nova', false],
    ['', 'converse', 'nova', false],
  ] as const)('%j through %s to %s is fine: %s', (id, api, family, fine) => {
    const { request, toolUseId } = prepare({ api, family, request: history(id) });
    const [sent = ''] = idsOf(request).calls;
    expect(sent === id).toBe(fine);
    expect(sent).toMatch(/^[a-zA-Z0-9_.:-]{1,64}$/);
    expect(idsOf(request).results).toEqual([sent]);
    expect(toolUseId.restore(sent)).toBe(id);
  });

  it('are left alone in a request without history', () => {
    expect(prepare({ features: { toolUseId: 'nine-alphanumerics' }, request: asking() }).warnings).toEqual(
      [],
    );
  });
});
