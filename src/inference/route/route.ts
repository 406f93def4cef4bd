/**
 * Converse or native InvokeModel, whole or streamed: a pure, ordered table. First match wins; every row says why.
 * The rows follow what the models serve (AWS "models and API compatibility" page, autumn 2026) and what only one
 * of the two APIs can carry. Nothing is sent from here.
 */
import { BedrockError } from '../../bedrock-error.ts';
import type { Family } from '../../catalog/types.ts';
import { APIS, isServed, isServedBy } from '../../messages/apis.ts';
import type { Api } from '../../messages/types.ts';
import { isChosen, mayUse, type RouteFacts, type RouteInput, routeFacts } from './request-features.ts';

export interface Route {
  readonly api: Api;
  /** Key of the row, such as `converse:tools`. */
  readonly rule: string;
  /** `converse:tools — ...`, shown to the caller. */
  readonly reason: string;
  readonly stream: boolean;
  readonly streamReason: string;
}

type Row = { readonly rule: string; readonly when: (facts: RouteFacts) => boolean } & (
  | { readonly go: Api; readonly because: (facts: RouteFacts) => string }
  | { readonly refuse: (facts: RouteFacts) => BedrockError }
);

/** Families whose plain text calls go native by default; their codecs are proven on recorded answers. */
const NATIVE_BY_DEFAULT: ReadonlySet<Family> = new Set<Family>(['claude', 'gpt-oss']);

/** Families whose native form is a prompt template that Converse fills in on the server. */
const TEMPLATED: ReadonlySet<Family> = new Set<Family>([
  'claude-legacy',
  'titan-text',
  'llama2',
  'llama3',
  'llama4',
  'mistral',
  'command',
  'jurassic-2',
  'deepseek-r1',
]);

const RULES: readonly Row[] = [
  {
    rule: 'refused:kind',
    when: (f) => f.model.kind !== 'text',
    refuse: (f) =>
      new BedrockError('unsupported_model', {
        message: `${f.requested} is ${f.model.kind === 'embedding' || f.model.kind === 'image' ? 'an' : 'a'} ${f.model.kind} model; it does not answer prompts.`,
        fix:
          f.model.kind === 'embedding'
            ? 'Use embed_text for embeddings.'
            : `No tool of this server calls ${f.model.kind} models yet. Choose a text model: list_models shows them.`,
        field: 'model',
      }),
  },
  {
    rule: 'refused:mantle',
    when: (f) => !isServed(f.model.apis),
    refuse: (f) =>
      new BedrockError('unsupported_model', {
        message: f.model.apis.mantle
          ? `${f.requested} is served only by Bedrock's OpenAI- and Anthropic-compatible endpoint (bedrock-mantle), not by Converse or InvokeModel.`
          : `${f.requested} is served neither by Converse nor by InvokeModel.`,
        fix: f.model.apis.mantle
          ? 'Call it through the bedrock-mantle endpoint with an OpenAI or Anthropic client, or choose a model of the same family that list_models shows with an API.'
          : 'Choose another model: list_models shows the ones that can be called.',
        field: 'model',
      }),
  },
  {
    rule: 'refused:converse-raw-body',
    when: (f) => f.request.rawBody !== undefined && isChosen('converse', f),
    refuse: () =>
      refuse(
        'api',
        "A native_body is the provider's own InvokeModel body; Converse cannot carry it.",
        'Drop api (or set api: native), or send messages in place of native_body.',
      ),
  },
  {
    rule: 'refused:no-converse',
    when: (f) => isChosen('converse', f) && !isServedBy('converse', f.model.apis),
    refuse: (f) => refuse('api', `${f.requested} has no Converse API.`, 'Use api: auto or api: native.'),
  },
  {
    rule: 'refused:no-native',
    when: (f) =>
      (isChosen('native', f) || f.request.rawBody !== undefined) && !isServedBy('native', f.model.apis),
    refuse: (f) =>
      refuse(
        'api',
        `${f.requested} has no InvokeModel API, only Converse.`,
        'Use api: auto or api: converse, without native_body.',
      ),
  },
  {
    rule: 'native:raw-body',
    when: (f) => f.request.rawBody !== undefined,
    go: 'native',
    because: () => "the caller supplied the provider's own request body",
  },
  {
    rule: 'refused:no-adapter',
    when: (f) => f.native === undefined && !mayUse('converse', f),
    refuse: (f) =>
      refuse(
        'api',
        `This server cannot write the native InvokeModel form of ${f.requested} (family ${f.family}).`,
        "Use api: auto, or send the provider's own body as options.native_body.",
      ),
  },
  {
    rule: 'refused:conflict',
    when: (f) => f.nativeOnly.length > 0 && f.converseOnly.length > 0,
    refuse: (f) =>
      refuse(
        undefined,
        `${f.nativeOnly[0]} needs InvokeModel, but ${f.converseOnly[0]} needs Converse.`,
        'Drop one of the two.',
      ),
  },
  {
    rule: 'refused:converse-cannot',
    when: (f) => f.nativeOnly.length > 0 && !mayUse('native', f),
    refuse: (f) =>
      refuse(
        isChosen('converse', f) ? 'api' : undefined,
        `${f.nativeOnly[0]} needs InvokeModel, which ${isChosen('converse', f) ? 'api: converse rules out' : `${f.requested} does not offer`}.`,
        `Drop ${f.nativeOnly[0]}${isChosen('converse', f) ? ', or use api: auto' : ', or choose a Claude model'}.`,
      ),
  },
  {
    rule: 'refused:native-cannot',
    when: (f) => f.converseOnly.length > 0 && !mayUse('converse', f),
    refuse: (f) =>
      refuse(
        isChosen('native', f) ? 'api' : undefined,
        `${f.converseOnly[0]} needs Converse, which ${isChosen('native', f) ? 'api: native rules out' : `${f.requested} does not offer`}.`,
        `Drop ${f.converseOnly[0]}${isChosen('native', f) ? ', or use api: auto' : ', or choose another model'}.`,
      ),
  },
  {
    rule: 'refused:native-tools',
    when: (f) => !mayUse('converse', f) && (f.hasTools || f.hasToolHistory) && f.native?.tools === false,
    refuse: (f) =>
      refuse(
        'tools',
        `The native InvokeModel form of ${f.requested} (family ${f.family}) cannot carry tools.`,
        !isServedBy('converse', f.model.apis) ? 'Choose a model with tool use.' : 'Use api: auto.',
      ),
  },
  {
    rule: 'native:override',
    when: (f) => isChosen('native', f),
    go: 'native',
    because: () => 'the caller asked for InvokeModel',
  },
  {
    rule: 'converse:override',
    when: (f) => isChosen('converse', f),
    go: 'converse',
    because: () => 'the caller asked for Converse',
  },
  {
    rule: 'converse:only-api',
    when: (f) => !isServedBy('native', f.model.apis),
    go: 'converse',
    because: (f) => `${f.model.id} is served by Converse only`,
  },
  {
    rule: 'native:only-api',
    when: (f) => !isServedBy('converse', f.model.apis),
    go: 'native',
    because: (f) => `${f.model.id} is served by InvokeModel only`,
  },
  {
    rule: 'native:feature',
    when: (f) => f.nativeOnly.length > 0,
    go: 'native',
    because: (f) => `${f.nativeOnly.join(', ')}: only InvokeModel carries it`,
  },
  {
    rule: 'native:tool-fields',
    when: (f) => f.betterNative.length > 0,
    go: 'native',
    because: (f) => `${f.betterNative.join(', ')}: Converse has no place for it`,
  },
  {
    rule: 'converse:tools',
    when: (f) => f.hasTools,
    go: 'converse',
    because: () => 'tool calling has one form for all families on Converse',
  },
  {
    rule: 'converse:tool-history',
    when: (f) => f.hasToolHistory,
    go: 'converse',
    because: () => 'the conversation holds tool calls, which have one form for all families on Converse',
  },
  {
    rule: 'converse:media',
    when: (f) => f.media.length > 0,
    go: 'converse',
    because: (f) => `${f.media.join(', ')} blocks have one form for all families on Converse`,
  },
  {
    rule: 'converse:feature',
    when: (f) => f.converseOnly.length > 0,
    go: 'converse',
    because: (f) => `${f.converseOnly.join(', ')}: only Converse carries it`,
  },
  {
    rule: 'converse:reasoning',
    when: (f) =>
      f.family !== 'claude' &&
      ((f.request.reasoning !== undefined && f.request.reasoning.effort !== 'off') ||
        (f.model.features.reasoning === 'always' && !NATIVE_BY_DEFAULT.has(f.family))),
    go: 'converse',
    because: () => 'native answers mix the reasoning into the text',
  },
  {
    rule: 'converse:template',
    when: (f) => TEMPLATED.has(f.family),
    go: 'converse',
    because: () => 'the family needs a prompt template, which Converse fills in on the server',
  },
  {
    rule: 'converse:unknown-family',
    when: (f) => f.family === 'unknown',
    go: 'converse',
    because: () => 'the model behind this name is not known, and Converse has the same form for all',
  },
  {
    rule: 'native:simple',
    when: (f) => NATIVE_BY_DEFAULT.has(f.family) && f.native !== undefined,
    go: 'native',
    because: (f) =>
      `plain text call to ${f.family === 'claude' ? 'Claude' : 'gpt-oss'}, whose own API gives the fullest answer`,
  },
  {
    rule: 'converse:default',
    when: () => true,
    go: 'converse',
    because: () => 'Converse has the same form for all families',
  },
];

/** The keys of all rows in order; README and the table test are checked against it. */
export const ROUTE_RULES: readonly string[] = RULES.map((row) => row.rule);

/**
 * Decides which API carries the call and whether it is streamed.
 * @throws BedrockError `unsupported_model` or `unsupported_feature` when no API can carry what was asked.
 */
export function selectRoute(input: RouteInput): Route {
  const facts = routeFacts(input);
  for (const row of RULES) {
    if (!row.when(facts)) continue;
    if ('refuse' in row) throw row.refuse(facts);
    const { stream, streamReason } = selectStreaming(facts, row.go);
    return {
      api: row.go,
      rule: row.rule,
      reason: `${row.rule} — ${row.because(facts)}`,
      stream,
      streamReason,
    };
  }
  throw new BedrockError('internal', {
    message: 'The route table has no last row.',
    fix: 'Report this as a bug.',
  });
}

interface StreamRow {
  readonly when: (facts: RouteFacts, api: Api) => boolean;
  /** Why the answer comes whole. */
  readonly whole: (facts: RouteFacts) => string;
}

/** Reasons for a whole answer. An unknown capability streams: a refusal is repeated whole and remembered. */
const WHOLE: readonly StreamRow[] = [
  {
    when: (f) => !f.stream,
    whole: (f) => f.wholeBecause ?? 'buffered:asked — the caller wants one whole answer',
  },
  {
    when: ({ model }, api) => model.apis[APIS[api].streamed] === false,
    whole: () => 'buffered:no-streaming — the model does not stream on this API',
  },
  {
    when: (f) => (f.hasTools || f.hasToolHistory) && f.model.features.streamingTools === false,
    whole: () => 'buffered:no-streaming-tools — the model refuses tools in streaming mode',
  },
  {
    // Model card of GPT-6.1 Sol.
    when: (f) => f.request.outputSchema !== undefined && f.family === 'gpt',
    whole: () => 'buffered:structured-output — this family gives structured output only in whole answers',
  },
];

function selectStreaming(facts: RouteFacts, api: Api): { stream: boolean; streamReason: string } {
  const row = WHOLE.find(({ when }) => when(facts, api));
  return row === undefined
    ? {
        stream: true,
        streamReason: 'streamed — progress, partial results and dead connections are seen at once',
      }
    : { stream: false, streamReason: row.whole(facts) };
}

function refuse(field: string | undefined, message: string, fix: string): BedrockError {
  return new BedrockError('unsupported_feature', { message, fix, ...(field === undefined ? {} : { field }) });
}
