/** Reads the answer to a question that had a shape: the value in it that fits the caller's schema, or what is wrong. */
import {
  type FormedOutput,
  type OutputForm,
  readFormed,
  wrappedIn,
} from '../../inference/prepare/output-mode.ts';
import { type JsonValue, levelsOf } from '../../json.ts';
import { answerText } from '../../messages/answer-text.ts';
import type { ContentBlock, InferenceResult, StopReason } from '../../messages/types.ts';
import { type JsonFound, jsonIn, jsonInCut } from './find-json.ts';
import type { Check, Verdict } from './validate.ts';

/** Readers of the reply, ours and the host's, are recursive. */
const DEEPEST = 256;

export interface Reading extends Verdict {
  /** A call of a tool that nobody offered stands in it as text. */
  readonly result: InferenceResult;
  /** Absent when no value fits. */
  readonly found?: Found;
  /** There was some JSON in it. */
  readonly isJson: boolean;
  readonly notes: readonly string[];
}

export interface Found extends Pick<JsonFound, 'value' | 'source'> {
  /** It came as the input of a tool, so its numbers have been read and written again. */
  readonly isRewritten: boolean;
}

export interface ReadOptions {
  /** How the shape was asked for; absent when it was not, as in a native body. */
  readonly output: FormedOutput | undefined;
  /** The caller has tools, so calls are no answers. */
  readonly mayCall: boolean;
  /** The model was told in words, too, to put the value under `value`. */
  readonly isWrapped: boolean;
}

export function readAnswer(
  answer: InferenceResult,
  check: Check,
  { output, mayCall, isWrapped }: ReadOptions,
): Reading {
  const wrapped = isWrapped || output?.wrapped === true;
  const form = (name: OutputForm): FormedOutput => ({ form: name, wrapped });
  const result = isWrapped && output?.wrapped === false ? readFormed(answer, form('native')) : answer;
  const calls = mayCall ? [] : result.content.filter((block) => 'toolUse' in block);
  if (calls.length === 0) return readShape(withoutCalls(result, calls), check, wrapped);
  // Nobody can answer a call of a tool that was never offered: its input is the answer, or else the words beside it.
  const called = readShape(readFormed(result, form('tool')), check, wrapped);
  const notes = ['The model called a tool that it was not offered; the input was read as its answer.'];
  if (called.found !== undefined) return { ...called, notes };
  const beside = readShape(withoutCalls(result, calls), check, wrapped);
  return beside.found === undefined ? called : beside;
}

function withoutCalls(result: InferenceResult, calls: readonly ContentBlock[]): InferenceResult {
  const { stopReasonRaw: _, ...rest } = result;
  const content = result.content.filter((block) => !calls.includes(block));
  return result.stopReason === 'tool_use'
    ? { ...rest, content, stopReason: 'end_turn' }
    : { ...result, content };
}

function readShape(result: InferenceResult, check: Check, wrapped: boolean): Reading {
  const text = answerText(result.content);
  const { framed } = result;
  const isRewritten = framed === 'call';
  const candidates = isCut(result.stopReason) ? jsonInCut(text, framed !== undefined) : jsonIn(text);
  const verdicts: Verdict[] = [];
  for (const { value, source } of candidates.flatMap((each) =>
    wrapped ? unwrapped(each, framed) : [each],
  )) {
    const flaw = flawOf(value);
    const verdict = flaw === undefined ? check(value) : { problems: [flaw] };
    if (verdict.problems.length === 0)
      return { ...verdict, result, isJson: true, notes: [], found: { value, source, isRewritten } };
    verdicts.push(verdict);
    if (verdict.undecided === true) return { ...verdict, result, isJson: true, notes: [] };
  }
  const likeliest = verdicts[0] ?? { problems: ['the answer is not JSON'] };
  return { ...likeliest, result, isJson: verdicts.length > 0, notes: [] };
}

/** A value may still have the wrapper that the form asked for, beside other members or between words. */
function unwrapped(found: JsonFound, framed: InferenceResult['framed']): readonly JsonFound[] {
  // That of a whole text is off already.
  const inner = found.isWhole && framed === 'wrapper' ? undefined : wrappedIn(found.source);
  if (inner === undefined) return [found];
  return inner.isAlone ? [...jsonIn(inner.text), found] : [found, ...jsonIn(inner.text)];
}

/** What no schema can say, and the reply could not carry. */
function flawOf(value: JsonValue): string | undefined {
  let depth = 0;
  for (const level of levelsOf(value)) {
    if (depth > DEEPEST) return `the answer is nested deeper than ${DEEPEST} levels`;
    if (level.some((each) => typeof each === 'number' && !Number.isFinite(each)))
      return 'a number in the answer is too large';
    depth += 1;
  }
  return undefined;
}

export function isCut(reason: StopReason): boolean {
  return reason === 'max_tokens' || reason === 'model_context_window_exceeded';
}
