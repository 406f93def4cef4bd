/** Recorded plain-text requests with the input tokens that Bedrock counted, and answers with their output tokens. */

import { familyOf } from '../../src/catalog/models/families.ts';
import { parseModelId } from '../../src/catalog/models/model-id.ts';
import type { InferenceRequest, Message } from '../../src/messages/types.ts';
import type { ReadBy } from '../../src/spend/estimate/tokens.ts';
import { ROWS } from '../recorded/corpus.ts';
import { chunkOf } from '../recorded/frames.ts';
import { bodyOf, framesOf, isRefused, kindOf, type Row } from '../recorded/row.ts';

export interface CountedRequest {
  readonly id: string;
  /** Absent for a bare prompt in a native body: no chat template is put around it. */
  readonly model?: ReadBy;
  readonly request: InferenceRequest;
  readonly tokens: number;
}
export interface CountedText {
  readonly id: string;
  readonly model: ReadBy;
  readonly text: string;
  readonly tokens: number;
}

/** What a plain-text request may hold beside its text; anything else (tools, guardrails, thinking ...) leaves it out. */
const PLAIN = new Set(
  [
    'messages system prompt inputText inferenceConfig textGenerationConfig anthropic_version model stream seed n',
    'max_tokens maxTokens max_gen_len max_tokens_to_sample temperature top_p topP top_k p k stop stop_sequences',
    'stopSequences requestMetadata frequencyPenalty presencePenalty serviceTier performanceConfig schemaVersion',
    'additionalModelResponseFieldPaths',
  ]
    .join(' ')
    .split(' '),
);

/** Every recorded request of nothing but text whose input tokens Bedrock reported, each distinct one once. */
export function plainRequests(): CountedRequest[] {
  const found = new Map<string, CountedRequest>();
  for (const row of answered()) {
    const tokens = usageOf(row).input;
    const request = plainRequestOf(row.request_body);
    if (request === undefined || tokens === undefined) continue;
    const key = JSON.stringify([row.model_id, request, tokens]);
    const bare = row.request_body.messages === undefined;
    found.set(key, { id: row.id, ...(bare ? {} : { model: modelOf(row) }), request, tokens });
  }
  return [...found.values()];
}

/** Every recorded Converse answer of nothing but text, with its output tokens. */
export function plainAnswers(): CountedText[] {
  const found: CountedText[] = [];
  for (const row of answered()) {
    const text = answerOf(row);
    const { output } = usageOf(row);
    if (text !== undefined && text !== '' && output !== undefined)
      found.push({ id: row.id, model: modelOf(row), text, tokens: output });
  }
  return found;
}

function answered(): Row[] {
  return ROWS.filter(
    (row) => row.status === 200 && !isRefused(row) && kindOf(row) !== 'embedding' && !row.isShortened,
  );
}

function modelOf(row: Row): ReadBy {
  let id = row.model_id;
  try {
    id = parseModelId(row.model_id).modelId ?? row.model_id;
  } catch {
    // An ARN that names no model: the family stays unknown.
  }
  return { id, family: familyOf(id) };
}

function usageOf(row: Row): { input?: number; output?: number } {
  let usage: { input?: unknown; output?: unknown; cached?: unknown } = {};
  if (row.operation === 'Converse' || row.operation === 'ConverseStream') {
    const body =
      row.operation === 'Converse'
        ? bodyOf(row)
        : framesOf(row).find(({ name }) => name === 'metadata')?.payload;
    const counts = body?.usage ?? {};
    usage = {
      input: counts.inputTokens,
      output: counts.outputTokens,
      cached: (counts.cacheReadInputTokens ?? 0) + (counts.cacheWriteInputTokens ?? 0),
    };
  } else if (row.operation === 'InvokeModel') {
    usage = { input: Number(row.response_headers['x-amzn-bedrock-input-token-count']) };
  } else if (row.operation === 'InvokeModelWithResponseStream') {
    usage = {
      input: framesOf(row).map(chunkOf).at(-1)?.['amazon-bedrock-invocationMetrics']?.inputTokenCount,
    };
  }
  const count = (value: unknown) => (typeof value === 'number' && value > 0 ? value : undefined);
  const input = usage.cached === undefined || usage.cached === 0 ? count(usage.input) : undefined;
  const output = count(usage.output);
  return { ...(input === undefined ? {} : { input }), ...(output === undefined ? {} : { output }) };
}

function plainRequestOf(body: Row['request_body']): InferenceRequest | undefined {
  if (body === null || typeof body !== 'object' || Object.keys(body).some((key) => !PLAIN.has(key)))
    return undefined;
  const prompt = body.prompt ?? body.inputText;
  // A prompt that carries the template's own control tokens is no plain text.
  if (typeof prompt === 'string' && prompt.includes('<|')) return undefined;
  if (typeof prompt === 'string') return { messages: [{ role: 'user', content: [{ text: prompt }] }] };
  if (!Array.isArray(body.messages)) return undefined;
  const system = textsOf(body.system ?? []);
  const messages: Message[] = [];
  for (const message of body.messages) {
    const texts = textsOf(message.content);
    if (texts === undefined) return undefined;
    messages.push({ role: message.role, content: texts.map((text) => ({ text })) });
  }
  return system === undefined ? undefined : { messages, system: system.map((text) => ({ text })) };
}

/** The texts of a content that holds nothing else. */
function textsOf(content: Row['request_body']): string[] | undefined {
  if (typeof content === 'string') return [content];
  if (!Array.isArray(content)) return undefined;
  const texts: string[] = [];
  for (const block of content) {
    if (typeof block?.text !== 'string' || block.cache_control !== undefined) return undefined;
    if (block.type !== undefined && block.type !== 'text') return undefined;
    texts.push(block.text);
  }
  return texts;
}

function answerOf(row: Row): string | undefined {
  if (row.operation === 'Converse') {
    return textsOf(bodyOf(row).output?.message?.content)?.join('');
  }
  if (row.operation !== 'ConverseStream') return undefined;
  let text = '';
  for (const { name, payload } of framesOf(row)) {
    if (name === 'contentBlockStart') return undefined;
    if (name === 'contentBlockDelta') {
      if (typeof payload.delta?.text !== 'string') return undefined;
      text += payload.delta.text;
    }
  }
  return text;
}
