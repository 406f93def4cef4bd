import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import { BedrockError } from '../bedrock-error.ts';
import type { CallContext } from '../calls/call-context.ts';
import { callRegion } from '../calls/call-region.ts';
import { createLiveText } from '../calls/detached/streamed-text.ts';
import { planReceipt, withNotes } from '../calls/receipt.ts';
import type { Services } from '../calls/services.ts';
import { askForShape, readResponseSchema } from '../calls/structured/ask-for-json.ts';
import { type InferenceCall, planInference } from '../inference/send/plan-call.ts';
import { API_NAMES } from '../messages/apis.ts';
import type { InferenceRequest } from '../messages/types.ts';
import { defineTool, publishedAs, publishedObject } from './definition/define.ts';
import type { Tell } from './input/fields.ts';
import { errorInOwnCount, receiptInOwnCount } from './input/message-numbers.ts';
import { type CallOptions, readOptions } from './input/options.ts';
import { unwrapSchema } from './input/response-format.ts';
import { readSystem } from './input/system.ts';
import { openTurn, type ThreadTurnInProgress } from './input/thread-turn.ts';
import { readToolChoice, readTools } from './input/tool-definitions.ts';
import { LONGEST_TEXT, readTurn, type TurnRead, turnInput } from './input/turn.ts';
import { charactersOf, waitFields, waitOf } from './input/wait.ts';
import { answerOutput, shapeAnswer } from './output/answer.ts';
import { deliver } from './output/deliver.ts';

/** Tokens. Leaving the limit out reserves the model's whole maximum from the account's quota (AWS: how tokens are counted). */
export const DEFAULT_MAX_TOKENS = 8_192;
const NO_OPTIONS: CallOptions = { request: {} };

const STRING = { type: 'string' };
const SCHEMA = { type: 'object', properties: { type: STRING } };
const CONTENT = {
  anyOf: [STRING, { type: 'array', items: { type: 'object', properties: { text: STRING } } }],
};
const anyObject = z.record(z.string(), z.unknown());

const input = z.strictObject({
  model: z.string().min(1).max(2048).optional().describe('Alias (claude-haiku-4-5, nova-lite), ID or ARN'),
  prompt: turnInput.prompt,
  messages: z
    .array(publishedObject(anyObject, { role: STRING, content: CONTENT }))
    .min(1)
    .max(2_000)
    .optional()
    .describe(
      'Or a conversation, in Converse blocks. After tool_calls append the answer as {role: assistant, ...} (not in a thread), then {role: user, content:[{toolResult:{toolUseId, content:[{text}]}}]}',
    ),
  thread_id: z.string().min(1).max(64).optional().describe('new, or the ID of a kept conversation'),
  files: turnInput.files.describe('Paths or data: URIs'),
  // Blocks ([{type: "text", text, cache_control}]) are taken too.
  system: publishedAs(z.union([z.string().max(LONGEST_TEXT), z.array(z.unknown()).max(1_000)]), {
    type: 'string',
  })
    .optional()
    .describe('System prompt'),
  max_tokens: z.int().min(1).max(1_000_000).optional().describe(`Default ${DEFAULT_MAX_TOKENS}`),
  temperature: z.number().min(0).max(2).optional(),
  top_p: z.number().min(0).max(1).optional(),
  top_k: z.int().min(0).max(500).optional(),
  stop_sequences: z.array(z.string().min(1)).max(100).optional(),
  tools: z
    .array(publishedObject(anyObject, { name: STRING, description: STRING, input_schema: SCHEMA }))
    .max(500)
    .optional()
    .describe('To offer it'),
  tool_choice: z.string().min(1).max(64).optional(),
  response_schema: publishedAs(anyObject, SCHEMA).optional().describe('JSON Schema for the answer'),
  reasoning: z.enum(['off', 'low', 'medium', 'high', 'max']).optional().describe('Effort'),
  cache: z.union([z.boolean(), z.enum(['5m', '1h'])]).optional(),
  api: z.enum(['auto', ...API_NAMES]).optional(),
  region: z.string().max(30).optional(),
  timeout_ms: z.int().min(100).max(86_400_000).optional(),
  ...waitFields,
  dry_run: z.boolean().optional().describe('Route and cost, nothing sent'),
  options: publishedObject(anyObject, { temperature: { type: 'number' } })
    .optional()
    .describe(
      'api (converse, native), tool_choice (auto, any, none, a name), cache (true, 5m, 1h), top_p, top_k, stop_sequences, wait_seconds, timeout_ms, max_output_chars, region, service_tier, guardrail {id, version}, request_metadata, additional_model_request_fields, native_body',
    ),
});

const RARE = [
  'temperature',
  'top_p',
  'top_k',
  'stop_sequences',
  'tool_choice',
  'cache',
  'api',
  'region',
  'timeout_ms',
  'wait_seconds',
  'max_output_chars',
] as const;

const output = z.object({
  status: z.string().optional(),
  call_id: z.string().optional(),
  running_seconds: z.int().optional(),
  next: z.string().optional(),
  ...answerOutput,
  note: z.string().optional(),
  dry_run: z.record(z.string(), z.unknown()).optional(),
});

type Input = z.output<typeof input>;

export const invokeModel = defineTool({
  name: 'invoke_model',
  title: 'Invoke a Bedrock model',
  description:
    'Ask any Amazon Bedrock text model, with tools, images and files. For delegation and second opinions. Costs money.',
  input,
  output,
  sets: ['core'],
  rare: RARE,
  longAnswer: true,
  // It changes nothing in the caller's world, but it spends money: hosts ask before tools that are not read-only.
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: true },
  run: async (args, context) => {
    const { services } = context;
    const callId = randomUUID();
    const options = args.options === undefined ? NO_OPTIONS : readOptions(args.options, new Set(RARE));
    const told: string[] = [];
    const tell = (sentence: string) => told.push(sentence);
    const shape =
      args.response_schema === undefined
        ? undefined
        : await readResponseSchema(unwrapSchema(args.response_schema, tell));
    if (args.thread_id !== undefined && options.request.rawBody !== undefined) throw twoConversations();
    const thread =
      args.thread_id === undefined ? undefined : await openTurn(args.thread_id, callId, services);
    const kept = thread?.before.length ?? 0;
    const inOwnCount = (error: unknown) => {
      throw errorInOwnCount(error, kept);
    };
    const read = async (signal: AbortSignal) => {
      const begun = performance.now();
      const turn = await readGiven(args, options, services, signal);
      const call = await readCall(args, turn, options.request, thread, { services, signal, tell });
      // What reading takes is gone from the call's time.
      const deadline = begun + call.timeoutMs;
      const request =
        shape === undefined ? call.request : { ...call.request, outputSchema: shape.outputSchema };
      return { notes: [...told, ...turn.notes], given: call.request, call: { ...call, deadline, request } };
    };
    try {
      // Files may be slow to come, so then the reading is part of the call that is waited for.
      const early =
        args.files === undefined || args.dry_run === true ? await read(context.signal) : undefined;
      if (args.dry_run === true && early !== undefined) {
        thread?.release();
        return await dryRun(callId, early, services).catch(inOwnCount);
      }

      const calls = services.calls();
      const live = createLiveText((update) => calls.report(callId, update));
      const state = await calls.run(
        {
          callId,
          tool: 'invoke_model',
          model: args.model ?? services.defaultModel,
          waitMs: waitOf(args),
          timeoutMs: args.timeout_ms ?? services.config.timeout,
          // A repair round writes a second answer behind the first, so nobody may read by offsets before it is settled.
          text: shape === undefined ? live.text : () => '',
          ...(shape === undefined ? {} : { soFar: live.written }),
          work: async (signal) => {
            try {
              const { notes, given, call } = early ?? (await read(signal));
              const confirmedUsd = options.confirmedUsd ?? context.confirmedUsd;
              const answer = await askForShape(
                {
                  callId,
                  tool: 'invoke_model',
                  ...(thread === undefined ? {} : { thread: thread.id }),
                  call: { ...call, signal, onDelta: live.push },
                  ...(confirmedUsd === undefined ? {} : { confirmedUsd }),
                },
                shape,
                services,
              ).catch(inOwnCount);
              const stored = await thread?.store(given, answer);
              const receipt = withNotes(receiptInOwnCount(answer.receipt, kept), notes);
              return shapeAnswer({ ...answer, receipt }, stored);
            } finally {
              thread?.release();
            }
          },
        },
        context,
      );
      return await deliver(callId, state, charactersOf(args, context), services);
    } catch (error) {
      thread?.release();
      throw error;
    }
  },
});

function twoConversations(): BedrockError {
  return new BedrockError('invalid_request', {
    message:
      'thread_id and options.native_body were given together: such a body goes as it is, without the history of a thread.',
    fix: 'Leave out thread_id, or give prompt or messages in place of native_body.',
    field: 'thread_id',
  });
}

async function dryRun(
  callId: string,
  { call, notes }: { readonly call: InferenceCall; readonly notes: readonly string[] },
  services: Services,
) {
  const planned = await planInference(call, await services.inference(), 'none');
  const { receipt: plan, details } = await planReceipt(planned, callId, call, services);
  const receipt = withNotes(plan, notes);
  return {
    structured: { dry_run: details, receipt },
    text: JSON.stringify({ dry_run: details, receipt }),
  };
}

function readGiven(args: Input, { request }: CallOptions, services: Services, signal: AbortSignal) {
  const isRaw = request.rawBody !== undefined;
  if (isRaw && args.prompt === undefined && args.messages === undefined && args.files === undefined)
    return { messages: [], notes: [] };
  return readTurn(args, services, signal);
}

/** Arguments -> the neutral call. @throws BedrockError `invalid_request`, or what is wrong with the Region. */
async function readCall(
  args: Input,
  turn: TurnRead,
  options: Partial<InferenceRequest>,
  thread: ThreadTurnInProgress | undefined,
  { services, signal, tell }: Pick<CallContext, 'services' | 'signal'> & { readonly tell: Tell },
): Promise<InferenceCall> {
  const asked = args.model ?? services.defaultModel;
  const system = readSystem(args.system, tell) ?? thread?.setup.system;
  const toolConfig = readToolConfig(args, thread, tell);
  const request: InferenceRequest = {
    messages: [...(thread?.before ?? []), ...turn.messages],
    ...(system === undefined ? {} : { system }),
    inferenceConfig: {
      ...(args.max_tokens === undefined ? {} : { maxTokens: args.max_tokens }),
      ...(args.temperature === undefined ? {} : { temperature: args.temperature }),
      ...(args.top_p === undefined ? {} : { topP: args.top_p }),
      ...(args.top_k === undefined ? {} : { topK: args.top_k }),
      ...(args.stop_sequences === undefined ? {} : { stopSequences: args.stop_sequences }),
    },
    ...(toolConfig === undefined ? {} : { toolConfig }),
    ...(thread === undefined ? {} : { kept: keptOf(thread, args.tools === undefined) }),
    ...(args.reasoning === undefined ? {} : { reasoning: { effort: args.reasoning } }),
    ...cacheOf(args.cache),
    ...options,
  };
  return {
    asked,
    request,
    region: await callRegion(args.region, asked, services),
    defaultMaxTokens: DEFAULT_MAX_TOKENS,
    timeoutMs: args.timeout_ms ?? services.config.timeout,
    idleTimeoutMs: services.config.idle_timeout,
    signal,
    ...(args.api === undefined ? {} : { api: args.api }),
  };
}

function keptOf({ before, setup: { toolFamily } }: ThreadTurnInProgress, tools: boolean) {
  return { messages: before.length, tools, ...(toolFamily === undefined ? {} : { toolFamily }) };
}

function cacheOf(cache: Input['cache']): Pick<InferenceRequest, 'cache'> {
  if (cache === undefined || cache === false) return {};
  return { cache: cache === true ? {} : { ttl: cache } };
}

/** The tools of this call; a thread that had some goes on with them until others are given (an empty list ends them). */
function readToolConfig(
  args: Input,
  thread: ThreadTurnInProgress | undefined,
  tell: Tell,
): InferenceRequest['toolConfig'] {
  const tools =
    args.tools === undefined ? (thread?.setup.toolConfig?.tools ?? []) : readTools(args.tools, tell);
  if (tools.length === 0) {
    if (args.tool_choice === undefined || args.tool_choice === 'auto' || args.tool_choice === 'none')
      return undefined;
    throw new BedrockError('invalid_request', {
      message: 'tool_choice was given without tools.',
      fix: 'Give tools, or drop tool_choice.',
      field: 'tool_choice',
    });
  }
  const toolChoice = args.tool_choice === undefined ? undefined : readToolChoice(args.tool_choice, tools);
  return { tools, ...(toolChoice === undefined ? {} : { toolChoice }) };
}
