import { describe, expect, it } from 'vitest';
import { adaptHistory as adapt } from '../../../src/inference/history/adapt-history.ts';
import type { ReplayTarget } from '../../../src/inference/history/replay-target.ts';
import type { CodecModel, InferenceRequest, Message } from '../../../src/messages/types.ts';
import { deepFreeze, modelOf } from '../sample-model.ts';

const CONVERSE: ReplayTarget = {
  api: 'converse',
  takesFinishedRounds: true,
  takesTurns: true,
  carries: () => true,
};
const NATIVE: ReplayTarget = { ...CONVERSE, api: 'native' };
const adaptTo = (request: InferenceRequest, model: CodecModel, way = CONVERSE) =>
  adapt(request, model, () => way);

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
  deepFreeze({ messages, history: { messages: messages.length - 1, tools: true }, ...more });
const texts = ({ messages }: InferenceRequest) =>
  messages.map(({ content }) =>
    content.map((block) => ('text' in block ? block.text : Object.keys(block)[0])),
  );

describe('a kept conversation', () => {
  it('goes as it is to a model that takes all of it, or of which nothing is known', () => {
    const messages = [user(image, { text: 'What is this?' }), assistant(call), user(result())];
    for (const model of [modelOf('nova', { tools: true, images: true }), modelOf('unknown')]) {
      const { request, warnings } = adaptTo(kept(messages, { toolConfig: { tools } }), model);
      expect(request).toEqual({ messages, toolConfig: { tools } });
      expect(warnings).toEqual([]);
    }
  });

  it('never carries its own note to the codecs', () => {
    expect(adaptTo(kept([user({ text: 'x' })]), modelOf('nova')).request).not.toHaveProperty('history');
  });

  it('has its tool rounds put into words for a model without tools, the newest results too', () => {
    const messages = [user({ text: 'Weather?' }), assistant(call), user(result('error'), { text: 'And?' })];
    const { request, warnings } = adaptTo(
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
      history: { messages: 0, tools: false },
    });
    const adapted = adaptTo(request, modelOf('deepseek-r1', { tools: false }));
    expect(adapted.request.toolConfig).toEqual({ tools });
    expect(adapted.warnings).toEqual([]);
  });

  it('has the files of earlier turns replaced by a note, never those of this turn', () => {
    const note = { document: { format: 'pdf' as const, name: 'plan', source: { bytes } } };
    const plain = { document: { format: 'txt' as const, name: 'notes', source: { text: 'buy milk' } } };
    const withImage = {
      toolResult: { toolUseId: 't1', content: [image.image].map((each) => ({ image: each })) },
    };
    const messages = [
      user(image, note, plain),
      assistant(call),
      user(withImage),
      assistant({ text: 'A cat.' }),
      user(image),
    ];
    const { request, warnings } = adaptTo(
      kept(messages),
      modelOf('llama3', { images: false, documents: false, tools: true }),
    );
    expect(texts(request)[0]).toEqual([
      '[An image was here.]',
      '[A pdf document, plan, was here.]',
      '[Document notes]\nbuy milk',
    ]);
    expect(request.messages[2]?.content).toEqual([
      { toolResult: { toolUseId: 't1', content: [{ text: '[An image was here.]' }] } },
    ]);
    expect(request.messages.at(-1)).toBe(messages.at(-1));
    expect(warnings).toEqual([expect.stringContaining('no image, no document')]);
  });

  it('never comes to an end at the number of files in one request: the oldest make room', () => {
    const turns = Array.from({ length: 12 }, () => [user(image, image), assistant({ text: 'Seen.' })]).flat();
    const messages = [...turns, user(image, { text: 'And this?' })];
    const { request, warnings } = adaptTo(kept(messages), modelOf('nova', { images: true }));
    const images = request.messages.map(({ content }) => content.filter((block) => 'image' in block).length);
    // 25 images, 5 too many: block by block, so that the third turn keeps one of its two.
    expect(images.filter((_, at) => at % 2 === 0)).toEqual([
      0,
      0,
      1,
      ...Array.from({ length: 9 }, () => 2),
      1,
    ]);
    expect(request.messages.at(-1)).toBe(messages.at(-1));
    expect(warnings).toEqual([expect.stringContaining('oldest images')]);
    // Of this turn nothing goes, also when it alone is too much: that is refused with its field.
    const greedy = [...turns.slice(0, 2), user(...Array.from({ length: 21 }, () => image))];
    expect(adaptTo(kept(greedy), modelOf('nova', { images: true })).request.messages.at(-1)).toBe(
      greedy.at(-1),
    );
  });

  it('keeps what one file more than the limit leaves room for, in tool results as in messages', () => {
    const results = (count: number) => ({
      toolResult: { toolUseId: 't1', content: Array.from({ length: count }, () => image) },
    });
    const messages = [
      user({ text: 'Look' }),
      assistant(call),
      user(results(20)),
      assistant({ text: 'Seen.' }),
    ];
    const { request } = adaptTo(kept([...messages, user(image)]), modelOf('nova', { images: true }));
    expect(JSON.stringify(request.messages).match(/An image was here/g)).toHaveLength(1);
  });

  it('may hold as many files over InvokeModel as fit into it: the counts are those of Converse', () => {
    const messages = [
      user(...Array.from({ length: 30 }, () => image)),
      assistant({ text: 'Seen.' }),
      user(image),
    ];
    const { request, warnings } = adaptTo(kept(messages), modelOf('claude', { images: true }), NATIVE);
    expect(request.messages).toEqual(messages);
    expect(warnings).toEqual([]);
  });

  it('gives up its oldest files while one request cannot hold all of them', () => {
    const large = { image: { format: 'png' as const, source: { bytes: new Uint8Array(3_600_000) } } };
    const turns = Array.from({ length: 7 }, () => [user(large), assistant({ text: 'Seen.' })]).flat();
    const { request, warnings } = adaptTo(kept([...turns, user(large)]), modelOf('nova', { images: true }));
    const left = request.messages.filter(({ content }) => content.some((block) => 'image' in block));
    // Five times 4.8 MB of base64 would just not be under the limit.
    expect(left).toHaveLength(4);
    expect(texts(request).slice(0, 7).flat()).toContain('[An image was here.]');
    expect(request.messages.at(-1)?.content).toEqual([large]);
    expect(warnings).toEqual([expect.stringContaining('25 MB')]);
  });

  it('has calls that nobody answered and results that answer none put into words, for every model', () => {
    const messages = [
      user({ text: 'Weather?' }),
      assistant(call),
      user({ text: 'Never mind.' }),
      assistant({ text: 'Fine.' }),
      user(result()),
      assistant({ text: 'I see.' }),
      user({ text: 'Go on.' }),
    ];
    const { request, warnings } = adaptTo(kept(messages), modelOf('nova', { tools: true }));
    expect(texts(request)).toEqual([
      ['Weather?'],
      ['[Called the tool get_weather with {"city":"Paris"}]'],
      ['Never mind.'],
      ['Fine.'],
      ['[The tool answered: sunny\n{"degrees":21}]'],
      ['I see.'],
      ['Go on.'],
    ]);
    expect(warnings).toEqual([expect.stringContaining('nobody answered')]);
  });

  it.each([true, false])('refuses what would spoil it, whether the model takes tools or not: %s', (takes) => {
    const model = modelOf('any', { tools: takes });
    const pending = [user({ text: 'Weather?' }), assistant(call)];
    expect(() => adaptTo(kept([...pending, user({ text: 'And?' })]), model)).toThrow(/still waits .*"t1"/);
    expect(() => adaptTo(kept([...pending, user(result(), result())]), model)).toThrow(/answered twice/);
    const done = [user({ text: 'Hi' }), assistant({ text: 'Hello.' })];
    expect(() => adaptTo(kept([...done, user(result())]), model)).toThrow(/answers no tool call/);
  });

  it('becomes text where a way does not carry a block, with what it was in the warning', () => {
    const inS3 = { image: { format: 'png' as const, source: { s3Location: { uri: 's3://b/k.png' } } } };
    const found = { searchResult: { title: 'T', source: 'S', content: [{ text: 'It rains.' }] } };
    const guarded = { guardContent: { text: { text: 'Guarded.' } } };
    const withImage = { toolResult: { toolUseId: 't1', content: [{ text: 'map' }, image] } };
    const messages = [
      user(inS3, found, guarded, { text: 'What?' }),
      assistant(call),
      user(withImage),
      assistant({ text: 'A map.' }),
      user(inS3),
    ];
    const { request, warnings } = adaptTo(kept(messages), modelOf('claude', { tools: true, images: true }), {
      ...NATIVE,
      carries: () => false,
    });
    expect(texts(request)[0]).toEqual([
      '[An image was here.]',
      '[Search result T, S]\nIt rains.',
      'Guarded.',
      'What?',
    ]);
    expect(request.messages[2]?.content).toEqual([
      { toolResult: { toolUseId: 't1', content: [{ text: 'map' }, { text: '[An image was here.]' }] } },
    ]);
    // This turn's own is refused by whoever sends it.
    expect(request.messages.at(-1)?.content).toEqual([inS3]);
    expect(warnings).toEqual([
      expect.stringMatching(/files in S3, search results, guard content, images .*InvokeModel/),
    ]);
  });

  it('keeps open tool rounds where only finished ones have no place', () => {
    const again = { toolUse: { ...call.toolUse, toolUseId: 't2' } };
    const second = { toolResult: { ...result().toolResult, toolUseId: 't2' } };
    const round = [user({ text: 'Weather?' }), assistant(call), user(result())];
    const commandR = modelOf('command-r', { tools: true });
    const way = { ...NATIVE, takesFinishedRounds: false };
    const open = [...round, assistant(again), user(second)];
    expect(adaptTo(kept(open), commandR, way).request.messages).toEqual(open);

    const finished = [...round, assistant({ text: 'Sunny.' }), user({ text: 'And now?' })];
    const { request, warnings } = adaptTo(kept(finished), commandR, way);
    expect(texts(request).slice(1, 3)).toEqual([
      ['[Called the tool get_weather with {"city":"Paris"}]'],
      ['[The tool answered: sunny\n{"degrees":21}]'],
    ]);
    expect(warnings).toEqual([expect.stringContaining('Finished tool rounds')]);

    const mixed = [...round.slice(0, 2), user(result(), { text: 'Use it.' }), assistant(again), user(second)];
    expect(texts(adaptTo(kept(mixed), commandR, way).request)).toEqual([
      ['Weather?'],
      ['[Called the tool get_weather with {"city":"Paris"}]'],
      ['[The tool answered: sunny\n{"degrees":21}]', 'Use it.'],
      ['toolUse'],
      ['toolResult'],
    ]);
  });

  it('is told in one message to a form without turns, with its latest file', () => {
    const video = (name: string) => ({
      video: { format: 'mp4' as const, source: { bytes: Buffer.from(name) } },
    });
    const messages = [
      user(video('first'), { text: 'What is it?' }),
      assistant({ text: 'A cat.' }),
      user(video('second')),
      assistant({ text: 'A dog.' }),
      user({ text: 'Which colour?' }),
    ];
    const { request, warnings } = adaptTo(kept(messages), modelOf('pegasus'), {
      ...NATIVE,
      takesTurns: false,
    });
    expect(request.messages).toEqual([
      user(
        video('second'),
        {
          text: 'The conversation so far:\n\nThe user: [A video was here.]\nWhat is it?\n\nYou: A cat.\n\nThe user: [A video was here.]\n\nYou: A dog.\n\nThe user says now:',
        },
        { text: 'Which colour?' },
      ),
    ]);
    expect(warnings).toEqual([expect.stringContaining('no turns')]);
  });

  it('goes on with its tools, save those that another family or the other API alone has', () => {
    const bash = { nativeTool: { type: 'bash_20250124', name: 'bash' } };
    const grounding = { systemTool: { name: 'nova_grounding' } };
    const offer = (toolFamily?: string): InferenceRequest =>
      kept([user({ text: 'Hi' })], {
        toolConfig: { tools: [...tools, bash, grounding] },
        history: { messages: 0, tools: true, ...(toolFamily === undefined ? {} : { toolFamily }) },
      });
    const offered = (family: string, way: ReplayTarget, givenTo?: string) => {
      const { request, warnings } = adaptTo(offer(givenTo), modelOf(family, { tools: true }), way);
      return { tools: request.toolConfig?.tools, warnings };
    };
    expect(offered('gpt-oss', CONVERSE)).toEqual({
      tools,
      warnings: [expect.stringContaining("(bash, nova_grounding): they are another provider's own")],
    });
    expect(offered('claude', NATIVE).tools).toEqual([...tools, bash]);
    expect(offered('claude', CONVERSE)).toEqual({
      tools,
      warnings: [
        expect.stringContaining('(nova_grounding)'),
        expect.stringContaining('(bash): Converse does not carry them'),
      ],
    });
    expect(offered('nova', CONVERSE).tools).toEqual([...tools, grounding]);
    expect(offered('grok', NATIVE, 'grok').tools).toEqual([...tools, bash]);
    // Those of this turn are the caller's to take back.
    const own = { ...offer(), history: { messages: 0, tools: false } };
    expect(adaptTo(own, modelOf('gpt-oss', { tools: true })).request.toolConfig?.tools).toHaveLength(3);
  });

  it('has the form of earlier turns mended without a word: they were told of it then', () => {
    const document = (name: string) => ({
      document: { format: 'pdf' as const, name, source: { bytes: Buffer.from('%PDF-1.4') } },
    });
    const messages = [
      user(document('report v1.0'), { text: ' ' }),
      assistant({ text: 'Read.' }),
      user(document('report v1-0'), { text: '' }, { text: 'And this?' }),
    ];
    const { request, warnings } = adaptTo(kept(messages), modelOf('claude', { documents: true }));
    expect(request.messages[0]?.content).toEqual([
      document('report v1-0'),
      { text: 'See the attached document.' },
    ]);
    expect(request.messages[2]).toBe(messages[2]);
    expect(warnings).toEqual([]);
  });
});
