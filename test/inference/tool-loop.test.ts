/** A conversation that goes on: what the model gave must go back to it unchanged. */
import { describe, expect, it } from 'vitest';
import { assembler } from '../../src/inference/codecs/assemble-stream.ts';
import {
  converseStream,
  decodeConverse,
  encodeConverse,
} from '../../src/inference/codecs/converse/converse.ts';
import { prepareRequest } from '../../src/inference/prepare/prepare-request.ts';
import type { InferenceRequest, InferenceResult } from '../../src/messages/types.ts';
import { modelOf } from './sample-model.ts';

const claude = modelOf('claude', { reasoning: 'claude-budget' });
const redacted = new Uint8Array([0, 1, 254, 255]);
const signature = 'EtkBCkgIEBABGAIqQIyk4xd3==';
const ask: InferenceRequest = {
  messages: [{ role: 'user', content: [{ text: 'Weather in Bern and Rome?' }] }],
  toolConfig: { tools: [{ toolSpec: { name: 'weather.get', inputSchema: { type: 'object' } } }] },
  reasoning: { effort: 'low' },
};

const first = prepareRequest(ask, claude, 'converse');
const [tool] = first.request.toolConfig?.tools ?? [];
const sentName = tool !== undefined && 'toolSpec' in tool ? tool.toolSpec.name : '';

const told = [
  { reasoningContent: { reasoningText: { text: 'Two calls. ', signature } } },
  { reasoningContent: { redactedContent: redacted } },
  { text: 'Let me look.' },
  { toolUse: { toolUseId: 'tooluse_a', name: sentName, input: { city: 'Bern' } } },
  { toolUse: { toolUseId: 'tooluse_b', name: sentName, input: { city: 'Rome' } } },
];

function whole(): InferenceResult {
  const output = { output: { message: { role: 'assistant', content: told } }, stopReason: 'tool_use' };
  return decodeConverse(output, {});
}

function streamed(): InferenceResult {
  const at = (contentBlockIndex: number, delta: object) => ({
    contentBlockDelta: { contentBlockIndex, delta },
  });
  const call = (contentBlockIndex: number, toolUseId: string, city: string) => [
    { contentBlockStart: { contentBlockIndex, start: { toolUse: { toolUseId, name: sentName } } } },
    at(contentBlockIndex, { toolUse: { input: '{"city":' } }),
    at(contentBlockIndex, { toolUse: { input: `"${city}"}` } }),
    { contentBlockStop: { contentBlockIndex } },
  ];
  const events = [
    at(0, { reasoningContent: { text: 'Two ' } }),
    at(0, { reasoningContent: { text: 'calls. ' } }),
    at(0, { reasoningContent: { signature } }),
    at(1, { reasoningContent: { redactedContent: redacted } }),
    at(2, { text: 'Let me ' }),
    at(2, { text: 'look.' }),
    ...call(3, 'tooluse_a', 'Bern'),
    ...call(4, 'tooluse_b', 'Rome'),
    { messageStop: { stopReason: 'tool_use' } },
  ];
  const decoder = converseStream();
  const all = assembler();
  for (const event of events) for (const delta of decoder.push(event)) all.push(delta);
  return all.result();
}

describe.each([
  ['whole', whole],
  ['streamed', streamed],
] as const)('a tool loop whose answer came %s', (_name, answer) => {
  it('sends IDs, signatures and encrypted reasoning back byte for byte', () => {
    const { content } = answer();
    const restored = content.map((block) =>
      'toolUse' in block
        ? { toolUse: { ...block.toolUse, name: first.toolName.restore(block.toolUse.name) } }
        : block,
    );
    expect(restored[3]).toMatchObject({ toolUse: { name: 'weather.get' } });
    const next = prepareRequest(
      {
        ...ask,
        messages: [
          ...ask.messages,
          { role: 'assistant', content: restored },
          {
            role: 'user',
            content: ['tooluse_a', 'tooluse_b'].map((toolUseId) => ({
              toolResult: { toolUseId, content: [{ text: 'sunny' }] },
            })),
          },
        ],
      },
      claude,
      'converse',
    );
    const sent = encodeConverse(next.request, claude);
    expect(sent['messages']).toEqual([
      { role: 'user', content: [{ text: 'Weather in Bern and Rome?' }] },
      { role: 'assistant', content: told },
      {
        role: 'user',
        content: [
          { toolResult: { toolUseId: 'tooluse_a', content: [{ text: 'sunny' }] } },
          { toolResult: { toolUseId: 'tooluse_b', content: [{ text: 'sunny' }] } },
        ],
      },
    ]);
    expect(sent['additionalModelRequestFields']).toEqual({
      thinking: { type: 'enabled', budget_tokens: 2048 },
    });
  });
});
