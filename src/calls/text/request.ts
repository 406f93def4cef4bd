/** A text call as any door hands it down, and the neutral request that it becomes: its parts, the thread before it, and its messages. */
import { BedrockError } from '../../bedrock-error.ts';
import { defined } from '../../defined.ts';
import type { InferenceCall } from '../../inference/send/plan-call.ts';
import type { Api, InferenceRequest, Message, StreamDelta, Tool, ToolChoice } from '../../messages/types.ts';
import { callRegion } from '../call-region.ts';
import type { Services } from '../services.ts';
import type { ResponseShape } from '../structured/ask-for-json.ts';
import type { OpenThread } from './thread-turn.ts';

/** Tokens. Leaving the limit out reserves the model's whole maximum from the account's quota (AWS: how tokens are counted). */
export const DEFAULT_MAX_TOKENS = 8_192;

/** What a door reads of a request besides its messages, tools and shape. */
export type RequestParts = Omit<InferenceRequest, 'messages' | 'toolConfig' | 'outputSchema' | 'history'>;

/** The messages of this turn, without those of a thread. */
export interface TurnRead {
  readonly messages: readonly Message[];
  /** About the files, and about what was left out while reading. */
  readonly notes: readonly string[];
}

export interface TextCallRequest {
  readonly callId: string;
  /** The tool or wire that it came by, for the ledger and the list of calls. */
  readonly tool: string;
  /** Alias, ID or ARN; absent = the default model. */
  readonly model?: string;
  /** Absent = the configured one. */
  readonly region?: string;
  readonly api?: 'auto' | Api;
  /** ms; absent = the configured time. */
  readonly timeoutMs?: number;
  /** `new`, or the conversation that this turn continues. */
  readonly threadId?: string;
  /** Absent = the answer may have any shape. */
  readonly shape?: ResponseShape;
  readonly parts: RequestParts;
  /** Absent = those of the thread; an empty list ends them. */
  readonly tools?: readonly Tool[];
  /** `auto`, `any`, `none`, or the name of a tool. */
  readonly toolChoice?: string;
  /** USD that the caller has agreed to spend on this call. */
  readonly confirmedUsd?: number;
  /** For the receipt: what was left out while the rest was read. */
  readonly notes: readonly string[];
  /** Reads the messages. @throws BedrockError about what is wrong with them. */
  read(signal: AbortSignal): Promise<TurnRead>;
  /** Reading may take long (files from afar), so it is part of the call that is waited for. */
  readonly readsSlowly?: boolean;
  /** Hears of the answer as it grows. */
  onDelta?(delta: StreamDelta): void;
}

/** A call whose messages have been read. */
export interface ReadCall {
  readonly call: InferenceCall;
  readonly notes: readonly string[];
}

/** @throws BedrockError `invalid_request`, or what is wrong with the Region. */
export async function readCall(
  request: TextCallRequest,
  thread: OpenThread | undefined,
  services: Pick<Services, 'config' | 'defaultModel' | 'region'>,
  signal: AbortSignal,
): Promise<ReadCall> {
  const begun = performance.now();
  const turn = await request.read(signal);
  const { config, defaultModel } = services;
  const model = request.model ?? defaultModel;
  const timeoutMs = request.timeoutMs ?? config.timeout;
  const call: InferenceCall = {
    asked: model,
    request: {
      messages: [...(thread?.before ?? []), ...turn.messages],
      ...defined({
        system: thread?.setup.system,
        toolConfig: toolConfigOf(request, thread),
        history: thread === undefined ? undefined : carriedBy(thread, request.tools === undefined),
        outputSchema: request.shape?.outputSchema,
      }),
      ...request.parts,
    },
    region: await callRegion(request.region, model, services),
    defaultMaxTokens: DEFAULT_MAX_TOKENS,
    timeoutMs,
    // What reading takes is gone from the call's time.
    deadline: begun + timeoutMs,
    idleTimeoutMs: config.idle_timeout,
    signal,
    ...defined({ api: request.api }),
  };
  return { call, notes: [...request.notes, ...turn.notes] };
}

function carriedBy({ before, setup: { toolFamily } }: OpenThread, tools: boolean) {
  return { messages: before.length, tools, ...defined({ toolFamily }) };
}

/** The tools of this call; a thread that had some goes on with them until others are given (an empty list ends them). */
function toolConfigOf(
  { tools: given, toolChoice: choice }: TextCallRequest,
  thread: OpenThread | undefined,
): InferenceRequest['toolConfig'] {
  const tools = given ?? thread?.setup.toolConfig?.tools ?? [];
  if (tools.length > 0)
    return {
      tools,
      ...defined({ toolChoice: choice === undefined ? undefined : toolChoiceOf(choice, tools) }),
    };
  if (choice === undefined || choice === 'auto' || choice === 'none') return undefined;
  throw new BedrockError('invalid_request', {
    message: 'tool_choice was given without tools.',
    fix: 'Give tools, or drop tool_choice.',
    field: 'tool_choice',
  });
}

/** @throws BedrockError `invalid_request` for the name of a tool that was not given. */
export function toolChoiceOf(choice: string, tools: readonly Tool[]): ToolChoice {
  const names = tools.flatMap((tool) => ('toolSpec' in tool ? [tool.toolSpec.name] : []));
  if (names.includes(choice)) return { tool: { name: choice } };
  if (choice === 'auto') return { auto: {} };
  if (choice === 'any') return { any: {} };
  if (choice === 'none') return { none: {} };
  throw new BedrockError('invalid_request', {
    message: `tool_choice "${choice}" is neither auto, any, none nor the name of a given tool.`,
    fix: `Tools given: ${names.join(', ').slice(0, 400)}.`,
    field: 'tool_choice',
  });
}
