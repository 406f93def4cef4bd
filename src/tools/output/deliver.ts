/** A call's state as the reply of a tool: at once, as far as it has come, or as an error. */
import type { BedrockError } from '../../bedrock-error.ts';
import type { CallAnswer } from '../../calls/answer.ts';
import type { CallFacts, CallState, Collected } from '../../calls/detached/call-state.ts';
import type { Services } from '../../calls/services.ts';
import { defined } from '../../defined.ts';
import { wholeCharacters } from '../../surrogates.ts';
import type { ToolAnswer } from '../definition/tool.ts';
import { MOST_OUTPUT_CHARACTERS } from '../input/wait.ts';
import { plainAnswer } from './answer.ts';
import type { Reply } from './reply.ts';
import { cutAnswers, fitAnswer, type LeftOut, leftOut, pieceOf } from './reply-size.ts';

/** Which part of an answer is wanted. */
export interface Wanted {
  /** UTF-16 code units. */
  readonly offset: number;
  /** Characters of text. */
  readonly most: number;
}

/**
 * The first reply of a call.
 * @param most characters of text.
 * @throws BedrockError what the call failed with; text that had arrived can still be collected, and the fix says so.
 */
export async function deliver(
  callId: string,
  state: Collected,
  most: number,
  services: Pick<Services, 'calls'>,
): Promise<ToolAnswer<Reply>> {
  if (state.status === 'failed') throw withRest(callId, state);
  if (state.status === 'running') {
    const structured = { ...runningAnswer(callId, state, 0, most), ...defined({ note: state.note }) };
    return { structured, text: runningText(structured) };
  }
  const structured = await doneAnswer(state.facts, state.answer, { offset: 0, most }, services);
  return { structured, text: doneText(structured) };
}

/** A call that goes on: the text since `offset`, and how to get the rest. */
export function runningAnswer(
  callId: string,
  state: Extract<CallState, { status: 'running' }>,
  offset: number,
  most: number,
): Reply {
  const soFar = wholeCharacters(state.text);
  const { text, next_offset } = pieceOf(soFar, offset, most);
  return {
    status: 'running',
    call_id: callId,
    text,
    next_offset: next_offset ?? soFar.length,
    running_seconds: Math.round(state.runningMs / 1_000),
    next:
      state.elsewhere === true
        ? 'Another process makes this call; get_result again shows the answer when it has ended.'
        : 'It goes on while this server runs; a client that closes its server stops it. get_result with this call_id collects it; cancel: true stops it.',
  };
}

/** `runningAnswer` for hosts that show only text. */
export function runningText(structured: Reply): string {
  const { text = '', call_id, next_offset } = structured;
  const ask = JSON.stringify({ call_id, offset: next_offset });
  return withNote(
    [text, `[Still running. get_result ${ask} collects the rest.]`].filter((part) => part !== ''),
    structured,
  );
}

/** A part of a finished answer. Whatever of it is not shown is kept, so that it can be had later. */
export async function doneAnswer(
  facts: CallFacts,
  answer: CallAnswer,
  { offset, most }: Wanted,
  services: Pick<Services, 'calls'>,
): Promise<Reply> {
  const structured = fitAnswer(answer, most, offset);
  const notes: string[] = [];
  const isPage = offset > 0 && structured.next_offset !== undefined;
  const { members, needs } = leftOut(answer, structured);
  if (members.length > 0 && !isPage) notes.push(wayTo(facts.callId, members, needs));
  const cuts = cutAnswers(facts.callId, answer, structured);
  // Whoever has only the ID of the comparison finds its rows by it.
  const whole = cuts.length === 0 || cuts.some(({ callId }) => callId === facts.callId);
  for (const cut of whole ? cuts : [...cuts, { callId: facts.callId, answer }]) {
    const { model } = cut.answer;
    const of = { ...facts, callId: cut.callId, ...defined({ model }) };
    const problem = await services.calls().save(of, cut.answer);
    if (problem !== undefined) notes.push(problem);
  }
  return { ...structured, ...(notes.length === 0 ? {} : { note: [...new Set(notes)].join(' ') }) };
}

function wayTo(call_id: string, members: readonly LeftOut[], needs: number): string {
  const names = members.map(({ name }) => name).join(', ');
  const ask = { call_id, max_output_chars: Math.min(needs, MOST_OUTPUT_CHARACTERS) };
  const tooLong = members.filter(({ characters }) => characters > MOST_OUTPUT_CHARACTERS);
  const never = tooLong.map(({ name, characters }) =>
    name === 'parsed'
      ? 'parsed is longer than any reply may be; the pieces of the text together are the value.'
      : `${name} has ${characters} characters, more than any reply may hold.`,
  );
  const some =
    tooLong.length === members.length
      ? []
      : [
          `get_result ${JSON.stringify(ask)} gives ${needs <= MOST_OUTPUT_CHARACTERS ? 'it' : 'as much of it as one reply holds'}.`,
        ];
  return [`Left out as too long: ${names}.`, ...some, ...never].join(' ');
}

/** `doneAnswer` for hosts that show only text. */
export function doneText(structured: Reply): string {
  return withNote([plainAnswer(structured)], structured);
}

function withNote(parts: readonly string[], { note }: Reply): string {
  return [...parts, ...(note === undefined ? [] : [`[${note}]`])].join('\n\n');
}

function withRest(
  callId: string,
  { error, text, note }: Extract<Collected, { status: 'failed' }>,
): BedrockError {
  if (text === '') return error;
  const hint = `The ${text.length} characters that had arrived are kept: get_result {"call_id": "${callId}"}.`;
  return error.with({ fix: [error.fix, hint, ...(note === undefined ? [] : [note])].join(' ') });
}
