/**
 * The recorded native rows and what they say, read straight from their bytes: nothing here goes through the codecs,
 * so that a codec's mistake cannot repeat itself in the expectation.
 */
import { ROWS } from '../../recorded/corpus.ts';
import { chunkOf, framesIn } from '../../recorded/frames.ts';
import { kindOf, type Raw, type Row } from '../../recorded/row.ts';

export type { Raw } from '../../recorded/row.ts';

/** The recordings' family names that are not the catalogue's. */
const FAMILIES: Readonly<Record<string, string>> = { openai: 'gpt-oss', marketplace: 'unknown' };

export interface NativeRow {
  readonly row: Row;
  readonly family: string;
  readonly streamed: boolean;
  readonly bytes: Buffer;
}

/** All recorded successful native rows that answer in text. */
export function nativeTextRows(): NativeRow[] {
  return ROWS.filter(
    (row) => row.operation.startsWith('InvokeModel') && row.status === 200 && kindOf(row) === 'text',
  ).map((row) => {
    const family = row.model_id.includes('pixtral') ? 'mistral-chat' : (FAMILIES[row.family] ?? row.family);
    return { row, family, streamed: row.streaming, bytes: row.bytes };
  });
}

export interface Frames {
  readonly chunks: readonly Raw[];
  /** The name of the exception that ends the stream. */
  readonly exception: string | undefined;
}

/** Chunks of an event stream, and how it broke off. */
export function framesOf(bytes: Buffer): Frames {
  const frames = framesIn(bytes);
  return {
    chunks: frames.filter(({ isException }) => !isException).map(chunkOf),
    exception: frames.find(({ isException }) => isException)?.name.replace(/Exception.*$/, 'Exception'),
  };
}

/** What a row says, in the words of the neutral result. Undefined = the row says nothing about it. */
export interface Said {
  text: string;
  reasoning: string;
  tools: { name: string; id: string; input: Raw }[];
  stop: string | undefined;
  stopSequence: string | undefined;
  input: number | undefined;
  output: number | undefined;
  cacheRead: number | undefined;
  cacheWrite: number | undefined;
  intervened: boolean;
}

const NORMAL: Readonly<Record<string, string>> = {
  stop: 'end_turn',
  FINISH: 'end_turn',
  COMPLETE: 'end_turn',
  endoftext: 'end_turn',
  end_turn: 'end_turn',
  length: 'max_tokens',
  LENGTH: 'max_tokens',
  max_tokens: 'max_tokens',
  MAX_TOKENS: 'max_tokens',
  stop_sequence: 'stop_sequence',
  STOP_SEQUENCE: 'stop_sequence',
  tool_use: 'tool_use',
  tool_calls: 'tool_use',
  content_filtered: 'content_filtered',
};

/** Reads a whole body, or the chunks of a stream one after the other. */
export function readRow(entry: NativeRow): Said {
  const said: Said = {
    text: '',
    reasoning: '',
    tools: [],
    stop: undefined,
    stopSequence: undefined,
    input: undefined,
    output: undefined,
    cacheRead: undefined,
    cacheWrite: undefined,
    intervened: false,
  };
  const toolInputs = new Map<number, string>();
  const bodies = entry.streamed ? framesOf(entry.bytes).chunks : [JSON.parse(entry.bytes.toString('utf8'))];
  for (const body of bodies) readBody(body, said, toolInputs);
  for (const [at, json] of toolInputs) {
    const tool = said.tools[at];
    if (tool !== undefined && json !== '') tool.input = JSON.parse(json);
  }
  fillFromMeter(bodies.at(-1), entry.row.response_headers, said);
  if (said.intervened) said.stop = 'guardrail_intervened';
  else if (said.stop !== undefined) said.stop = NORMAL[said.stop] ?? `? ${said.stop}`;
  return said;
}

function readBody(body: Raw, said: Said, toolInputs: Map<number, string>): void {
  said.intervened ||= body['amazon-bedrock-guardrailAction'] === 'INTERVENED';
  readClaude(body, said, toolInputs);
  readNova(body, said, toolInputs);
  // gpt-oss, Jamba, text completions
  const choice = body.choices?.[0];
  if (choice !== undefined) {
    addTagged(choice.text ?? choice.message?.content ?? choice.delta?.content ?? '', said);
    for (const call of choice.message?.tool_calls ?? choice.delta?.tool_calls ?? []) {
      if (call.id) said.tools.push({ id: call.id, name: call.function.name, input: {} });
      const at = said.tools.length - 1;
      toolInputs.set(at, (toolInputs.get(at) ?? '') + call.function.arguments);
    }
    said.stop ??= choice.finish_reason ?? undefined;
  }
  if (body.usage?.prompt_tokens !== undefined) {
    const cached = body.usage.prompt_tokens_details?.cached_tokens;
    said.input = body.usage.prompt_tokens - (cached ?? 0);
    said.cacheRead = cached;
    said.output = body.usage.completion_tokens;
  }
  // Llama, Mistral, Titan, Claude 2, Command, Command R, Jurassic
  said.text += body.generation ?? body.outputs?.[0]?.text ?? body.results?.[0]?.outputText ?? '';
  said.text += body.outputText ?? body.completion ?? body.generations?.[0]?.text ?? '';
  said.text += body.completions?.[0]?.data?.text ?? (typeof body.text === 'string' ? body.text : '');
  const source = body.outputs?.[0] ?? body.results?.[0] ?? body.generations?.[0] ?? body;
  said.stop ??= source.finish_reason ?? source.completionReason ?? source.finishReason?.reason ?? undefined;
  if (body.delta === undefined && body.content === undefined) said.stop ??= source.stop_reason ?? undefined;
  said.stop ??= body.completions?.[0]?.finishReason?.reason;
  if (typeof body.stop === 'string') said.stopSequence = body.stop;
  said.input ??= body.prompt_token_count ?? body.inputTextTokenCount;
  said.output = body.generation_token_count ?? body.results?.[0]?.tokenCount ?? said.output;
  said.output = body.totalOutputTextTokenCount ?? said.output;
}

function readClaude(body: Raw, said: Said, toolInputs: Map<number, string>): void {
  for (const block of body.type === 'message' ? body.content : []) {
    if (block.type === 'text') said.text += block.text;
    if (block.type === 'thinking') said.reasoning += `${block.thinking}#${block.signature}`;
    if (block.type === 'tool_use') said.tools.push({ id: block.id, name: block.name, input: block.input });
  }
  const block = body.content_block;
  if (block?.type === 'tool_use') said.tools.push({ id: block.id, name: block.name, input: {} });
  if (body.type === 'content_block_delta') {
    said.text += body.delta.text ?? '';
    said.reasoning += body.delta.thinking ?? '';
    if (body.delta.signature !== undefined) said.reasoning += `#${body.delta.signature}`;
    if (body.delta.partial_json !== undefined) {
      const at = said.tools.length - 1;
      toolInputs.set(at, (toolInputs.get(at) ?? '') + body.delta.partial_json);
    }
  }
  if (body.type === 'message' || body.type === 'message_delta') {
    said.stop = (body.delta ?? body).stop_reason;
    said.stopSequence = (body.delta ?? body).stop_sequence ?? undefined;
  }
  const usage = body.message?.usage ?? (body.usage?.output_tokens === undefined ? undefined : body.usage);
  if (usage !== undefined) {
    said.input = usage.input_tokens ?? said.input;
    said.output = usage.output_tokens;
    said.cacheRead = usage.cache_read_input_tokens ?? said.cacheRead;
    said.cacheWrite = usage.cache_creation_input_tokens ?? said.cacheWrite;
  }
}

function readNova(body: Raw, said: Said, toolInputs: Map<number, string>): void {
  for (const block of body.output?.message?.content ?? []) {
    said.text += block.text ?? '';
    if (block.toolUse) {
      said.tools.push({ id: block.toolUse.toolUseId, name: block.toolUse.name, input: block.toolUse.input });
    }
  }
  const started = body.contentBlockStart?.start?.toolUse;
  if (started) said.tools.push({ id: started.toolUseId, name: started.name, input: {} });
  const delta = body.contentBlockDelta?.delta;
  said.text += delta?.text ?? '';
  if (delta?.toolUse) toolInputs.set(said.tools.length - 1, delta.toolUse.input);
  said.stop = body.stopReason ?? body.messageStop?.stopReason ?? said.stop;
  const usage = body.metadata?.usage ?? (body.output === undefined ? undefined : body.usage);
  if (usage !== undefined) {
    said.input = usage.inputTokens;
    said.output = usage.outputTokens;
    said.cacheRead = usage.cacheReadInputTokenCount;
    said.cacheWrite = usage.cacheWriteInputTokenCount;
  }
}

/** Recorded tags wrap whole strings, so a plain pattern tells them apart. */
function addTagged(content: string, said: Said): void {
  const inside = /^<reasoning>(.*)<\/reasoning>$/s.exec(content)?.[1];
  if (inside === undefined) said.text += content;
  else said.reasoning += inside;
}

function fillFromMeter(last: Raw, headers: Readonly<Record<string, string>>, said: Said): void {
  const metrics = last?.['amazon-bedrock-invocationMetrics'] ?? {};
  const header = (name: string): number | undefined => {
    const value = headers[`x-amzn-bedrock-${name}-token-count`];
    return value === undefined ? undefined : Number(value);
  };
  said.input ??= metrics.inputTokenCount ?? header('input');
  said.output ??= metrics.outputTokenCount ?? header('output');
  said.cacheRead ??= metrics.cacheReadInputTokenCount ?? header('cache-read-input');
  said.cacheWrite ??= metrics.cacheWriteInputTokenCount ?? header('cache-write-input');
}
