/** What a native form cannot carry is refused by name; what it can carry is not. */

import { describe, expect, it } from 'vitest';
import { FAMILIES } from '../../../../src/catalog/models/families.ts';
import { CHAT_FORMS } from '../../../../src/inference/codecs/openai-chat/chat.ts';
import { nativeCodecFor } from '../../../../src/inference/codecs/registry.ts';
import type { ContentBlock, InferenceRequest } from '../../../../src/messages/types.ts';
import {
  ask,
  assistant,
  codec,
  image,
  model,
  PNG,
  toolResult,
  toolUse,
  user,
  weatherTool,
} from '../requests.ts';

const TEXT_FAMILIES = [...FAMILIES, 'unknown' as const].filter((family) => nativeCodecFor(model(family)));
/** Pegasus wants a video in every question. */
const video: ContentBlock = { video: { format: 'mp4', source: { bytes: PNG } } };
const question = (family: string, ...blocks: ContentBlock[]) =>
  family === 'pegasus' ? user('Hi', video, ...blocks) : user('Hi', ...blocks);

function refusal(family: string, request: InferenceRequest): unknown {
  try {
    codec(family).encode(request, model(family), false);
    return undefined;
  } catch (error) {
    return error;
  }
}

it('every text family has a codec, and no other', () => {
  expect(TEXT_FAMILIES).toMatchInlineSnapshot(`
    [
      "claude-legacy",
      "claude",
      "nova",
      "titan-text",
      "llama2",
      "llama3",
      "llama4",
      "mistral",
      "mistral-chat",
      "command-r",
      "command",
      "jamba",
      "jurassic-2",
      "deepseek-r1",
      "deepseek",
      "gpt-oss",
      "gpt",
      "qwen",
      "kimi",
      "minimax",
      "glm",
      "gemma",
      "nemotron",
      "palmyra",
      "grok",
      "pegasus",
      "unknown",
    ]
  `);
});

describe.each(TEXT_FAMILIES)('%s', (family) => {
  const { carries } = codec(family);
  const base = ask(question(family));
  const features: [string, boolean, InferenceRequest][] = [
    ['tools', carries.tools, { ...base, toolConfig: { tools: [weatherTool] } }],
    ['a system prompt', carries.system, { ...base, system: [{ text: 's' }] }],
    ['images', carries.images, ask(question(family, image))],
    [
      'documents',
      carries.documents,
      ask(question(family, { document: { format: 'pdf', name: 'd', source: { bytes: PNG } } })),
    ],
    ['tool history', carries.tools, ask(question(family), assistant(toolUse), user(toolResult))],
    ['guard content', false, ask(question(family, { guardContent: { text: { text: 'x' } } }))],
    ['guard content in system', false, { ...base, system: [{ guardContent: { text: { text: 'x' } } }] }],
    ['audio', false, ask(question(family, { audio: { format: 'mp3', source: { bytes: PNG } } }))],
    ['prompt variables', false, { ...base, promptVariables: { a: 'b' } }],
    ['response field paths', false, { ...base, additionalModelResponseFieldPaths: ['/x'] }],
    ['an empty tool list', true, { ...base, toolConfig: { tools: [] } }],
    ['nothing special', true, base],
  ];
  it.each(features)('has a native form for %s: %s', (_name, possible, request) => {
    const error = refusal(family, request);
    if (possible) expect(error).toBeUndefined();
    else {
      expect(error).toMatchObject({ code: 'unsupported_feature', field: expect.stringMatching(/\w/) });
      expect(error).toMatchObject({ fix: expect.stringContaining('converse') });
    }
  });

  it('has nothing to send without messages', () => {
    expect(refusal(family, ask())).toMatchObject({ code: 'invalid_request' });
  });

  it('lays the fields of the caller over its own, whatever their names', () => {
    const extra = JSON.parse('{"__proto__": {"x": 1}, "mine": {"deep": [1]}}');
    const body = codec(family).encode({ ...base, additionalModelRequestFields: extra }, model(family), false);
    expect(Object.hasOwn(body, '__proto__')).toBe(true);
    expect(body['mine']).toEqual({ deep: [1] });
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  it('says how a guardrail reads the stream', () => {
    const guardrailConfig = {
      guardrailIdentifier: 'g',
      guardrailVersion: '1',
      streamProcessingMode: 'async' as const,
    };
    expect(codec(family).encode({ ...base, guardrailConfig }, model(family), true)).toMatchObject({
      'amazon-bedrock-guardrailConfig': { streamProcessingMode: 'ASYNCHRONOUS' },
    });
  });
});

it('what is refused is named as the caller knows it', () => {
  const { toolConfig, ...base } = { ...ask(user('Hi')), toolConfig: { tools: [weatherTool] } };
  expect(refusal('llama3', { ...base, toolConfig })).toMatchObject({
    field: 'tools',
    message: expect.stringContaining('(tools)'),
    fix: expect.stringContaining('remove tools'),
  });
  expect(refusal('qwen', { ...base, promptVariables: { a: 'b' } })).toMatchObject({
    field: 'options.prompt_variables',
  });
  expect(refusal('qwen', { ...base, anthropicBeta: ['b'] })).toMatchObject({
    field: 'options.anthropic_beta',
    fix: 'Remove options.anthropic_beta.',
  });
});

describe('a cache point', () => {
  const request = ask(user('Hi', { cachePoint: { type: 'default' } }));
  const caching = { caching: { minimumTokens: 1, ttl: [], fields: [] } };
  it.each(['llama3', 'qwen', 'command-r'])('is left out for %s, which does not cache', (family) => {
    const without = model(family, { features: { caching: false } });
    const body = codec(family).encode(request, without, false);
    expect(body).toEqual(codec(family).encode(ask(user('Hi')), without, false));
  });
  describe.each([
    ['would cache on Converse', caching],
    ['may cache there, for all that is known', {}],
  ])('in a model that %s', (_what, features) => {
    it.each(['llama3', 'qwen', 'command-r', 'kimi', 'grok'])('is refused for %s', (family) => {
      expect(() => codec(family).encode(request, model(family, { features }), false)).toThrowError(
        expect.objectContaining({ code: 'unsupported_feature', field: 'messages[0].content[1].cachePoint' }),
      );
    });
  });
});

it('a model known to take no images is refused them', () => {
  expect(() =>
    codec('llama3').encode(ask(user(image)), model('llama3', { features: { images: false } }), false),
  ).toThrowError(expect.objectContaining({ field: 'messages[0].content[0].image' }));
});

it('every chat form is one of a family that some model ID belongs to', () => {
  for (const family of Object.keys(CHAT_FORMS)) expect([...FAMILIES, 'unknown']).toContain(family);
});
