import { describe, expect, it } from 'vitest';
import { loadCatalog } from '../../../src/catalog/models/catalog.ts';
import { placeCachePoints } from '../../../src/inference/prepare/place-cache-points.ts';
import { prepareRequest } from '../../../src/inference/prepare/prepare-request.ts';
import type { CodecModel, ContentBlock, InferenceRequest } from '../../../src/messages/types.ts';
import { deepFreeze, modelOf } from '../sample-model.ts';

const catalog = await loadCatalog();
/** The model as the catalogue has it. */
function real(name: string): CodecModel {
  const { id, family, features } = catalog.byAlias(name)?.model ?? catalog.get(name) ?? {};
  if (id === undefined || family === undefined || features === undefined) throw new Error(name);
  return { id, family, features };
}

const point = { cachePoint: { type: 'default' } } as const;
const tool = { toolSpec: { name: 'f', inputSchema: { type: 'object' } } };
const whole: InferenceRequest = {
  messages: [
    { role: 'user', content: [{ text: 'one' }] },
    { role: 'assistant', content: [{ text: 'two' }] },
    { role: 'user', content: [{ text: 'three' }] },
  ],
  system: [{ text: 'Be brief.' }],
  toolConfig: { tools: [tool] },
  cache: {},
};

/** What is sent in the end, after the rules on cache points have looked at it. */
function sent(request: InferenceRequest, model: CodecModel) {
  const placed = placeCachePoints(deepFreeze(request), model);
  const prepared = prepareRequest(placed.request, model, 'converse');
  return { request: prepared.request, warnings: [...placed.warnings, ...prepared.warnings] };
}

/** Where the cache points stand, with their lifetimes. */
function points({ messages, system = [], toolConfig }: InferenceRequest): string[] {
  const at = (name: string, blocks: readonly object[]) =>
    blocks.flatMap((block, index) =>
      'cachePoint' in block ? [`${name}[${index}] ${JSON.stringify(block.cachePoint)}`] : [],
    );
  return [
    ...at('tools', toolConfig?.tools ?? []),
    ...at('system', system),
    ...messages.flatMap(({ content }, index) => at(`messages[${index}]`, content)),
  ];
}
const plain = '{"type":"default"}';
const hour = '{"type":"default","ttl":"1h"}';

describe('placeCachePoints', () => {
  it('leaves a request without the switch alone', () => {
    const { cache: _, ...request } = whole;
    expect(placeCachePoints(request, real('claude-sonnet-4-5'))).toEqual({ request, warnings: [] });
  });

  it('puts one behind the tools, the system text and the last user message, at most three of the four', () => {
    const { request, warnings } = sent(whole, real('claude-sonnet-4-5'));
    expect(points(request)).toEqual([`tools[1] ${plain}`, `system[1] ${plain}`, `messages[2][1] ${plain}`]);
    expect(warnings).toEqual([]);
    expect(request).not.toHaveProperty('cache');
  });

  it('puts none where there is nothing', () => {
    const bare = {
      messages: [{ role: 'user' as const, content: [{ text: 'x' }] }],
      system: [{ text: ' ' }],
      cache: {},
    };
    expect(points(sent(bare, real('claude-sonnet-4-5')).request)).toEqual([`messages[0][1] ${plain}`]);
  });

  it('puts none among the tools of Nova, which caches in the system text and the messages only', () => {
    const { request, warnings } = sent(whole, real('nova-lite'));
    expect(points(request)).toEqual([`system[1] ${plain}`, `messages[2][1] ${plain}`]);
    expect(warnings).toEqual([]);
  });

  it('asks for the lifetime everywhere where the model offers it', () => {
    const { request, warnings } = sent({ ...whole, cache: { ttl: '1h' } }, real('claude-haiku-4-5'));
    expect(points(request)).toEqual([`tools[1] ${hour}`, `system[1] ${hour}`, `messages[2][1] ${hour}`]);
    expect(warnings).toEqual([]);
  });

  it.each(['anthropic.claude-3-7-sonnet-20250219-v1:0', 'nova-lite'])(
    'caches without the lifetime, and says so, where the model has no such: %s',
    (name) => {
      const { request, warnings } = sent({ ...whole, cache: { ttl: '1h' } }, real(name));
      expect(points(request)).toContain(`messages[2][1] ${plain}`);
      expect(points(request).join()).not.toContain('ttl');
      expect(warnings).toEqual([expect.stringContaining('1h')]);
    },
  );

  it.each(['llama3-3-70b', 'mistral-large-3', 'qwen3-32b', 'deepseek-r1', 'gpt-oss-120b', 'command-r-plus'])(
    'says that %s has none and sends the request without',
    (name) => {
      const { cache: _, ...request } = whole;
      const placed = placeCachePoints(whole, real(name));
      expect(placed.request).toEqual(request);
      expect(placed.warnings).toEqual([expect.stringContaining('no explicit prompt caching')]);
    },
  );

  it('says that it was left out where the form has no place for it, and leaves the rest as it is', () => {
    const { cache: _, ...request } = whole;
    const placed = placeCachePoints(whole, real('grok-4.6'), false);
    expect(placed.request).toEqual(request);
    expect(placed.warnings).toEqual([expect.stringContaining('api: converse')]);
  });

  it('asks for the five minutes that every point lasts without saying so', () => {
    for (const name of ['claude-haiku-4-5', 'claude-opus-4-1', 'nova-lite', 'grok-4.6']) {
      const { request, warnings } = sent({ ...whole, cache: { ttl: '5m' } }, real(name));
      expect(points(request)).toContain(`messages[2][1] ${plain}`);
      expect(points(request).join()).not.toContain('ttl');
      expect(warnings).toEqual([]);
    }
  });

  it('tries the system text and the messages of a model of which nobody knows', () => {
    const placed = placeCachePoints(whole, modelOf('unknown'));
    expect(points(placed.request)).toEqual([`system[1] ${plain}`, `messages[2][1] ${plain}`]);
  });

  it.each<[string, Partial<InferenceRequest>]>([
    ['messages', { messages: [{ role: 'user', content: [{ text: 'x' }, point, { text: 'y' }] }] }],
    ['system text', { system: [{ text: 's' }, point] }],
    ['tools', { toolConfig: { tools: [tool, point] } }],
  ])("leaves the caller's own points in the %s as they are", (_where, own) => {
    const { cache: _, ...request } = { ...whole, ...own };
    const placed = placeCachePoints({ ...request, cache: { ttl: '1h' } }, real('claude-sonnet-4-5'));
    expect(placed.request).toEqual(request);
    expect(placed.warnings).toEqual([expect.stringContaining('cache points of its own')]);
  });

  it('leaves a native body alone and says so', () => {
    const placed = placeCachePoints(
      { messages: [], rawBody: { a: 1 }, cache: {} },
      real('claude-sonnet-4-5'),
    );
    expect(placed.request).toEqual({ messages: [], rawBody: { a: 1 } });
    expect(placed.warnings).toEqual([expect.stringContaining('native_body')]);
  });

  const document: ContentBlock = { document: { format: 'txt', name: 'd', source: { text: 'x' } } };
  const results: ContentBlock = { toolResult: { toolUseId: 'i', content: [{ text: '21' }] } };
  it.each<[string, string, ContentBlock, number]>([
    ['a document', 'claude-sonnet-4-5', document, 0],
    ['tool results of Claude', 'claude-sonnet-4-5', results, 2],
    ['tool results of Nova', 'nova-lite', results, 0],
  ])('puts the point where it may stand when the conversation ends with %s', (_what, name, last, index) => {
    const request: InferenceRequest = {
      messages: [
        { role: 'user', content: [{ text: 'one' }] },
        { role: 'assistant', content: [{ toolUse: { toolUseId: 'i', name: 'f', input: {} } }] },
        { role: 'user', content: [last] },
      ],
      cache: {},
    };
    const { request: placed, warnings } = placeCachePoints(request, real(name));
    expect(points(placed)).toEqual([`messages[${index}][1] ${plain}`]);
    expect(warnings).toEqual([]);
  });
});
