import * as z from 'zod';
import { BedrockError } from '../bedrock-error.ts';
import { textAnswerFields } from '../calls/answer.ts';
import { shownError } from '../calls/compare/row.ts';
import type { Collected, Waiter } from '../calls/detached/call-state.ts';
import { statusOf } from '../calls/detached/stored-calls.ts';
import type { Services } from '../calls/services.ts';
import { defined } from '../defined.ts';
import { defineTool } from './definition/define.ts';
import type { ToolAnswer } from './definition/tool.ts';
import { charactersOf, maxOutputChars, waitOf, waitSeconds } from './input/wait.ts';
import { plainAnswer } from './output/answer.ts';
import { doneAnswer, doneText, runningAnswer, runningText, type Wanted } from './output/deliver.ts';
import type { Reply } from './output/reply.ts';
import { pieceOf } from './output/reply-size.ts';

const MOST_LISTED = 20;

const input = z.strictObject({
  call_id: z.string().min(1).max(64).optional().describe('Left out: recent calls'),
  offset: z.int().min(0).max(Number.MAX_SAFE_INTEGER).optional().describe('next_offset'),
  wait_seconds: waitSeconds.describe('Default 50'),
  max_output_chars: maxOutputChars,
  cancel: z.boolean().optional().describe('Stop it'),
});

const output = z.looseObject({
  status: z.string(),
  call_id: z.string().optional(),
  text: textAnswerFields.text,
  next_offset: textAnswerFields.next_offset,
});

export const getResult = defineTool({
  name: 'get_result',
  title: 'Collect a call',
  description: 'Collect a call that still runs, or the rest of a long answer. Free.',
  input,
  output,
  sets: ['core'],
  rare: ['max_output_chars'],
  longAnswer: true,
  // With cancel it ends a call, and what that call was doing is lost; asked again it finds the call ended and changes nothing.
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  run: async (args, context) => {
    const { services } = context;
    if (args.call_id === undefined) {
      // The list as an answer would read as if something had been stopped.
      if (args.cancel === true) throw nothingToStop();
      const structured = await listRecent(services);
      return { structured, text: JSON.stringify(structured) };
    }
    const request: CollectRequest = {
      callId: args.call_id,
      offset: args.offset ?? 0,
      waitMs: waitOf(args),
      stop: args.cancel === true,
      most: charactersOf(args, context),
    };
    return collect(request, context, services);
  },
});

function nothingToStop(): BedrockError {
  return new BedrockError('invalid_request', {
    message: 'cancel was given without call_id, so nothing was stopped.',
    fix: 'Give the call_id of the call to stop; without arguments get_result lists the recent calls.',
    field: 'call_id',
  });
}

interface CollectRequest extends Wanted {
  readonly callId: string;
  readonly waitMs: number;
  readonly stop: boolean;
}

type Collection = Reply & { status: string };

/** @throws BedrockError what the call failed with, when nothing of an answer had arrived. */
async function collect(
  request: CollectRequest,
  waiter: Waiter,
  services: Pick<Services, 'calls'>,
): Promise<ToolAnswer<Collection>> {
  const { callId: call_id, offset, most } = request;
  const state = await services.calls().collect(call_id, request, waiter);
  const { tool, model } = state.facts;
  if (state.status === 'failed') return failedReply(request, state);
  if (state.status === 'running') {
    const structured = {
      ...runningAnswer(call_id, state, offset, most),
      status: 'running',
      tool,
      model,
    } as const;
    return { structured, text: runningText(structured) };
  }
  const answer = await doneAnswer(state.facts, state.answer, request, services);
  const structured = { status: 'done', call_id, tool, ...answer } as const;
  const text = doneText(structured);
  return { structured, text: text === '' ? JSON.stringify(structured) : text };
}

function failedReply(
  { callId: call_id, offset, most, stop }: CollectRequest,
  state: Extract<Collected, { status: 'failed' }>,
): ToolAnswer<Collection> {
  const { facts, error, text, note } = state;
  const { code, message, fix } = error;
  // Whoever asked for the end has got it: that is no error.
  if (text === '' && !(stop && code === 'cancelled')) throw error;
  const structured = {
    status: statusOf(state),
    call_id,
    tool: facts.tool,
    model: facts.model,
    error: shownError(error),
    incomplete: true,
    ...pieceOf(text, offset, most),
    ...defined({ note }),
  } as const;
  const parts = [plainAnswer(structured), `[Incomplete. ${code}: ${message} ${fix}]`];
  return { structured, text: parts.filter((part) => part !== '').join('\n\n') };
}

async function listRecent(
  services: Pick<Services, 'calls'>,
): Promise<{ status: string } & Record<string, unknown>> {
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
