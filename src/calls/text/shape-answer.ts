/** What a model answered, as the answer of a text call. */
import { defined } from '../../defined.ts';
import { isJsonObject, type JsonValue } from '../../json.ts';
import { shownStopReason } from '../../messages/answer-notes.ts';
import { answerText } from '../../messages/answer-text.ts';
import { isOpenCall } from '../../messages/server-tools.ts';
import type { ContentBlock } from '../../messages/types.ts';
import { toWireJson } from '../../messages/wire-json.ts';
import type { TextAnswer } from '../answer.ts';
import type { ShapedAnswer } from '../structured/ask-for-json.ts';
import type { StoredTurn } from './thread-turn.ts';

/** The whole answer, however long it is. */
export function shapeAnswer(
  { result, receipt, planned, parsed, inexact }: ShapedAnswer,
  thread?: StoredTurn,
): TextAnswer {
  const { content, stopSequence, rawResponse, serviceTier, incompleteCalls } = result;
  // A tool that the provider ran itself is no call for the caller to answer.
  const toolCalls = content.flatMap((block) =>
    isOpenCall(block)
      ? [{ toolUseId: block.toolUse.toolUseId, name: block.toolUse.name, input: block.toolUse.input }]
      : [],
  );
  const reasoning = content.flatMap((block) =>
    'reasoningContent' in block ? [reasoningJson(block.reasoningContent)] : [],
  );
  const plain = content.every((block) => 'text' in block || 'reasoningContent' in block || isOpenCall(block));
  const askedTier = planned.prepared.request.serviceTier;
  // Bedrock names the tier of every answer; the usual one is news only to those who asked for another.
  const isUsualTier = serviceTier === 'default' && askedTier === undefined;
  return {
    text: answerText(content),
    ...defined({ parsed, inexact: inexact === undefined ? undefined : [...inexact] }),
    stop_reason: shownStopReason(result),
    ...defined({
      stop_sequence: stopSequence,
      tool_calls: toolCalls.length === 0 ? undefined : toolCalls,
      incomplete_tool_calls: incompleteCalls?.map(({ rawInput, ...call }) => ({
        ...call,
        raw_input: rawInput,
      })),
      reasoning: reasoning.length === 0 || !plain ? undefined : reasoning,
      // Blocks of other kinds have their place among the rest, so then all come in order.
      content: plain ? undefined : content.map(toWireJson).filter(isJsonObject),
      native_response: rawResponse,
      trace: withoutNulls(result.trace),
      additional_fields: withoutNulls(result.additionalModelResponseFields),
      service_tier: isUsualTier ? undefined : serviceTier,
      thread,
    }),
    receipt,
  };
}

/** Without members that are null; undefined when nothing is left. */
function withoutNulls(value: JsonValue | undefined): JsonValue | undefined {
  if (value === undefined || value === null) return undefined;
  if (!isJsonObject(value)) return value;
  const members = Object.entries(value).flatMap(([name, member]) => {
    const left = withoutNulls(member);
    return left === undefined ? [] : [[name, left] as const];
  });
  return members.length === 0 ? undefined : Object.fromEntries(members);
}

function reasoningJson(
  block: Extract<ContentBlock, { reasoningContent: unknown }>['reasoningContent'],
): Record<string, string> {
  if ('redactedContent' in block) return { redacted: Buffer.from(block.redactedContent).toString('base64') };
  const { text, signature } = block.reasoningText;
  return { text, ...defined({ signature }) };
}
