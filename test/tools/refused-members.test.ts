/**
 * Members that Bedrock refuses, though nobody knew: left out or written otherwise, told, and remembered, so that the
 * second call is one request. What cannot be left out is an error that names the caller's argument.
 */
import { describe, expect, it } from 'vitest';
import type { ModelFeatures } from '../../src/catalog/types.ts';
import { json, refuse, WHOLE } from '../aws/loopback.ts';
import { answering } from './answering.ts';

const CLAUDE = 'anthropic.claude-haiku-4-5-20251001-v1:0';
const GPT = 'openai.gpt-5.6-sol';
const NOVA = 'amazon.nova-lite-v1:0';
const F = 'The model returned the following errors: ';
/** Also an answer in the shape that one case asks for. */
const TEXT = '{"value":"Hello"}';
const CONVERSE = { ...WHOLE, output: { message: { role: 'assistant', content: [{ text: TEXT }] } } };
const NATIVE = {
  type: 'message',
  role: 'assistant',
  content: [{ type: 'text', text: TEXT }],
  stop_reason: 'end_turn',
  usage: { input_tokens: 3, output_tokens: 2 },
};

interface Case {
  readonly name: string;
  readonly api: 'converse' | 'native';
  readonly model: string;
  readonly args: Record<string, unknown>;
  /** What stands in the body that is refused. */
  readonly refuses: RegExp;
  readonly words: string;
  readonly told: RegExp;
  /** Facts that the product does not have yet. */
  readonly unknown?: readonly (keyof ModelFeatures)[];
  /** 2 where the refusal hangs on the request, so that nothing is remembered. */
  readonly second?: 2;
}

const field = (name: string) => `This model doesn't support the ${name} field. Remove ${name} and try again.`;
const options = (given: Record<string, unknown>) => ({ options: given });
const tool = { name: 'look', input_schema: { type: 'object', properties: {} } };
const cached = [
  {
    role: 'user',
    content: [{ type: 'text', text: 'Hi' }, { cachePoint: { type: 'default', ttl: '1h' } }],
  },
];

const CASES: readonly Case[] = [
  ...(['converse', 'native'] as const).flatMap((api): Case[] => [
    {
      name: 'temperature',
      api,
      model: CLAUDE,
      args: { temperature: 0.5 },
      refuses: /"temperature"/,
      words: `${F}\`temperature\` is deprecated for this model.`,
      told: /temperature.* left out, because the model refuses/,
    },
    {
      name: 'temperature while thinking',
      api,
      model: CLAUDE,
      args: { temperature: 0.5 },
      refuses: /"temperature"/,
      words: '`temperature` may only be set to 1 when thinking is enabled.',
      told: /temperature was left out/,
      second: 2,
    },
    {
      name: 'top_p beside temperature',
      api,
      model: CLAUDE,
      args: { temperature: 0.5, top_p: 0.5 },
      refuses: /"(?:topP|top_p)"/,
      words: '`temperature` and `top_p` cannot both be specified for this model. Please use only one.',
      told: /top_p was left out/,
      unknown: ['sampling'],
    },
    {
      name: 'top_p',
      api,
      model: CLAUDE,
      args: { top_p: 0.5 },
      refuses: /"(?:topP|top_p)"/,
      words: `${F}\`top_p\` is deprecated for this model.`,
      told: /top_p was left out/,
    },
    {
      name: 'top_k',
      api,
      model: CLAUDE,
      args: { top_k: 5 },
      refuses: /"top_k"/,
      words:
        'Malformed input request: extraneous key [top_k] is not permitted, please reformat your input and try again.',
      told: /top_k was left out/,
    },
    {
      name: 'a field of the caller that is like sampling',
      api,
      model: CLAUDE,
      args: options({ additional_model_request_fields: { min_p: 0.1 } }),
      refuses: /"min_p"/,
      words: `${F}min_p: Extra inputs are not permitted`,
      told: /options\.additional_model_request_fields\.min_p was left out/,
    },
    {
      name: 'stop sequences',
      api,
      model: CLAUDE,
      args: { stop_sequences: ['END'] },
      refuses: /"(?:stopSequences|stop_sequences)"/,
      words: field('stopSequences'),
      told: /stop_sequences/,
    },
    {
      name: 'a beta',
      api,
      model: CLAUDE,
      args: options({ anthropic_beta: ['some-beta-2026-01-01'] }),
      refuses: /some-beta/,
      words: `${F}invalid beta flag`,
      told: /beta.*some-beta-2026-01-01/,
    },
    {
      name: 'a beta of two, by its name',
      api,
      model: CLAUDE,
      args: options({ anthropic_beta: ['some-beta-2026-01-01', 'effort-2025-11-24'] }),
      refuses: /some-beta|^(?!.*effort-2025)/s,
      words: `${api === 'converse' ? F : ''}Unexpected value(s) \`some-beta-2026-01-01\` for the \`anthropic-beta\` header. Please consult our documentation or try again without the header.`,
      told: /some-beta-2026-01-01(?!, effort)/,
    },
    {
      name: 'cache points in a wrong place',
      api,
      model: CLAUDE,
      args: { messages: cached },
      refuses: /cachePoint|cache_control/,
      words: `${F}Invalid CachePoint placement`,
      told: /Cache points/,
      second: 2,
    },
    {
      name: 'reasoning',
      api,
      model: CLAUDE,
      args: { reasoning: 'low' },
      refuses: /"thinking"/,
      words: `${F}thinking: Extra inputs are not permitted`,
      told: /reasoning was left out, because the model refuses it/,
    },
    {
      name: 'a budget of thinking',
      api,
      model: CLAUDE,
      args: { reasoning: 'low' },
      refuses: /"enabled"/,
      words: `${F}"thinking.type.enabled" is not supported for this model. Use "thinking.type.adaptive" and "output_config.effort" to control thinking behavior.`,
      told: /^$|in another form/,
    },
    {
      name: 'adaptive thinking',
      api,
      model: 'anthropic.claude-opus-4-6-v1',
      args: { reasoning: 'low' },
      refuses: /"adaptive"/,
      words: `${F}thinking: Input tag 'adaptive' found using 'type' does not match any of the expected tags: 'disabled', 'enabled'`,
      told: /^$|in another form/,
    },
    {
      name: 'a forced tool',
      api,
      model: CLAUDE,
      args: { tools: [tool], tool_choice: 'any' },
      refuses: /"any"/,
      words: `${F}tool_choice: type "tool" and "any" are not supported for this model.`,
      told: /was changed to auto/,
    },
    {
      name: 'strict',
      api,
      model: CLAUDE,
      args: { tools: [{ ...tool, strict: true }] },
      refuses: /"strict"/,
      words: `${F}tools.0.custom.strict: Extra inputs are not permitted`,
      told: /strict was left out|strict/,
    },
    {
      name: 'cache points',
      api,
      model: CLAUDE,
      args: { messages: cached },
      refuses: /cachePoint|cache_control/,
      words: field('cachePoint'),
      told: /Cache points/,
    },
    {
      name: 'cache points on nothing',
      api,
      model: CLAUDE,
      args: { messages: cached },
      refuses: /cachePoint|cache_control/,
      words: 'There is nothing available to cache. Please remove the invalid cache point and try again.',
      told: /Cache points/,
      second: 2,
    },
    {
      name: 'a cache lifetime',
      api,
      model: CLAUDE,
      args: { messages: cached },
      refuses: /"ttl"/,
      words: 'messages.0.content.0.text.cache_control.ephemeral.ttl: Extra inputs are not permitted',
      told: /lifetime/,
    },
    {
      name: 'structured output',
      api,
      model: CLAUDE,
      args: { response_schema: { type: 'string' } },
      refuses: /outputConfig|output_config/,
      words: `${F}output_config.format: Extra inputs are not permitted`,
      told: /^$|JSON shape/,
    },
  ]),
  {
    name: 'a member of a tool',
    api: 'native',
    model: CLAUDE,
    args: { tools: [{ ...tool, input_examples: [{}] }] },
    refuses: /"input_examples"/,
    words: 'tools.0.custom.input_examples: Extra inputs are not permitted',
    told: /input_examples was left out/,
  },
  {
    name: 'the beta of a member of a tool',
    api: 'native',
    model: CLAUDE,
    args: { tools: [{ ...tool, input_examples: [{}] }] },
    refuses: /"anthropic_beta"/,
    words: 'invalid beta flag',
    told: /input_examples|tool-examples/,
  },
  {
    name: 'the flat effort',
    api: 'converse',
    model: 'openai.gpt-oss-120b-1:0',
    args: { reasoning: 'low' },
    refuses: /"reasoning_effort"/,
    words: `${F}{"error":{"code":"unknown_parameter","message":"Unknown parameter: 'reasoning_effort'.","param":"reasoning_effort"}}`,
    told: /^$|in another form/,
  },
  {
    name: 'no reasoning at all',
    api: 'converse',
    model: GPT,
    args: { reasoning: 'off' },
    refuses: /"none"/,
    words: `${F}{"error":{"code":"unsupported_value","message":"Unsupported value: 'none' is not supported with the 'gpt-5.6-sol' model.","param":"reasoning.effort"}}`,
    told: /cannot be told not to reason|in another form/,
  },
  {
    name: 'a system text',
    api: 'converse',
    model: NOVA,
    args: { system: 'Be brief.' },
    refuses: /"system"/,
    words:
      "This model doesn't support system messages. Try again without a system message or use a model that supports system messages.",
    told: /system text/,
  },
  {
    name: 'a latency',
    api: 'converse',
    model: NOVA,
    args: options({ latency: 'optimized' }),
    refuses: /"performanceConfig"/,
    words: `Latency performance configuration is not supported for ${NOVA} in us-east-1`,
    told: /options\.latency was left out.*standard latency/,
  },
  {
    name: 'paths of the answer',
    api: 'converse',
    model: NOVA,
    args: options({ additional_model_response_field_paths: ['/x'] }),
    refuses: /"additionalModelResponseFieldPaths"/,
    words: field('additionalModelResponseFieldPaths'),
    told: /options\.additional_model_response_field_paths was left out/,
  },
  {
    name: 'the path under which Claude tells the stop sequence that it met',
    api: 'converse',
    model: CLAUDE,
    args: { stop_sequences: ['END'] },
    refuses: /"additionalModelResponseFieldPaths"/,
    words: field('additionalModelResponseFieldPaths'),
    told: /^$|which stop sequence was met/,
  },
  {
    name: 'citations',
    api: 'converse',
    model: CLAUDE,
    args: {
      messages: [
        {
          role: 'user',
          content: [
            { text: 'Sum up.' },
            {
              document: {
                format: 'txt',
                name: 'plan',
                source: { text: 'A plan.' },
                citations: { enabled: true },
              },
            },
          ],
        },
      ],
    },
    refuses: /"citations"/,
    words: "This model doesn't support citations.",
    told: /itations were left out/,
  },
  {
    name: 'the status of a tool result',
    api: 'converse',
    model: NOVA,
    args: {
      tools: [tool],
      messages: [
        { role: 'user', content: 'Hi' },
        { role: 'assistant', content: [{ toolUse: { toolUseId: 'a', name: 'look', input: {} } }] },
        {
          role: 'user',
          content: [{ toolResult: { toolUseId: 'a', content: [{ text: 'x' }], status: 'error' } }],
        },
      ],
    },
    refuses: /"status"/,
    words: field('status'),
    told: /status of tool results/,
  },
  {
    name: 'cache points beside optimized latency',
    api: 'converse',
    model: CLAUDE,
    args: { messages: cached, options: { latency: 'optimized' } },
    refuses: /"cachePoint"/,
    words: `${F}messages.0.content.1.cache_control: Extra inputs are not permitted`,
    told: /Cache points/,
    second: 2,
  },
];

/** A door to a Bedrock that refuses what matches, in these words. */
async function refusing(refuses: RegExp, words: string, unknown: readonly (keyof ModelFeatures)[] = []) {
  return answering(
    (path, body, response) => {
      if (refuses.test(body)) return refuse(response, 400, 'ValidationException', words);
      return json(response, 200, path.endsWith('/converse') ? CONVERSE : NATIVE);
    },
    (deps) => ({
      ...deps,
      catalog: {
        ...deps.catalog,
        record: (id) => {
          const known = deps.catalog.record(id);
          const kept = Object.entries(known.features).filter(
            ([name]) => !unknown.some((feature) => feature === name),
          );
          return { ...known, features: Object.fromEntries(kept) };
        },
      },
      learned: { ...deps.learned, wholeBecause: () => 'buffered:test' },
    }),
  );
}

const asked = ({ model, api, args }: Pick<Case, 'model' | 'api' | 'args'>) => {
  const { options: given = {}, ...rest } = args;
  return {
    model,
    ...('messages' in rest ? {} : { prompt: 'Hi' }),
    ...rest,
    options: { api, ...(typeof given === 'object' ? given : {}) },
  };
};

describe('a member that the model refuses', () => {
  it.each(CASES.map((row) => [row.api, row.name, row] as const))(
    'is healed over %s, told, and remembered: %s',
    async (_api, _name, row) => {
      const door = await refusing(row.refuses, row.words, row.unknown);
      try {
        const first = await door.ask(asked(row));
        expect(first.sent.map(({ body }) => row.refuses.test(JSON.stringify(body)))).toEqual([true, false]);
        expect(JSON.stringify(first.structured['receipt'])).toMatch(row.told);
        const second = await door.ask(asked(row));
        expect(second.sent).toHaveLength(row.second ?? 1);
        expect(JSON.stringify(second.structured['receipt'])).toMatch(
          row.told.source.startsWith('^$') ? /./ : row.told,
        );
      } finally {
        await door.close();
      }
    },
  );
});

const KEPT: readonly (readonly [string, Record<string, unknown>, RegExp, string, string])[] = [
  [
    'what the caller wrote in the provider\u2019s words',
    options({ additional_model_request_fields: { safety: 1 } }),
    /"safety"/,
    `${F}safety: Extra inputs are not permitted`,
    'options.additional_model_request_fields.safety',
  ],
  [
    'a beta in the provider\u2019s words',
    options({ additional_model_request_fields: { anthropic_beta: ['x'] } }),
    /"anthropic_beta"/,
    'invalid beta flag',
    'options.additional_model_request_fields.anthropic_beta',
  ],
  [
    'metadata for the bill',
    options({ request_metadata: { team: 'a' } }),
    /./,
    field('requestMetadata'),
    'options.request_metadata',
  ],
  ['tools', { tools: [tool] }, /./, "This model doesn't support tool use.", 'tools'],
];

describe('a refused member that must not be left out', () => {
  it.each(KEPT.flatMap((row) => (['converse', 'native'] as const).map((api) => [api, ...row] as const)))(
    'is an error over %s after one request: %s',
    async (api, _name, args, refuses, words, name) => {
      const door = await refusing(refuses, words);
      try {
        const failed = await door.ask(asked({ model: CLAUDE, api, args })).then(
          () => undefined,
          (error: unknown) => error,
        );
        expect(failed).toMatchObject({ code: 'unsupported_feature', field: name });
      } finally {
        await door.close();
      }
    },
  );

  it('a property of a tool that is called like a parameter changes nothing else', async () => {
    const words = `${F}tools.0.custom: For 'number' type of property temperature, 'maximum' is not supported`;
    const door = await refusing(/"tools"/, words);
    try {
      const given = asked({ model: CLAUDE, api: 'converse', args: { tools: [tool], temperature: 0.5 } });
      await expect(door.ask(given)).rejects.toMatchObject({ code: 'rejected_request', field: 'tools[0]' });
    } finally {
      await door.close();
    }
  });
});
