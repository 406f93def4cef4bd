import { describe, expect, it } from 'vitest';
import { adaptKept } from '../../src/inference/kept-history.ts';
import type { InferenceRequest, Message } from '../../src/inference/types.ts';
import { deepFreeze, modelOf } from './sample-model.ts';

const bytes = new Uint8Array([1, 2, 3]);
const image = { image: { format: 'png' as const, source: { bytes } } };
const call = { toolUse: { toolUseId: 't1', name: 'get_weather', input: { city: 'Paris' } } };
const result = (status?: 'error') => ({
  toolResult: {
    toolUseId: 't1',
    content: [{ text: 'sunny' }, { json: { degrees: 21 } }],
    ...(status === undefined ? {} : { status }),
  },
});
const user = (...content: Message['content']): Message => ({ role: 'user', content });
const assistant = (...content: Message['content']): Message => ({ role: 'assistant', content });
const tools = [{ toolSpec: { name: 'get_weather', inputSchema: { type: 'object' } } }];

const kept = (messages: readonly Message[], more: Partial<InferenceRequest> = {}): InferenceRequest =>
  deepFreeze({ messages, kept: { messages: messages.length - 1, tools: true }, ...more });
const texts = ({ messages }: InferenceRequest) =>
  messages.map(({ content }) =>
    content.map((block) => ('text' in block ? block.text : Object.keys(block)[0])),
  );

describe('a kept conversation', () => {
  it('goes as it is to a model that takes all of it, or of which nothing is known', () => {
    const messages = [user(image, { text: 'What is this?' }), assistant(call), user(result())];
    for (const model of [modelOf('nova', { tools: true, images: true }), modelOf('unknown')]) {
      const { request, warnings } = adaptKept(kept(messages, { toolConfig: { tools } }), model);
      expect(request).toEqual({ messages, toolConfig: { tools } });
      expect(warnings).toEqual([]);
    }
  });

  it('never carries its own note to the codecs', () => {
    expect(adaptKept(kept([user({ text: 'x' })]), modelOf('nova')).request).not.toHaveProperty('kept');
  });

  it('has its tool rounds put into words for a model without tools, the newest results too', () => {
    const messages = [user({ text: 'Weather?' }), assistant(call), user(result('error'), { text: 'And?' })];
    const { request, warnings } = adaptKept(
      kept(messages, { toolConfig: { tools, toolChoice: { auto: {} } } }),
      modelOf('deepseek-r1', { tools: false }, 'deepseek.r1-v1:0'),
    );
    expect(texts(request)).toEqual([
      ['Weather?'],
      ['[Called the tool get_weather with {"city":"Paris"}]'],
      ['[The tool failed: sunny\n{"degrees":21}]', 'And?'],
    ]);
    expect(request.toolConfig).toBeUndefined();
    expect(warnings).toEqual([expect.stringContaining('deepseek.r1-v1:0 takes no tools')]);
  });

  it('keeps the tools that the caller gives in this turn, so that they are refused by name', () => {
    const request = kept([user({ text: 'x' })], {
      toolConfig: { tools },
      kept: { messages: 0, tools: false },
    });
    const adapted = adaptKept(request, modelOf('deepseek-r1', { tools: false }));
    expect(adapted.request.toolConfig).toEqual({ tools });
    expect(adapted.warnings).toEqual([]);
  });

  it('has the files of earlier turns replaced by a note, never those of this turn', () => {
    const note = { document: { format: 'pdf' as const, name: 'plan', source: { bytes } } };
    const plain = { document: { format: 'txt' as const, name: 'notes', source: { text: 'buy milk' } } };
    const withImage = {
      toolResult: { toolUseId: 't1', content: [image.image].map((each) => ({ image: each })) },
    };
    const messages = [user(image, note, plain, withImage), assistant({ text: 'A cat.' }), user(image)];
    const { request, warnings } = adaptKept(
      kept(messages),
      modelOf('llama3', { images: false, documents: false, tools: true }),
    );
    const [first, , last] = request.messages;
    expect(texts(request)[0]?.slice(0, 3)).toEqual([
      '[An image was here.]',
      '[A pdf document, plan, was here.]',
      '[Document notes]\nbuy milk',
    ]);
    expect(first?.content.at(-1)).toEqual({
      toolResult: { toolUseId: 't1', content: [{ text: '[An image was here.]' }] },
    });
    expect(last).toBe(messages[2]);
    expect(warnings).toEqual([expect.stringContaining('no image, no document')]);
  });

  it('never comes to an end at the number of files in one request: the oldest make room', () => {
    const turns = Array.from({ length: 12 }, () => [user(image, image), assistant({ text: 'Seen.' })]).flat();
    const messages = [...turns, user(image, { text: 'And this?' })];
    const { request, warnings } = adaptKept(kept(messages), modelOf('nova', { images: true }));
    const images = request.messages.map(({ content }) => content.filter((block) => 'image' in block).length);
    expect(images.reduce((sum, count) => sum + count)).toBe(19);
    expect(images.slice(0, 6)).toEqual([0, 0, 0, 0, 0, 0]);
    expect(request.messages.at(-1)).toBe(messages.at(-1));
    expect(warnings).toEqual([expect.stringContaining('oldest images')]);
    // Of this turn nothing goes, also when it alone is too much: that is refused with its field.
    const greedy = [...turns.slice(0, 2), user(...Array.from({ length: 21 }, () => image))];
    expect(adaptKept(kept(greedy), modelOf('nova', { images: true })).request.messages.at(-1)).toBe(
      greedy.at(-1),
    );
  });
});
