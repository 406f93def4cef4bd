/** Every row of the route table, with the sentence that the caller reads. */
import { describe, expect, it } from 'vitest';
import { BedrockError } from '../../../src/bedrock-error.ts';
import { loadCatalog } from '../../../src/catalog/models/catalog.ts';
import type { Family, ModelRecord } from '../../../src/catalog/types.ts';
import { nativeCodecFor } from '../../../src/inference/codecs/registry.ts';
import type { RouteInput } from '../../../src/inference/route/request-features.ts';
import { ROUTE_RULES, type Route, selectRoute } from '../../../src/inference/route/route.ts';
import type { InferenceRequest } from '../../../src/messages/types.ts';
import { asking } from '../sample-model.ts';

const catalog = await loadCatalog();

const CLAUDE = 'anthropic.claude-haiku-4-5-20251001-v1:0';
const NOVA = 'amazon.nova-lite-v1:0';
const GPT_OSS = 'openai.gpt-oss-20b-1:0';
const LLAMA = 'meta.llama3-3-70b-instruct-v1:0';
const MISTRAL_7B = 'mistral.mistral-7b-instruct-v0:2';
const R1 = 'deepseek.r1-v1:0';
const PEGASUS = 'twelvelabs.pegasus-1-2-v1:0';
const CONVERSE_ONLY = 'openai.gpt-5.6-sol';

type Given = Partial<Omit<RouteInput, 'model' | 'native'>> & {
  readonly model?: Partial<ModelRecord>;
  readonly native?: RouteInput['native'] | null;
};

function inputFor(id: string, given: Given = {}): RouteInput {
  const record = { ...catalog.record(id), ...given.model };
  const { native, ...rest } = given;
  const codec = nativeCodecFor({ id: record.id, family: record.family, features: record.features });
  const carries = native === null ? undefined : (native ?? codec?.carries);
  return {
    request: asking(),
    requested: id,
    stream: true,
    ...rest,
    model: record,
    ...(carries === undefined ? {} : { native: carries }),
  };
}

const tools: Pick<InferenceRequest, 'toolConfig'> = {
  toolConfig: { tools: [{ toolSpec: { name: 'f', inputSchema: { type: 'object' } } }] },
};
const toolHistory: Partial<InferenceRequest> = {
  messages: [
    { role: 'user', content: [{ text: 'Hi' }] },
    { role: 'assistant', content: [{ toolUse: { toolUseId: 'a', name: 'f', input: {} } }] },
    { role: 'user', content: [{ toolResult: { toolUseId: 'a', content: [{ text: '1' }] } }] },
  ],
};
const PNG = { image: { format: 'png', source: { bytes: new Uint8Array(1) } } } as const;
const eager = {
  toolSpec: { name: 'f', inputSchema: { type: 'object' }, anthropicFields: { eager_input_streaming: true } },
};
const seeing: Partial<InferenceRequest> = { messages: [{ role: 'user', content: [{ text: 'Hi' }, PNG] }] };
const guarded: Partial<InferenceRequest> = {
  messages: [{ role: 'user', content: [{ guardContent: { text: { text: 'Hi' } } }] }],
};
const SCHEMA = { name: 'answer', schema: { type: 'object' } };
const raw: Partial<InferenceRequest> = { rawBody: { prompt: 'Hi' } };
const beta = (name: string): Partial<InferenceRequest> => ({ anthropicBeta: [name] });

/** [row, model, what is given, words that the reason or the refusal must hold] */
const CASES: readonly (readonly [rule: string, id: string, given: Given, says: RegExp])[] = [
  ['refused:kind', 'amazon.titan-embed-text-v2:0', {}, /is an embedding model; .*Use embed_text/],
  ['refused:kind', 'cohere.rerank-v3-5:0', {}, /is a rerank model; .*No tool .* calls rerank models yet/],
  [
    'refused:kind',
    'stability.sd3-5-large-v1:0',
    {},
    /is an image model; .*No tool .* calls image models yet/,
  ],
  ['refused:kind', 'amazon.nova-2-sonic-v1:0', {}, /is a speech model; .*list_models/],
  ['refused:mantle', 'anthropic.claude-mythos-5', {}, /served only by .*bedrock-mantle.* client, or choose/],
  ['refused:mantle', 'xai.grok-4.3', { override: 'converse' }, /bedrock-mantle/],
  [
    'refused:mantle',
    NOVA,
    { model: { apis: { converse: false, invoke: false } } },
    /neither by Converse nor by InvokeModel/,
  ],
  ['refused:converse-raw-body', NOVA, { override: 'converse', request: asking(raw) }, /Drop api/],
  ['refused:no-converse', PEGASUS, { override: 'converse' }, /has no Converse API\. .*api: auto/],
  ['refused:no-native', CONVERSE_ONLY, { override: 'native' }, /has no InvokeModel API, only Converse/],
  ['refused:no-native', CONVERSE_ONLY, { request: asking(raw) }, /without native_body/],
  ['native:raw-body', NOVA, { request: asking(raw) }, /the caller supplied/],
  ['native:raw-body', NOVA, { request: asking({ ...raw, ...tools }) }, /the caller supplied/],
  ['refused:no-adapter', NOVA, { override: 'native', native: null }, /cannot write the native .*native_body/],
  ['refused:no-adapter', PEGASUS, { native: null }, /cannot write the native/],
  [
    'refused:conflict',
    CLAUDE,
    { request: asking({ ...guarded, ...beta('tool-search-tool-2025-10-19') }) },
    /the beta tool-search-tool-2025-10-19 needs InvokeModel, but guardContent needs Converse/,
  ],
  [
    'refused:converse-cannot',
    CLAUDE,
    { override: 'converse', request: asking(beta('context-management-2025-06-27')) },
    /api: converse rules out.*api: auto/,
  ],
  [
    'refused:converse-cannot',
    CONVERSE_ONLY,
    { request: asking({ toolConfig: { tools: [{ nativeTool: { type: 'web_search' } }] } }) },
    /typed tool needs InvokeModel, which .* does not offer/,
  ],
  [
    'refused:native-cannot',
    CLAUDE,
    { override: 'native', request: asking(guarded) },
    /guardContent needs Converse/,
  ],
  [
    'refused:native-cannot',
    'arn:aws:bedrock:us-east-1:123456789012:prompt/ABCDEFGHIJ',
    { override: 'native', converseOnlyIdentifier: 'prompt ARN' },
    /a prompt ARN needs Converse/,
  ],
  [
    'refused:native-cannot',
    MISTRAL_7B,
    { override: 'native', request: asking(seeing) },
    /an image needs Converse, which api: native rules out/,
  ],
  [
    'refused:native-tools',
    LLAMA,
    { override: 'native', request: asking(tools) },
    /cannot carry tools\. .*api: auto/,
  ],
  [
    'refused:native-tools',
    MISTRAL_7B,
    { override: 'native', request: asking(toolHistory) },
    /cannot carry tools/,
  ],
  ['refused:native-tools', PEGASUS, { request: asking(tools) }, /Choose a model with tool use/],
  ['native:override', NOVA, { override: 'native' }, /the caller asked for InvokeModel/],
  ['native:override', CLAUDE, { override: 'native', request: asking(tools) }, /the caller asked/],
  ['converse:override', CLAUDE, { override: 'converse' }, /the caller asked for Converse/],
  ['converse:only-api', CONVERSE_ONLY, {}, /is served by Converse only/],
  ['converse:only-api', 'meta.llama3-1-405b-instruct-v1:0', {}, /is served by Converse only/],
  ['native:only-api', PEGASUS, {}, /is served by InvokeModel only/],
  [
    'native:feature',
    CLAUDE,
    { request: asking(beta('tool-search-tool-2025-10-19')) },
    /only InvokeModel carries it/,
  ],
  [
    'native:feature',
    CLAUDE,
    { request: asking({ toolConfig: { tools: [{ nativeTool: { type: 'bash_20250124', name: 'bash' } }] } }) },
    /typed tool/,
  ],
  [
    'native:feature',
    CLAUDE,
    { request: asking({ additionalModelRequestFields: { context_management: { edits: [] } } }) },
    /context_management/,
  ],
  [
    'native:tool-fields',
    CLAUDE,
    { request: asking({ toolConfig: { tools: [eager] } }) },
    /eager_input_streaming of a tool: Converse has no place/,
  ],
  [
    'converse:tools',
    NOVA,
    { request: asking({ toolConfig: { tools: [eager] } }) },
    /one form for all families/,
  ],
  ['converse:tools', CLAUDE, { request: asking(tools) }, /one form for all families/],
  ['converse:tools', GPT_OSS, { request: asking(tools) }, /one form for all families/],
  ['converse:tool-history', CLAUDE, { request: asking(toolHistory) }, /holds tool calls/],
  ['converse:media', CLAUDE, { request: asking(seeing) }, /image blocks/],
  ['converse:feature', CLAUDE, { request: asking(guarded) }, /guardContent: only Converse/],
  [
    'converse:feature',
    'arn:aws:bedrock:us-east-1:123456789012:default-prompt-router/anthropic.claude:1',
    { converseOnlyIdentifier: 'prompt router' },
    /a prompt router/,
  ],
  [
    'converse:feature',
    NOVA,
    { request: asking({ system: [{ text: 'a' }, { cachePoint: { type: 'default' } }] }) },
    /cache point on Nova/,
  ],
  ['converse:feature', NOVA, { request: asking({ outputSchema: SCHEMA }) }, /response schema/],
  ['converse:feature', CLAUDE, { request: asking({ promptVariables: { a: 'b' } }) }, /prompt_variables/],
  [
    'converse:feature',
    NOVA,
    { request: asking({ toolConfig: { tools: [] }, additionalModelResponseFieldPaths: ['/a'] }) },
    /additional_model_response_field_paths/,
  ],
  [
    'converse:reasoning',
    GPT_OSS,
    { request: asking({ reasoning: { effort: 'high' } }) },
    /mix the reasoning into the text/,
  ],
  ['converse:reasoning', R1, {}, /mix the reasoning/],
  ['converse:template', LLAMA, {}, /prompt template/],
  ['converse:template', MISTRAL_7B, {}, /prompt template/],
  [
    'converse:unknown-family',
    'arn:aws:bedrock:us-east-1:123456789012:imported-model/abcdefghijkl',
    {},
    /not known/,
  ],
  ['native:simple', CLAUDE, {}, /plain text call to Claude/],
  ['native:simple', GPT_OSS, {}, /plain text call to gpt-oss/],
  ['native:simple', CLAUDE, { request: asking({ reasoning: { effort: 'high' } }) }, /Claude/],
  ['native:simple', CLAUDE, { request: asking({ outputSchema: SCHEMA }) }, /Claude/],
  ['converse:default', NOVA, {}, /same form for all families/],
  ['converse:default', NOVA, { request: asking(beta('tool-search-tool-2025-10-19')) }, /same form/],
];

/** The row that decided, and what the caller reads. */
function decide(input: RouteInput): { rule: string; says: string; route?: Route } {
  try {
    const route = selectRoute(input);
    return { rule: route.rule, says: route.reason, route };
  } catch (error) {
    if (!(error instanceof BedrockError)) throw error;
    return { rule: 'refused', says: `${error.message} ${error.fix}` };
  }
}

describe('the route table', () => {
  it.each(CASES)('decides %s for %s', (rule, id, given, says) => {
    const found = decide(inputFor(id, given));
    expect(found.rule).toBe(rule.startsWith('refused:') ? 'refused' : rule);
    expect(found.says).toMatch(says);
    if (found.route !== undefined) {
      expect(found.says.startsWith(`${rule} — `)).toBe(true);
      expect(found.route.api).toBe(rule.split(':')[0]);
    }
  });

  it('has a case for every row', () => {
    const reached = new Set(CASES.map(([rule]) => rule));
    expect(ROUTE_RULES.filter((rule) => !reached.has(rule))).toEqual([]);
    expect([...reached].filter((rule) => !ROUTE_RULES.includes(rule))).toEqual([]);
  });

  it('refuses in one sentence each, free of the jargon of this code', () => {
    for (const [rule, id, given] of CASES) {
      if (!rule.startsWith('refused:')) continue;
      const { says } = decide(inputFor(id, given));
      expect(says).not.toMatch(/undefined|codec|\[object/);
      expect(says.length).toBeLessThan(500);
    }
  });

  it.each([
    ['claude', 'native'],
    ['gpt-oss', 'native'],
    ['nova', 'converse'],
    ['claude-legacy', 'converse'],
    ['titan-text', 'converse'],
    ['llama2', 'converse'],
    ['llama3', 'converse'],
    ['llama4', 'converse'],
    ['mistral', 'converse'],
    ['mistral-chat', 'converse'],
    ['command', 'converse'],
    ['command-r', 'converse'],
    ['jamba', 'converse'],
    ['jurassic-2', 'converse'],
    ['deepseek-r1', 'converse'],
    ['deepseek', 'converse'],
    ['gpt', 'converse'],
    ['qwen', 'converse'],
    ['kimi', 'converse'],
    ['minimax', 'converse'],
    ['glm', 'converse'],
    ['gemma', 'converse'],
    ['nemotron', 'converse'],
    ['palmyra', 'converse'],
    ['grok', 'converse'],
    ['pegasus', 'native'],
  ] as const)('plain text to %s goes %s, and with tools or images it goes to Converse', (family, api) => {
    const models = catalog.models.filter(
      (model) =>
        model.family === (family satisfies Family) &&
        model.kind === 'text' &&
        !(model.apis.converse === false && model.apis.invoke === false),
    );
    expect(models.length).toBeGreaterThan(0);
    for (const { id, apis } of models) {
      expect(selectRoute(inputFor(id)).api).toBe(api);
      if (apis.converse === false) continue;
      expect(selectRoute(inputFor(id, { request: asking(tools) })).api).toBe('converse');
      expect(selectRoute(inputFor(id, { request: asking(seeing) })).api).toBe('converse');
    }
  });

  it('calls a model with unknown APIs over Converse, and natively when asked', () => {
    expect(decide(inputFor('acme.brand-new-v1:0'))).toMatchObject({ rule: 'converse:unknown-family' });
    expect(decide(inputFor('acme.brand-new-v1:0', { override: 'native' }))).toMatchObject({
      rule: 'native:override',
    });
  });
});

describe('streaming', () => {
  const known = catalog.record(LLAMA);
  const { streamingTools: _, ...without } = known.features;

  it.each<[string, Given, boolean, RegExp]>([
    ['is the rule', {}, true, /^streamed — /],
    ['is left when the caller wants one whole answer', { stream: false }, false, /^buffered:asked — /],
    [
      'is left for a reason that was learned',
      { stream: false, wholeBecause: 'buffered:iam — the IAM policy refuses streaming for this model' },
      false,
      /^buffered:iam — /,
    ],
    [
      'is left where the API does not stream',
      { model: { apis: { converseStream: false } } },
      false,
      /^buffered:no-streaming — /,
    ],
    [
      'looks at the streaming of the API that was chosen',
      { override: 'native', model: { apis: { converseStream: false } } },
      true,
      /^streamed/,
    ],
    [
      'is left natively where InvokeModel does not stream',
      { override: 'native', model: { apis: { invokeStream: false } } },
      false,
      /^buffered:no-streaming — /,
    ],
    [
      'is left with tools that the model refuses in streaming mode',
      { request: asking(tools) },
      false,
      /^buffered:no-streaming-tools — /,
    ],
    [
      'is left with earlier tool calls as well',
      { request: asking(toolHistory) },
      false,
      /^buffered:no-streaming-tools — /,
    ],
    [
      'is tried with tools when nobody knows',
      { request: asking(tools), model: { features: without } },
      true,
      /^streamed/,
    ],
    ['is tried when nothing is known about the API', { model: { apis: {} } }, true, /^streamed/],
  ])('%s', (_, given, stream, says) => {
    const route = selectRoute(inputFor(LLAMA, given));
    expect(route.stream).toBe(stream);
    expect(route.streamReason).toMatch(says);
  });

  it('is left for a schema where the family answers it only whole', () => {
    const route = selectRoute(inputFor(CONVERSE_ONLY, { request: asking({ outputSchema: SCHEMA }) }));
    expect(route).toMatchObject({
      stream: false,
      streamReason: expect.stringMatching(/^buffered:structured-output — /),
    });
  });
});
