/** What a text call gives back: the structured answer, and the same as text for hosts that show only that. */
import * as z from 'zod';
import { comparisonParts, errorText } from '../../calls/compare/text.ts';
import { receiptOutput } from '../../calls/receipt.ts';
import type { Shaped } from '../../calls/structured/ask-for-json.ts';
import { isJsonObject, type JsonValue } from '../../json.ts';
import { emptyAnswerNote, shownStopReason, unfinishedNote } from '../../messages/answer-notes.ts';
import { answerText } from '../../messages/answer-text.ts';
import { isOpenCall } from '../../messages/server-tools.ts';
import type { ContentBlock } from '../../messages/types.ts';
import { toWireJson } from '../../messages/wire-json.ts';

/** Of every text call, whether it is delivered at once or collected later. */
export const answerOutput = {
  text: z.string().optional(),
  next_offset: z.int().optional(),
  total_chars: z.int().optional(),
  parsed: z.unknown().optional(),
  inexact: z.array(z.string()).optional(),
  stop_reason: z.string().optional(),
  stop_sequence: z.string().optional(),
  tool_calls: z
    .array(
      z.object({
        toolUseId: z.string(),
        name: z.string(),
        // One or the other: a long input that does not fit is told by its length.
        input: z.unknown().optional(),
        input_chars: z.int().optional(),
      }),
    )
    .optional(),
  incomplete_tool_calls: z
    .array(z.object({ toolUseId: z.string(), name: z.string(), raw_input: z.string() }))
    .optional(),
  reasoning: z.array(z.record(z.string(), z.unknown())).optional(),
  reasoning_chars: z.int().optional(),
  content: z.array(z.record(z.string(), z.unknown())).optional(),
  native_response: z.unknown().optional(),
  trace: z.unknown().optional(),
  additional_fields: z.unknown().optional(),
  service_tier: z.string().optional(),
  thread: z.record(z.string(), z.unknown()).optional(),
  receipt: receiptOutput.optional(),
};

/** The whole answer, however long it is. */
export function shapeAnswer(
  { result, receipt, planned, parsed, inexact }: Shaped,
  thread?: Record<string, unknown>,
): Record<string, unknown> {
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
  const trace = said(result.trace);
  const additional = said(result.additionalModelResponseFields);
  const askedTier = planned.prepared.request.serviceTier;
  return {
    text: answerText(content),
    ...(parsed === undefined ? {} : { parsed }),
    ...(inexact === undefined ? {} : { inexact }),
    stop_reason: shownStopReason(result),
    ...(stopSequence === undefined ? {} : { stop_sequence: stopSequence }),
    ...(toolCalls.length === 0 ? {} : { tool_calls: toolCalls }),
    ...(incompleteCalls === undefined
      ? {}
      : {
          incomplete_tool_calls: incompleteCalls.map(({ rawInput, ...call }) => ({
            ...call,
            raw_input: rawInput,
          })),
        }),
    ...(reasoning.length === 0 || !plain ? {} : { reasoning }),
    // Blocks of other kinds have their place among the rest, so then all come in order.
    ...(plain ? {} : { content: content.map(toWireJson) }),
    ...(rawResponse === undefined ? {} : { native_response: rawResponse }),
    ...(trace === undefined ? {} : { trace }),
    ...(additional === undefined ? {} : { additional_fields: additional }),
    // Bedrock names the tier of every answer; the usual one is news only to those who asked for another.
    ...(serviceTier === undefined || (serviceTier === 'default' && askedTier === undefined)
      ? {}
      : { service_tier: serviceTier }),
    ...(thread === undefined ? {} : { thread }),
    receipt,
  };
}

/** Without members that are null; undefined when nothing is left. */
function said(value: JsonValue | undefined): JsonValue | undefined {
  if (value === undefined || value === null) return undefined;
  if (!isJsonObject(value)) return value;
  const members = Object.entries(value).flatMap(([name, member]) => {
    const kept = said(member);
    return kept === undefined ? [] : [[name, kept] as const];
  });
  return members.length === 0 ? undefined : Object.fromEntries(members);
}

function reasoningJson(
  block: Extract<ContentBlock, { reasoningContent: unknown }>['reasoningContent'],
): Record<string, string> {
  if ('redactedContent' in block) return { redacted: Buffer.from(block.redactedContent).toString('base64') };
  const { text, signature } = block.reasoningText;
  return { text, ...(signature === undefined ? {} : { signature }) };
}

/** A finished answer for hosts that show only text: the words, the tool calls, where the rest is, one line of receipt. */
export function plainAnswer(answer: Record<string, unknown>): string {
  const { text, parsed, tool_calls, native_response, trace, additional_fields, thread, status, error } =
    answer;
  const receipt = receiptOutput.safeParse(answer['receipt']);
  const parts = [typeof text === 'string' ? text : '', ...comparisonParts(answer)];
  if (parsed !== undefined) parts.push(JSON.stringify(parsed));
  if (tool_calls !== undefined) parts.push(`tool_calls: ${JSON.stringify(tool_calls)}`);
  if (answer['incomplete_tool_calls'] !== undefined)
    parts.push(`incomplete_tool_calls: ${JSON.stringify(answer['incomplete_tool_calls'])}`);
  if (text === '' && tool_calls === undefined && native_response !== undefined)
    parts.push(JSON.stringify(native_response));
  else parts.push(...withoutWords(answer));
  if (additional_fields !== undefined) parts.push(`additional_fields: ${JSON.stringify(additional_fields)}`);
  if (trace !== undefined) parts.push(`trace: ${JSON.stringify(trace)}`);
  // One row of a comparison; whoever tells of a whole call that failed says so himself.
  if (error !== undefined && status !== 'failed') parts.push(`[It failed: ${errorText(error)}]`);
  parts.push(restOf(answer, receipt.data?.call_id), unfinishedPart(answer));
  if (thread !== undefined) parts.push(`[thread ${JSON.stringify(thread)}]`);
  if (receipt.success) {
    const { model_id, usage, cost_usd } = receipt.data;
    const cost = cost_usd === undefined ? 'cost unknown' : `${cost_usd} USD`;
    const { stop_reason, stop_sequence } = answer;
    const stop =
      stop_sequence === undefined
        ? String(stop_reason)
        : `${String(stop_reason)} ${JSON.stringify(stop_sequence)}`;
    parts.push(
      `[${model_id} · ${stop} · ${usage?.input_tokens ?? '?'} in, ${usage?.output_tokens ?? '?'} out · ${cost}]`,
    );
  }
  return parts.filter((part) => part !== '').join('\n\n');
}

/** What there is of a finished answer that has neither words nor calls: the blocks of other kinds, or the reasoning. */
function withoutWords(answer: Record<string, unknown>): readonly string[] {
  const { text, parsed, tool_calls, content, reasoning, reasoning_chars, stop_reason } = answer;
  if (typeof text !== 'string' || text.trim() !== '' || parsed !== undefined || tool_calls !== undefined)
    return [];
  if (stop_reason === undefined) return [];
  if (content !== undefined) return [`content: ${JSON.stringify(content)}`];
  const thoughts = z.array(z.object({ text: z.string().optional() })).safeParse(reasoning);
  const note = emptyAnswerNote(reasoning !== undefined || reasoning_chars !== undefined, String(stop_reason));
  return [`[${note}]`, ...(thoughts.data ?? []).map(({ text: thought = '' }) => thought)];
}

function unfinishedPart({ stop_reason }: Record<string, unknown>): string {
  const note = typeof stop_reason === 'string' ? unfinishedNote(stop_reason) : undefined;
  return note === undefined ? '' : `[${note}]`;
}

/** Where the rest of a text can be had, if there is more; the last piece of one has a length and nothing behind it. */
function restOf(answer: Record<string, unknown>, idOfReceipt: string | undefined): string {
  const { call_id, next_offset, total_chars } = answer;
  if (next_offset === undefined || total_chars === undefined) return '';
  const ask = JSON.stringify({ call_id: call_id ?? idOfReceipt, offset: next_offset });
  return `[Cut here, at ${String(next_offset)} of ${String(total_chars)} characters. get_result ${ask} gives more.]`;
}
