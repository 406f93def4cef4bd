/** A refusal whose cure is known is paid for once: the call heals, says so, and the next one goes straight. */
import { describe, expect, it } from 'vitest';
import { json, refuse, WHOLE } from '../aws/loopback.ts';
import { answering } from './answering.ts';

const F = 'The model returned the following errors: ';
const CLAUDE_ANSWER = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  content: [{ type: 'text', text: 'Hello' }],
  stop_reason: 'end_turn',
  usage: { input_tokens: 3, output_tokens: 2 },
};
const HAIKU = 'anthropic.claude-haiku-4-5-20251001-v1:0';
const OPUS_5 = 'anthropic.claude-opus-5';
const GROK = 'xai.grok-4.6';
const TERRA = 'openai.gpt-5.6-terra';

interface Case {
  readonly model: string;
  readonly args: Record<string, unknown>;
  /** What AWS says as long as the body has `refused`. */
  readonly words: string;
  readonly refused: RegExp;
  /** What the healed body has. */
  readonly healed: RegExp;
  readonly told: RegExp;
  readonly apis?: readonly string[];
}

const CASES: Readonly<Record<string, Case>> = {
  'a deprecated top_p': {
    model: HAIKU,
    args: { top_p: 0.5 },
    words: '`top_p` is deprecated for this model.',
    refused: /top_?p/i,
    healed: /max_?tokens/i,
    told: /top_p/,
  },
  'a top_k that is an unknown parameter': {
    model: GROK,
    args: { top_k: 5 },
    words: `${F}Unknown parameter: 'top_k'.`,
    refused: /top_?k/i,
    healed: /max_?tokens/i,
    told: /top_k/,
    apis: ['converse'],
  },
  'a thinking budget where only adaptive thinking is taken': {
    model: HAIKU,
    args: { reasoning: 'low' },
    words: `${F}"thinking.type.enabled" is not supported for this model. Use "thinking.type.adaptive" and "output_config.effort" to control thinking behavior.`,
    refused: /"enabled"/,
    healed: /"thinking":\{"type":"adaptive","display":"summarized"\},"output_config":\{"effort":"low"\}/,
    told: /another form/,
  },
  'adaptive thinking where only a budget is taken': {
    model: OPUS_5,
    args: { reasoning: 'low' },
    words: `${F}adaptive thinking is not supported on this model`,
    refused: /"adaptive"/,
    healed: /"type":"enabled","budget_tokens":2048/,
    told: /another form/,
  },
  'thinking that cannot be disabled': {
    model: OPUS_5,
    args: { reasoning: 'off' },
    words: `${F}"thinking.type.disabled" is not supported for this model.`,
    refused: /"disabled"/,
    healed: /"output_config":\{"effort":"low"\}/,
    told: /low instead of off/,
  },
  'a reasoning that cannot be switched off': {
    model: TERRA,
    args: { reasoning: 'off' },
    words: `${F}{"error":{"code":"unsupported_value","message":"Unsupported value: 'none' is not supported with the 'gpt-5.6-terra' model. Supported values are: 'low', 'medium', and 'high'.","param":"reasoning.effort","type":"invalid_request_error"}}`,
    refused: /"none"/,
    healed: /"reasoning":\{"effort":"low"\}/,
    told: /effort was set to low/,
    apis: ['converse'],
  },
  'more tokens than the model writes': {
    model: GROK,
    args: { max_tokens: 90_000 },
    words:
      'The maximum tokens you requested exceeds the model limit of 8192. Try again with a maximum tokens value that is lower than 8192.',
    refused: /90000/,
    healed: /8192/,
    told: /max_tokens was lowered to 8192/,
    apis: ['converse'],
  },
};

describe.each(Object.entries(CASES))('%s', (_name, { model, args, words, refused, healed, told, apis }) => {
  it.each(apis ?? ['converse', 'native'])('is told and remembered over %s', async (api) => {
    const door = await answering((path, body, response) => {
      if (refused.test(body)) return refuse(response, 400, 'ValidationException', words);
      json(response, 200, path.endsWith('/converse') ? WHOLE : CLAUDE_ANSWER);
    }, whole);
    try {
      for (const requests of [2, 1]) {
        const { structured, sent } = await door.ask({ model, prompt: 'Hi', max_tokens: 5_000, ...args, api });
        expect(sent.length).toBe(requests);
        expect(JSON.stringify(sent.at(-1)?.body)).toMatch(healed);
        // From then on the call is simply written as the model takes it.
        if (requests === 2) expect(structured['receipt'].warnings.join(' ')).toMatch(told);
      }
    } finally {
      await door.close();
    }
  });
});

describe('an effort that the model has not', () => {
  it('is sent as the nearest one that AWS lists', async () => {
    const door = await answering((_path, body, response) => {
      if (!body.includes('"max"')) return json(response, 200, WHOLE);
      const said = `${F}Unsupported value: 'max' is not supported with the 'gpt-5.6-terra' model. Supported values are: 'none', 'low', 'medium', and 'high'.`;
      refuse(response, 400, 'ValidationException', said);
    }, whole);
    try {
      const { structured, sent } = await door.ask({ model: TERRA, prompt: 'Hi', reasoning: 'max' });
      expect(sent.at(-1)?.body['additionalModelRequestFields']).toEqual({ reasoning: { effort: 'high' } });
      expect(structured['receipt'].warnings.join(' ')).toContain('max was sent as high');
    } finally {
      await door.close();
    }
  });
});

/** Whole answers, which are easy to write. */
function whole(deps: Parameters<NonNullable<Parameters<typeof answering>[1]>>[0]) {
  return { ...deps, learned: { ...deps.learned, wholeBecause: () => 'buffered:test' } };
}
