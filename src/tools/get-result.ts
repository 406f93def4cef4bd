import * as z from 'zod';
import { answerOutput, plainAnswer } from './answer.ts';
import type { CallFacts, CallState, Waiter } from './calls.ts';
import { defineTool, rarely } from './define.ts';
import { runningAnswer } from './deliver.ts';
import { fitAnswer, pieceOf } from './fit.ts';
import type { Services } from './services.ts';
import { charactersOf, maxOutputChars, waitOf, waitSeconds } from './wait.ts';

const MOST_LISTED = 20;

const input = z.strictObject({
  call_id: z.string().min(1).max(64).optional().describe('Left out: recent calls'),
  offset: z.int().min(0).max(Number.MAX_SAFE_INTEGER).optional().describe('next_offset'),
  wait_seconds: waitSeconds.describe('Default 50'),
  max_output_chars: rarely(maxOutputChars),
  cancel: z.boolean().optional().describe('Stop it'),
});

const output = z.looseObject({
  status: z.string(),
  call_id: z.string().optional(),
  text: answerOutput.text,
  next_offset: answerOutput.next_offset,
});

export const getResult = defineTool({
  name: 'get_result',
  title: 'Collect a call',
  description: 'Collect a call that still runs, or the rest of a long answer. Free.',
  input,
  output,
  // With cancel it ends a call, and what that call was doing is lost; asked again it finds the call ended and changes nothing.
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  run: async (args, context) => {
    const { services } = context;
    const structured =
      args.call_id === undefined
        ? await listRecent(services)
        : await collect(
            args.call_id,
            {
              offset: args.offset ?? 0,
              waitMs: waitOf(args, context),
              stop: args.cancel === true,
              most: charactersOf(args, context),
            },
            context,
            services,
          );
    const said = plainAnswer(structured);
    return {
      structured,
      text: said === '' || args.call_id === undefined ? JSON.stringify(structured) : said,
    };
  },
});

interface Wanted {
  readonly offset: number;
  readonly waitMs: number;
  readonly stop: boolean;
  readonly most: number;
}

async function collect(callId: string, wanted: Wanted, waiter: Waiter, services: Services) {
  const { facts, ...state } = await services.calls().collect(callId, wanted, waiter);
  return { ...stateAnswer(callId, facts, state, wanted) };
}

/** @throws BedrockError what the call failed with, when nothing of an answer had arrived. */
function stateAnswer(
  call_id: string,
  { tool, model }: CallFacts,
  state: CallState,
  { offset, most }: Wanted,
): { status: string } & Record<string, unknown> {
  if (state.status === 'running')
    return { status: 'running', ...runningAnswer(call_id, state, offset, most), tool, model };
  if (state.status === 'failed') {
    const { code, message, fix, requestId } = state.error;
    if (state.text === '') throw state.error;
    return {
      status: 'failed',
      call_id,
      tool,
      model,
      error: { code, message, fix, ...(requestId === undefined ? {} : { request_id: requestId }) },
      incomplete: true,
      ...pieceOf(state.text, offset, most),
    };
  }
  const { text } = state.answer;
  const rest =
    offset > 0 && typeof text === 'string' ? pieceOf(text, offset, most) : fitAnswer(state.answer, most);
  return { status: 'done', call_id, tool, ...rest };
}

async function listRecent(services: Services): Promise<{ status: string } & Record<string, unknown>> {
  const rows = await services.calls().recent(MOST_LISTED);
  return {
    status: 'list',
    calls: rows.map(({ callId, tool, model, started, status, characters }) => ({
      call_id: callId,
      tool,
      model,
      started,
      status,
      characters,
    })),
  };
}
