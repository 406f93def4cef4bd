/**
 * One text call as every door makes it: a turn of a thread is opened, the messages are read, the model is asked (again
 * where a round has to repair what it wrote), the turn is stored, and the answer comes with its receipt. `callText` waits
 * for the end, `callTextWaiting` for a while, and `planText` shows what would be sent.
 */
import { BedrockError } from '../bedrock-error.ts';
import { defined } from '../defined.ts';
import { planInference } from '../inference/send/plan-call.ts';
import type { StreamDelta } from '../messages/types.ts';
import type { Receipt, TextAnswer } from './answer.ts';
import type { CallContext } from './call-context.ts';
import type { Collected } from './detached/call-state.ts';
import { createLiveText } from './detached/streamed-text.ts';
import { type PlanDetails, planReceipt, withNotes } from './receipt.ts';
import type { Services } from './services.ts';
import { askForShape, type ShapedAnswer } from './structured/ask-for-json.ts';
import { usable } from './text/billed-call.ts';
import { errorInOwnCount, receiptInOwnCount } from './text/message-numbers.ts';
import { type ReadCall, readCall, type TextCallRequest } from './text/request.ts';
import { shapeAnswer } from './text/shape-answer.ts';
import { type OpenThread, openThread, storeTurn } from './text/thread-turn.ts';
import { askForWholeCalls } from './text/whole-calls.ts';

/**
 * Makes the call and waits for its end.
 * @throws BedrockError of reading, planning, budget and sending; with `partialText` when part of an answer had arrived.
 */
export async function callText(request: TextCallRequest, context: CallContext): Promise<TextAnswer> {
  const { services, signal } = context;
  const thread = await threadOf(request, services);
  try {
    const read = await readCall(request, thread, services, signal);
    return await answerOf(request, thread, read, context, request.onDelta);
  } finally {
    thread?.release();
  }
}

/**
 * Makes the call and waits for `waitMs`; then it goes on by itself and can be collected under its ID.
 * @throws BedrockError about what is wrong with the request; what the call itself failed with is in its state.
 */
export async function callTextWaiting(
  request: TextCallRequest,
  waitMs: number,
  context: CallContext,
): Promise<Collected> {
  const { services } = context;
  const { callId, tool, shape } = request;
  const thread = await threadOf(request, services);
  try {
    const early = request.readsSlowly ? undefined : await readCall(request, thread, services, context.signal);
    const calls = services.calls();
    const live = createLiveText((update) => calls.report(callId, update));
    const onDelta = (delta: StreamDelta) => {
      live.push(delta);
      request.onDelta?.(delta);
    };
    const job = {
      callId,
      tool,
      model: request.model ?? services.defaultModel,
      waitMs,
      timeoutMs: request.timeoutMs ?? services.config.timeout,
      // A repair round writes a second answer behind the first, so nobody may read by offsets before it is settled.
      text: shape === undefined ? live.text : () => '',
      ...(shape === undefined ? {} : { soFar: live.written }),
      work: async (signal: AbortSignal) => {
        try {
          const read = early ?? (await readCall(request, thread, services, signal));
          return await answerOf(request, thread, read, { ...context, signal }, onDelta);
        } finally {
          thread?.release();
        }
      },
    };
    return await calls.run(job, context);
  } catch (error) {
    thread?.release();
    throw error;
  }
}

/** What `callText` would send, where to and for how much. Nothing is sent. @throws BedrockError as `callText`. */
export async function planText(
  request: TextCallRequest,
  { services, signal }: CallContext,
): Promise<{ readonly details: PlanDetails; readonly receipt: Receipt }> {
  const thread = await threadOf(request, services);
  try {
    const { call, notes } = await readCall(request, thread, services, signal);
    const planned = await inOwnCount(thread, async () =>
      planReceipt(
        await planInference(call, await services.inference(), 'none'),
        request.callId,
        call,
        services,
      ),
    );
    return { details: planned.details, receipt: withNotes(planned.receipt, notes) };
  } finally {
    thread?.release();
  }
}

async function threadOf(
  { threadId, callId, parts }: TextCallRequest,
  services: Services,
): Promise<OpenThread | undefined> {
  if (threadId === undefined) return undefined;
  if (parts.rawBody !== undefined) throw twoConversations();
  return openThread(threadId, callId, services);
}

async function answerOf(
  { callId, tool, shape, confirmedUsd: agreed }: TextCallRequest,
  thread: OpenThread | undefined,
  { call, notes }: ReadCall,
  { services, signal, confirmedUsd }: CallContext,
  onDelta: ((delta: StreamDelta) => void) | undefined,
): Promise<TextAnswer> {
  const ask = {
    callId,
    tool,
    call: { ...call, signal, ...defined({ onDelta }) },
    ...defined({ thread: thread?.id, confirmedUsd: agreed ?? confirmedUsd }),
  };
  const answer: ShapedAnswer = await inOwnCount(thread, async () =>
    shape === undefined ? usable(await askForWholeCalls(ask, services)) : askForShape(ask, shape, services),
  );
  if (thread === undefined) return shapeAnswer({ ...answer, receipt: withNotes(answer.receipt, notes) });
  const stored = await storeTurn(thread, callId, call.request, answer, services);
  const receipt = withNotes(receiptInOwnCount(answer.receipt, thread.before.length), notes);
  return shapeAnswer({ ...answer, receipt }, stored);
}

/** The caller knows only the messages of this turn, so what is wrong with one is told by its place among those. */
async function inOwnCount<T>(thread: OpenThread | undefined, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw errorInOwnCount(error, thread?.before.length ?? 0);
  }
}

function twoConversations(): BedrockError {
  return new BedrockError('invalid_request', {
    message:
      'thread_id and options.native_body were given together: such a body goes as it is, without the history of a thread.',
    fix: 'Leave out thread_id, or give prompt or messages in place of native_body.',
    field: 'thread_id',
  });
}
