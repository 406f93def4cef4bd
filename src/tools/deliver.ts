/** A call's state as the reply of a tool: at once, as far as it has come, or as an error. */
import type { BedrockError } from '../bedrock-error.ts';
import { plainAnswer } from './answer.ts';
import type { CallState } from './calls.ts';
import { cutCalls, fitAnswer, pieceOf } from './fit.ts';
import type { Services } from './services.ts';
import type { ToolAnswer } from './tool.ts';

/**
 * The first reply of a call.
 * @param most characters of text.
 * @throws BedrockError what the call failed with; text that had arrived can still be collected, and the fix says so.
 */
export async function deliver(
  callId: string,
  state: CallState,
  most: number,
  services: Services,
): Promise<ToolAnswer<Record<string, unknown>>> {
  if (state.status === 'failed') throw withRest(callId, state.error, state.text);
  if (state.status === 'running') {
    const structured = runningAnswer(callId, state, 0, most);
    return { structured, text: plainAnswer(structured) };
  }
  const structured = fitAnswer(state.answer, most);
  for (const id of cutCalls(structured, callId)) {
    const note = await services.calls().keep(id);
    if (note !== undefined) structured['note'] = note;
  }
  return { structured, text: plainAnswer(structured) };
}

/** A call that goes on: the text since `offset`, and how to get the rest. */
export function runningAnswer(
  callId: string,
  state: Extract<CallState, { status: 'running' }>,
  offset: number,
  most: number,
): Record<string, unknown> {
  const { text, next_offset } = pieceOf(state.text, offset, most);
  return {
    status: 'running',
    call_id: callId,
    text,
    next_offset: next_offset ?? state.text.length,
    running_seconds: Math.round(state.runningMs / 1_000),
    next:
      state.elsewhere === true
        ? 'Another process makes this call; get_result again shows the answer when it has ended.'
        : 'It goes on. get_result with this call_id collects it; cancel: true stops it.',
  };
}

function withRest(callId: string, error: BedrockError, text: string): BedrockError {
  if (text === '') return error;
  return error.with({
    fix: `${error.fix} The ${text.length} characters that had arrived are kept: get_result {"call_id": "${callId}"}.`,
  });
}
