/**
 * Families whose native body is one prompt text: Llama, early Mistral, Titan Text, Cohere Command, Jurassic-2,
 * Claude 2, DeepSeek R1. One row of data and two small functions per family.
 */
import type { Family } from '../../catalog/types.ts';
import type { JsonObject } from '../../json.ts';
import { type Answer, pieces, type StopReason } from '../answers/turn.ts';
import { extraKey, numberOf, objectOf, own, textOf, textsOf } from '../json-read.ts';
import { invalid, malformed } from '../refusal.ts';
import { type Chunk, type NativeCodec, type NativeContext, textOfAnswer } from './codec.ts';

interface Dialect {
  /** Member that holds the prompt. */
  readonly prompt: string;
  /** Member that holds the settings; the body itself when left out. */
  readonly settings?: string;
  readonly maxTokens: string;
  readonly required?: readonly string[];
  readonly stop?: string;
  readonly members: readonly string[];
  /** Tokens when the body names none. */
  readonly defaultMaxTokens: number;
  readonly check?: (prompt: string) => void;
  readonly whole: (answer: Answer, context: NativeContext) => JsonObject;
  /** One chunk; `text` is a piece of the answer, `last` marks the final one, `index` counts from 1. */
  readonly chunk?: (text: string, last: boolean, index: number, answer: Answer) => JsonObject;
}

const words =
  (names: Partial<Record<StopReason, string>>, otherwise: string) =>
  ({ stopReason }: Answer): string =>
    names[stopReason] ?? otherwise;

const stopOrLength = words({ max_tokens: 'length' }, 'stop');
const titanReason = words(
  { max_tokens: 'LENGTH', stop_sequence: 'STOP_CRITERIA_MET', content_filtered: 'CONTENT_FILTERED' },
  'FINISH',
);
const commandReason = words({ max_tokens: 'MAX_TOKENS', content_filtered: 'ERROR_TOXIC' }, 'COMPLETE');

/** R1 was asked with `<think>\n` at the end, so its text goes on inside the thought. */
const withThought = (answer: Answer): string =>
  answer.reasoning === undefined
    ? textOfAnswer(answer)
    : `${answer.reasoning}\n</think>\n\n${textOfAnswer(answer)}`;

const llama: Dialect = {
  prompt: 'prompt',
  maxTokens: 'max_gen_len',
  members: ['prompt', 'max_gen_len', 'temperature', 'top_p', 'images'],
  defaultMaxTokens: 512,
  whole: (answer) => ({
    generation: textOfAnswer(answer),
    prompt_token_count: answer.usage.inputTokens,
    generation_token_count: answer.usage.outputTokens,
    stop_reason: stopOrLength(answer),
  }),
  chunk: (generation, last, index, answer) => ({
    generation,
    prompt_token_count: index === 1 ? answer.usage.inputTokens : null,
    generation_token_count: last ? answer.usage.outputTokens : index,
    stop_reason: last ? stopOrLength(answer) : null,
  }),
};

const mistral: Dialect = {
  prompt: 'prompt',
  maxTokens: 'max_tokens',
  stop: 'stop',
  members: ['prompt', 'max_tokens', 'temperature', 'top_p', 'top_k', 'stop'],
  defaultMaxTokens: 512,
  whole: (answer) => ({ outputs: [{ text: textOfAnswer(answer), stop_reason: stopOrLength(answer) }] }),
  chunk: (text, last, _index, answer) => ({
    outputs: [{ text, stop_reason: last ? stopOrLength(answer) : null }],
  }),
};

const titan: Dialect = {
  prompt: 'inputText',
  settings: 'textGenerationConfig',
  maxTokens: 'maxTokenCount',
  stop: 'stopSequences',
  members: ['inputText', 'textGenerationConfig'],
  defaultMaxTokens: 128,
  whole: (answer) => ({
    inputTextTokenCount: answer.usage.inputTokens,
    results: [
      {
        tokenCount: answer.usage.outputTokens,
        outputText: textOfAnswer(answer),
        completionReason: titanReason(answer),
      },
    ],
  }),
  chunk: (outputText, last, _index, answer) => ({
    outputText,
    index: 0,
    totalOutputTextTokenCount: last ? answer.usage.outputTokens : null,
    completionReason: last ? titanReason(answer) : null,
    inputTextTokenCount: last ? answer.usage.inputTokens : null,
  }),
};

const command: Dialect = {
  prompt: 'prompt',
  maxTokens: 'max_tokens',
  stop: 'stop_sequences',
  members: [
    'prompt',
    'max_tokens',
    'temperature',
    'p',
    'k',
    'stop_sequences',
    'return_likelihoods',
    'stream',
    'num_generations',
    'logit_bias',
    'truncate',
  ],
  defaultMaxTokens: 200,
  whole: (answer, { body, id }) => ({
    id,
    generations: [{ id, text: textOfAnswer(answer), finish_reason: commandReason(answer) }],
    prompt: textOf(body['prompt']),
  }),
  chunk: (text, last, _index, answer) => ({
    index: 0,
    is_finished: last,
    ...(last ? { finish_reason: commandReason(answer) } : { text }),
  }),
};

/** Recorded: every token with its probability and its place; here all of the text is one. */
const jurassicTokens = (token: string): JsonObject[] => [
  {
    generatedToken: { token, logprob: -0.1, raw_logprob: -0.1 },
    topTokens: null,
    textRange: { start: 0, end: token.length },
  },
];

const jurassic: Dialect = {
  prompt: 'prompt',
  maxTokens: 'maxTokens',
  stop: 'stopSequences',
  members: [
    'prompt',
    'maxTokens',
    'minTokens',
    'temperature',
    'topP',
    'topKReturn',
    'numResults',
    'stopSequences',
    'countPenalty',
    'presencePenalty',
    'frequencyPenalty',
  ],
  defaultMaxTokens: 200,
  whole: (answer, { body }) => ({
    id: 1234,
    prompt: { text: textOf(body['prompt']), tokens: jurassicTokens(textOf(body['prompt'])) },
    completions: [
      {
        data: { text: textOfAnswer(answer), tokens: jurassicTokens(textOfAnswer(answer)) },
        finishReason: {
          reason: words({ max_tokens: 'length', stop_sequence: 'stop' }, 'endoftext')(answer),
          ...(answer.stopReason === 'max_tokens' ? { length: answer.usage.outputTokens } : {}),
        },
      },
    ],
  }),
};

const claudeLegacy: Dialect = {
  prompt: 'prompt',
  maxTokens: 'max_tokens_to_sample',
  required: ['max_tokens_to_sample'],
  stop: 'stop_sequences',
  members: [
    'prompt',
    'max_tokens_to_sample',
    'temperature',
    'top_p',
    'top_k',
    'stop_sequences',
    'anthropic_version',
  ],
  defaultMaxTokens: 200,
  check(prompt) {
    if (!prompt.includes('\n\nHuman:')) {
      throw invalid(
        'Invalid prompt: prompt must start with "\n\nHuman:" turn after an optional system prompt',
      );
    }
    if (!prompt.trimEnd().includes('\n\nAssistant:')) {
      throw invalid('Invalid prompt: prompt must end with "\n\nAssistant:" turn');
    }
  },
  whole: (answer) => ({
    type: 'completion',
    completion: textOfAnswer(answer),
    ...legacyStop(answer),
  }),
  chunk: (completion, last, _index, answer) => ({
    type: 'completion',
    completion,
    ...(last ? legacyStop(answer) : { stop_reason: null, stop: null }),
  }),
};

function legacyStop({ stopReason, stopSequence }: Answer): JsonObject {
  if (stopReason === 'max_tokens') return { stop_reason: 'max_tokens', stop: null };
  return { stop_reason: 'stop_sequence', stop: stopSequence ?? '\n\nHuman:' };
}

const deepseekR1: Dialect = {
  prompt: 'prompt',
  maxTokens: 'max_tokens',
  stop: 'stop',
  members: ['prompt', 'max_tokens', 'temperature', 'top_p', 'stop'],
  defaultMaxTokens: 512,
  whole: (answer) => ({ choices: [{ text: withThought(answer), stop_reason: stopOrLength(answer) }] }),
  chunk: (text, last, _index, answer) => ({
    choices: [{ text, stop_reason: last ? stopOrLength(answer) : null }],
  }),
};

const DIALECTS: ReadonlyMap<Family, Dialect> = new Map<Family, Dialect>([
  ['llama2', llama],
  ['llama3', llama],
  ['llama4', llama],
  ['mistral', mistral],
  ['titan-text', titan],
  ['command', command],
  ['jurassic-2', jurassic],
  ['claude-legacy', claudeLegacy],
  ['deepseek-r1', deepseekR1],
]);

/** Where the user's last words start and end in each prompt template. */
const USER_MARKS = [
  ['<|start_header_id|>user<|end_header_id|>', '<|eot_id|>'],
  ['<|header_start|>user<|header_end|>', '<|eot|>'],
  ['<\uff5cUser\uff5c>', '<\uff5cAssistant\uff5c>'],
  ['[INST]', '[/INST]'],
  ['\n\nHuman:', '\n\nAssistant:'],
  ['User:', 'Bot:'],
] as const;

/** The user's last words in a templated prompt, or the whole prompt. */
export function lastUserWords(prompt: string): string {
  for (const [start, end] of USER_MARKS) {
    const at = prompt.lastIndexOf(start);
    if (at < 0) continue;
    const from = at + start.length;
    const to = prompt.indexOf(end, from);
    return prompt.slice(from, to < 0 ? undefined : to).trim();
  }
  return prompt;
}

function dialectOf({ model }: NativeContext): Dialect {
  return DIALECTS.get(model.family) ?? mistral;
}

function streamText(answer: Answer, { model }: NativeContext): string {
  return model.family === 'deepseek-r1' ? withThought(answer) : textOfAnswer(answer);
}

export const promptModels: NativeCodec = {
  read(context) {
    const { body, model } = context;
    const dialect = dialectOf(context);
    const extra = extraKey(body, dialect.members);
    if (extra !== undefined) throw malformed(`#: extraneous key [${extra}] is not permitted`);
    for (const key of [dialect.prompt, ...(dialect.required ?? [])]) {
      if (own(body, key) === undefined) throw malformed(`#: required key [${key}] not found`);
    }
    const prompt = body[dialect.prompt];
    if (typeof prompt !== 'string') throw malformed(`#/${dialect.prompt}: expected type: String`);
    if (prompt.trim() === '') throw malformed(`#/${dialect.prompt}: expected minLength: 1, actual: 0`);
    dialect.check?.(prompt);
    const settings = dialect.settings === undefined ? body : objectOf(body[dialect.settings]);
    const maxTokens = numberOf(settings[dialect.maxTokens]) ?? dialect.defaultMaxTokens;
    if (maxTokens < 1) throw malformed(`#/${dialect.maxTokens}: ${maxTokens} is not greater or equal to 1`);
    const spoken = lastUserWords(prompt);
    const at = prompt.lastIndexOf(spoken);
    return {
      // The template around the last words: instructions and earlier turns.
      system: prompt.slice(0, at) + prompt.slice(at + spoken.length),
      messages: [{ role: 'user', blocks: [{ kind: 'text', text: spoken }] }],
      tools: [],
      toolChoice: 'auto',
      maxTokens,
      stopSequences: dialect.stop === undefined ? [] : textsOf(settings[dialect.stop]),
      reasoning: model.family === 'deepseek-r1',
    };
  },

  whole: (answer, context) => dialectOf(context).whole(answer, context),

  *chunks(answer, context) {
    const dialect = dialectOf(context);
    const { body } = context;
    const { chunk } = dialect;
    // Recorded: without `stream: true`, Cohere Command sends the whole answer as one chunk.
    if (!chunk || (context.model.family === 'command' && body['stream'] !== true)) {
      yield { payload: dialect.whole(answer, context), delta: true, end: true };
      return;
    }
    let index = 0;
    for (const text of pieces(streamText(answer, context))) {
      index += 1;
      const piece: Chunk = { payload: chunk(text, false, index, answer), delta: true };
      yield piece;
    }
    yield { payload: chunk('', true, index + 1, answer), end: true };
  },
};
