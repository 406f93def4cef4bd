/** Converse and ConverseStream: one request shape in, one answer shape out, whatever the model. */

import type { ModelRecord } from '../../catalog/types.ts';
import { defined } from '../../defined.ts';
import type { JsonObject, JsonValue } from '../../json.ts';
import { citedAfter, documentCitations, guardrailTrace, ranBefore } from '../answers/beside-text.ts';
import { type CachePiece, cachedPrefix } from '../answers/cached-prefix.ts';
import {
  type Answer,
  type Block,
  type Message,
  pieces,
  type Tool,
  type ToolChoice,
  type Turn,
  writtenInput,
} from '../answers/turn.ts';
import { compact, listOf, numberOf, objectOf, own, textOf, textsOf } from '../json-read.ts';
import { fromModel, invalid } from '../refusal.ts';
import { checkMessages, checkSystem } from '../refusals/messages.ts';
import { sizeComplaint, thinks } from '../refusals/model.ts';
import { hidesThinking } from '../refusals/reasoning.ts';
import {
  checkCachePoints,
  checkInference,
  checkModelFields,
  checkTools,
  outputSchema,
} from '../refusals/settings.ts';
import { messagesComplaint, signatureOf } from '../refusals/thinking-history.ts';

/** One event of a stream, before framing. */
export interface StreamEvent {
  readonly type: string;
  readonly payload: JsonObject;
  /** Part of the answer: paced, and where faults strike. */
  readonly delta?: boolean;
  /** From here on the client knows that the answer is complete. */
  readonly end?: boolean;
}

function readBlock(value: JsonValue): Block[] {
  const block = objectOf(value);
  const text = own(block, 'text');
  if (typeof text === 'string') return [{ kind: 'text', text }];
  const guarded = objectOf(objectOf(own(block, 'guardContent'))['text'])['text'];
  if (typeof guarded === 'string') return [{ kind: 'text', text: guarded }];
  const use = own(block, 'toolUse');
  if (use !== undefined) {
    const { toolUseId, name, input } = objectOf(use);
    return [{ kind: 'tool-use', id: textOf(toolUseId), name: textOf(name), input: input ?? {} }];
  }
  const result = own(block, 'toolResult');
  if (result !== undefined) {
    const { toolUseId, content } = objectOf(result);
    const parts = listOf(content).map((part) => {
      const { text: said, json } = objectOf(part);
      return typeof said === 'string' ? said : JSON.stringify(json ?? null);
    });
    return [{ kind: 'tool-result', id: textOf(toolUseId), text: parts.join(' ') }];
  }
  if (own(block, 'cachePoint') !== undefined) return [];
  return [{ kind: 'other', size: JSON.stringify(block).length }];
}

function readTool(value: JsonValue): Tool[] {
  const spec = own(objectOf(value), 'toolSpec');
  if (spec === undefined) return [];
  const { name, description, inputSchema } = objectOf(spec);
  const schema = objectOf(objectOf(inputSchema)['json']);
  return [{ name: textOf(name), description: textOf(description), schema }];
}

function readChoice(config: JsonObject): ToolChoice {
  const choice = objectOf(config['toolChoice']);
  const named = own(choice, 'tool');
  if (named !== undefined) return { name: textOf(objectOf(named)['name']) };
  return own(choice, 'any') === undefined ? 'auto' : 'any';
}

/** In the order tools, system, messages. */
function cachePieces(body: JsonObject): CachePiece[] {
  const blocks = [
    ...listOf(objectOf(body['toolConfig'])['tools']),
    ...listOf(body['system']),
    ...listOf(body['messages']).flatMap((message) => listOf(objectOf(message)['content'])),
  ];
  return blocks.map((block) => {
    const point = own(objectOf(block), 'cachePoint');
    return { text: point === undefined ? JSON.stringify(block) : '', point };
  });
}

/** A model without a text kind, or without this operation, is refused in these words. */
export function checkConverseSupport(model: ModelRecord, streaming: boolean): void {
  const supported = streaming ? (model.apis.converseStream ?? model.apis.converse) : model.apis.converse;
  if (model.kind !== 'text' || supported === false) {
    throw invalid(
      "This action doesn't support the model that you provided. Try again with a supported text or chat model.",
    );
  }
}

/** Reads and checks a request body; throws the refusal Bedrock would give. */
export function readConverse(body: JsonObject, model: ModelRecord, streaming: boolean): Turn {
  checkConverseSupport(model, streaming);
  checkInference(model, body);
  checkSystem(model, body);
  checkTools(model, body, streaming);
  checkMessages(model, body);
  checkCachePoints(model, body);
  checkModelFields(model, body);
  const schema = outputSchema(model, body);
  const config = objectOf(body['toolConfig']);
  const inference = objectOf(body['inferenceConfig']);
  const fields = objectOf(body['additionalModelRequestFields']);
  const refusedHistory = messagesComplaint(model, fields, body['messages']);
  if (refusedHistory !== undefined) throw fromModel(refusedHistory);
  const maxTokens = numberOf(inference['maxTokens']);
  const turn: Turn = {
    system: listOf(body['system'])
      .map((block) => textOf(objectOf(block)['text']))
      .join('\n'),
    messages: listOf(body['messages']).map((message): Message => {
      const { role, content } = objectOf(message);
      return { role: textOf(role), blocks: listOf(content).flatMap(readBlock) };
    }),
    tools: listOf(config['tools']).flatMap(readTool),
    toolChoice: readChoice(config),
    ...defined({ schema, maxTokens }),
    stopSequences: textsOf(inference['stopSequences']),
    reasoning: thinks(model, fields),
    hidesReasoning: hidesThinking(model, fields),
    ...cachedPrefix(cachePieces(body)),
  };
  const complaint = sizeComplaint(model, turn);
  if (complaint !== undefined) throw fromModel(complaint);
  return turn;
}

/** Recorded: whole answers of Claude and OpenAI's models always carry the cache counts, others only when there are any. */
function usageJson(answer: Answer, model: ModelRecord, whole: boolean): JsonObject {
  const { inputTokens: input, outputTokens: output, cacheReadTokens, cacheWriteTokens } = answer.usage;
  const isClaude = model.family === 'claude';
  const always = isClaude || model.family === 'gpt' || model.family === 'gpt-oss';
  const caches =
    (whole && always) || cacheReadTokens + cacheWriteTokens > 0
      ? {
          ...(isClaude ? cacheDetails(answer) : {}),
          cacheReadInputTokenCount: cacheReadTokens,
          cacheReadInputTokens: cacheReadTokens,
          cacheWriteInputTokenCount: cacheWriteTokens,
          cacheWriteInputTokens: cacheWriteTokens,
        }
      : {};
  const total = input + output + cacheReadTokens + cacheWriteTokens;
  return { ...caches, inputTokens: input, outputTokens: output, serverToolUsage: {}, totalTokens: total };
}

/** What was written to the cache, by lifetime; nothing when nothing was (seen in answers of Claude). */
function cacheDetails({ usage }: Answer): JsonObject {
  const { cacheWriteTokens: written, cacheWrite1hTokens: hourly } = usage;
  const details = [
    { ttl: '1h', inputTokens: hourly },
    { ttl: '5m', inputTokens: written - hourly },
  ].filter(({ inputTokens }) => inputTokens > 0);
  return details.length === 0 ? {} : { cacheDetails: details };
}

/** Deterministic, like everything here. */
export const latencyOf = (answer: Answer): number => 100 + 5 * answer.usage.outputTokens;

/** Nova 2 hides its reasoning, GPT encrypts it, Claude signs it. */
function reasoningContent(text: string, model: ModelRecord): JsonObject {
  if (model.family === 'gpt') return { redactedContent: Buffer.from(text).toString('base64') };
  if (model.features.reasoning === 'nova') return { reasoningText: { text: '[REDACTED].' } };
  const signature = model.family === 'claude' ? { signature: signatureOf(model, text) } : {};
  return { reasoningText: { text, ...signature } };
}

/** Recorded since 2025-11: Claude's tool calls say that they are some. */
const useType = (model: ModelRecord): JsonObject => (model.family === 'claude' ? { type: 'tool_use' } : {});

/** Only the one path that clients ask for is known: the stop sequence that ended the answer. */
const wantsStopSequence = (body: JsonObject): boolean =>
  textsOf(body['additionalModelResponseFieldPaths']).some((path) => path.endsWith('/stop_sequence'));

/** The words and calls of an answer, and what stands beside them. */
function spokenBlocks(answer: Answer, body: JsonObject, model: ModelRecord): JsonObject[] {
  const citations = documentCitations(body, model);
  const said = (text: string): JsonObject =>
    citations.length === 0 ? { text } : { citationsContent: { citations, content: [{ text }] } };
  const isText = answer.blocks.every(({ kind }) => kind === 'text');
  const spoken = answer.blocks.map(
    (block): JsonObject =>
      block.kind === 'text'
        ? said(block.text)
        : { toolUse: { input: block.input, name: block.name, toolUseId: block.id, ...useType(model) } },
  );
  return isText ? [...ranBefore(body), ...spoken, ...citedAfter(body)] : spoken;
}

export function converseAnswer(answer: Answer, body: JsonObject, model: ModelRecord): JsonObject {
  const spoken = spokenBlocks(answer, body, model);
  const thought =
    answer.reasoning === undefined ? [] : [{ reasoningContent: reasoningContent(answer.reasoning, model) }];
  // Recorded: DeepSeek R1 puts its reasoning after the text.
  const content = model.family === 'deepseek-r1' ? [...spoken, ...thought] : [...thought, ...spoken];
  const stopField = wantsStopSequence(body) ? { stop_sequence: answer.stopSequence ?? null } : undefined;
  return compact({
    metrics: { latencyMs: latencyOf(answer) },
    output: { message: { content, role: 'assistant' } },
    stopReason: answer.stopReason,
    usage: usageJson(answer, model, true),
    trace: guardrailTrace(body),
    additionalModelResponseFields: stopField,
    serviceTier: own(body, 'serviceTier'),
    performanceConfig: own(body, 'performanceConfig'),
  });
}

const delta = (contentBlockIndex: number, value: JsonObject): StreamEvent => ({
  type: 'contentBlockDelta',
  payload: { contentBlockIndex, delta: value },
  delta: true,
});

function* toolInputPieces(input: JsonValue): Generator<string> {
  const text = writtenInput(input);
  const size = Math.max(8, Math.ceil(text.length / 64));
  for (let start = 0; start < text.length; start += size) yield text.slice(start, start + size);
}

/** A whole block as a stream tells it. */
function* blockEvents(block: JsonObject, index: number): Generator<StreamEvent> {
  const start = (value: JsonObject): StreamEvent => ({
    type: 'contentBlockStart',
    payload: { contentBlockIndex: index, start: value },
  });
  const { text, signature } = objectOf(objectOf(block['reasoningContent'])['reasoningText']);
  const { redactedContent } = objectOf(block['reasoningContent']);
  const { content = [], citations = [] } = objectOf(block['citationsContent']);
  const texts = [block['text'], ...listOf(content).map((part) => objectOf(part)['text'])];
  const said = (words: JsonValue | undefined) => pieces(textOf(words)).filter((piece) => piece !== '');
  for (const piece of said(text)) yield delta(index, { reasoningContent: { text: piece } });
  if (signature !== undefined) yield delta(index, { reasoningContent: { signature } });
  if (redactedContent !== undefined) yield delta(index, { reasoningContent: { redactedContent } });
  for (const piece of texts.flatMap(said)) yield delta(index, { text: piece });
  for (const citation of listOf(citations)) yield delta(index, { citation });
  const use = own(block, 'toolUse');
  if (use !== undefined) {
    const { input, ...head } = objectOf(use);
    yield start({ toolUse: head });
    for (const json of toolInputPieces(input ?? {})) yield delta(index, { toolUse: { input: json } });
  }
  const result = own(block, 'toolResult');
  if (result === undefined) return;
  const { content: parts = [], ...head } = objectOf(result);
  yield start({ toolResult: head });
  yield delta(index, { toolResult: parts });
}

export function* converseEvents(
  answer: Answer,
  body: JsonObject,
  model: ModelRecord,
): Generator<StreamEvent> {
  yield { type: 'messageStart', payload: { role: 'assistant' } };
  let index = 0;
  const stop = (): StreamEvent => ({ type: 'contentBlockStop', payload: { contentBlockIndex: index++ } });
  if (model.family === 'gpt-oss') {
    // Recorded: gpt-oss opens with an empty text block.
    yield delta(index, { text: '' });
    yield stop();
  }
  const thought =
    answer.reasoning === undefined ? [] : [{ reasoningContent: reasoningContent(answer.reasoning, model) }];
  for (const block of [...thought, ...spokenBlocks(answer, body, model)]) {
    yield* blockEvents(block, index);
    yield stop();
  }
  const stopField = wantsStopSequence(body)
    ? { delta: { stop_sequence: answer.stopSequence ?? null } }
    : undefined;
  yield {
    type: 'messageStop',
    payload: compact({ stopReason: answer.stopReason, additionalModelResponseFields: stopField }),
    end: true,
  };
  const metrics = { latencyMs: latencyOf(answer) };
  const usage = usageJson(answer, model, false);
  yield { type: 'metadata', payload: compact({ metrics, usage, trace: guardrailTrace(body) }), end: true };
}
