/** What a recorded text answer says, read from its raw bytes, and what the product made of it, in the same words. */
import type { ContentBlock, InferenceResult } from '../../src/messages/types.ts';
import { type NativeRow, readRow } from '../inference/codecs/recorded-rows.ts';
import { chunkOf, type Frame } from './frames.ts';
import { bodyOf, framesOf, type Raw, type Row } from './row.ts';
import { partTagged } from './tagged.ts';

export interface Said {
  /** Kinds of the blocks in their order, neighbours of one kind told once; citations belong to the text. */
  order: string[];
  text: string;
  /** Reasoning texts, each followed by `#` and its signature. */
  reasoning: string;
  /** Base64. */
  redacted: string;
  tools: { id: string; name: string; input: Raw; type?: string }[];
  toolResults: Raw[];
  citations: Raw[];
  stop: string | undefined;
  stopSequence: string | undefined;
  usage: { input?: number; output?: number; cacheRead?: number; cacheWrite?: number; hourly?: number };
  latencyMs: number | undefined;
  trace: Raw;
  serviceTier: string | undefined;
}

function nothing(): Said {
  return {
    order: [],
    text: '',
    reasoning: '',
    redacted: '',
    tools: [],
    toolResults: [],
    citations: [],
    stop: undefined,
    stopSequence: undefined,
    usage: {},
    latencyMs: undefined,
    trace: undefined,
    serviceTier: undefined,
  };
}

/** The recorded answer. */
export function recorded(row: Row): Said {
  if (!row.operation.startsWith('Converse')) return readNative(row);
  const said = row.streaming ? readConverseStream(framesOf(row)) : readConverse(bodyOf(row));
  const { reasoning, text } = partTagged(row, said.text, said.stop);
  if (text === said.text) return said;
  const kinds = [...(reasoning === '' ? [] : ['reasoningContent']), ...(text === '' ? [] : ['text'])];
  const order = said.order.flatMap((kind) => (kind === 'text' ? kinds : [kind]));
  return { ...said, text, reasoning: said.reasoning + reasoning, order };
}

function readConverse(body: Raw): Said {
  const said = nothing();
  for (const block of body.output.message.content) {
    const [kind = '', value] = Object.entries<Raw>(block)[0] ?? [];
    if (value !== '') addKind(said, KINDS[kind] ?? kind);
    if (kind === 'text') said.text += value;
    else if (kind === 'toolUse') said.tools.push(toolOf(value, value.input));
    else if (kind === 'toolResult') said.toolResults.push(value);
    else if (kind === 'citationsContent') {
      for (const part of value.content ?? []) said.text += part.text;
      said.citations.push(...value.citations);
    } else if (kind === 'reasoningContent') addReasoning(said, value.reasoningText, value.redactedContent);
    else throw new Error(`the recordings have a new block: ${kind}`);
  }
  readEnd(said, body);
  readMeter(said, body);
  return said;
}

function readConverseStream(frames: readonly Frame[]): Said {
  const said = nothing();
  const inputs = new Map<Raw, string>();
  let tool: Raw;
  for (const { name, isException, payload } of frames) {
    if (isException) continue;
    if (name === 'contentBlockStart') {
      const { toolUse, toolResult } = payload.start;
      addKind(said, Object.keys(payload.start)[0] ?? '');
      if (toolUse !== undefined) {
        tool = toolOf(toolUse, {});
        said.tools.push(tool);
      } else if (toolResult !== undefined) said.toolResults.push({ ...toolResult, content: [] });
      else throw new Error(`the recordings have a new start: ${JSON.stringify(payload)}`);
    } else if (name === 'contentBlockDelta') {
      const { text, toolUse, toolResult, citation, reasoningContent } = payload.delta;
      const [kind = '', value] = Object.entries<Raw>(payload.delta)[0] ?? [];
      if (value !== '') addKind(said, KINDS[kind] ?? kind);
      if (text !== undefined) said.text += text;
      else if (toolUse !== undefined) inputs.set(tool, (inputs.get(tool) ?? '') + toolUse.input);
      else if (toolResult !== undefined) said.toolResults.at(-1).content.push(...toolResult);
      else if (citation !== undefined) said.citations.push(citation);
      else if (reasoningContent !== undefined) {
        addReasoning(said, reasoningContent, reasoningContent.redactedContent);
      } else throw new Error(`the recordings have a new delta: ${JSON.stringify(payload)}`);
    } else if (name === 'messageStop') readEnd(said, payload);
    else if (name === 'metadata') readMeter(said, payload);
  }
  for (const [open, json] of inputs) if (json !== '') open.input = JSON.parse(json);
  return said;
}

const KINDS: Readonly<Record<string, string>> = {
  citation: 'text',
  citationsContent: 'text',
};

function addKind(said: Said, kind: string): void {
  if (said.order.at(-1) !== kind) said.order.push(kind);
}

function toolOf(value: Raw, input: Raw): Said['tools'][number] {
  const { toolUseId: id, type } = value;
  // gpt-oss puts a channel token of its own behind the name.
  const name = value.name.replace(/<\|.*$/s, '');
  // `tool_use` says only what the block is.
  return { id, name, input, ...(type === undefined || type === 'tool_use' ? {} : { type }) };
}

function addReasoning(said: Said, spoken: Raw, redacted: string | undefined): void {
  said.reasoning += spoken?.text ?? '';
  if (spoken?.signature !== undefined) said.reasoning += `#${spoken.signature}`;
  if (redacted !== undefined) {
    const before = Buffer.from(said.redacted, 'base64');
    said.redacted = Buffer.concat([before, Buffer.from(redacted, 'base64')]).toString('base64');
  }
}

function readEnd(said: Said, body: Raw): void {
  said.stop = body.stopReason;
  const fields = body.additionalModelResponseFields;
  said.stopSequence = fields?.stop_sequence ?? fields?.delta?.stop_sequence ?? undefined;
}

function readMeter(said: Said, body: Raw): void {
  const { inputTokens, outputTokens, cacheReadInputTokens, cacheWriteInputTokens } = body.usage;
  said.usage = counted(inputTokens, outputTokens, cacheReadInputTokens, cacheWriteInputTokens);
  said.latencyMs = body.metrics?.latencyMs;
  said.trace = body.trace;
  said.serviceTier = body.serviceTier?.type;
}

type Count = number | undefined;
function counted(
  input: Count,
  output: Count,
  cacheRead: Count,
  cacheWrite: Count,
  hourly?: Count,
): Said['usage'] {
  const all = Object.entries({ input, output, cacheRead, cacheWrite, hourly });
  return Object.fromEntries(all.filter(([, count]) => count !== undefined));
}

/** The texts, tools, stop and counts as the native tests read them; latency and trace are read here. */
function readNative(row: Row): Said {
  const frames = row.streaming ? framesOf(row) : [];
  const entry: NativeRow = { row, family: row.family, streamed: row.streaming, bytes: row.bytes };
  const chunks = frames.flatMap((frame) => (frame.isException ? [] : [chunkOf(frame)]));
  const bodies: Raw[] = row.streaming ? chunks : [bodyOf(row)];
  const { text, reasoning, tools, stop, stopSequence, input, output, cacheRead, cacheWrite } = readRow(entry);
  const header = row.response_headers['x-amzn-bedrock-invocation-latency'];
  const inBlocks = bodies.flatMap(kindsOf);
  // The other forms have one place for each kind.
  const inPlaces = [
    ...(reasoning === '' ? [] : ['reasoningContent']),
    ...(text === '' ? [] : ['text']),
    ...(tools.length === 0 ? [] : ['toolUse']),
  ];
  const order = (inBlocks.length === 0 ? inPlaces : inBlocks).filter((kind, at, all) => kind !== all[at - 1]);
  const hourly = bodies
    .map((body) => (body.message ?? body).usage?.cache_creation?.ephemeral_1h_input_tokens)
    .findLast((count) => count !== undefined);
  return {
    ...nothing(),
    order,
    text,
    reasoning,
    tools,
    stop,
    stopSequence,
    usage: counted(input, output, cacheRead, cacheWrite, hourly),
    latencyMs:
      bodies.at(-1)?.['amazon-bedrock-invocationMetrics']?.invocationLatency ??
      (header === undefined ? undefined : Number(header)),
    trace: bodies.map(traceOf).find((trace) => trace !== undefined),
  };
}

/** Kinds of the blocks that a body or a chunk in Claude's or Nova's form opens or continues. */
function kindsOf(body: Raw): string[] {
  const blocks: Raw[] = body.type === 'message' ? body.content : (body.output?.message?.content ?? []);
  const started =
    body.content_block?.type === 'tool_use' || body.contentBlockStart?.start.toolUse !== undefined;
  const delta = body.contentBlockDelta?.delta ?? (body.type === 'content_block_delta' ? body.delta : {});
  const words = (part: Raw) => (part.text ? ['text'] : part.thinking ? ['reasoningContent'] : []);
  return [
    ...blocks.flatMap((block) =>
      block.type === 'tool_use' || block.toolUse !== undefined ? ['toolUse'] : words(block),
    ),
    ...(started ? ['toolUse'] : []),
    ...words(delta),
  ];
}

/** Bedrock's own key; Nova also carries it in its metadata event. An empty trace says nothing. */
function traceOf(body: Raw): Raw {
  const trace = body['amazon-bedrock-trace'] ?? body.metadata?.trace;
  return trace === undefined || Object.keys(trace).length === 0 ? undefined : trace;
}

/** The text of each frame of a stream, so that the text before a cut is the sum of the first ones. */
export function textOfFrames(row: Row): string[] {
  const { bytes } = row;
  let at = 0;
  let before = '';
  const { stop } = row.operation === 'ConverseStream' ? recorded(row) : { stop: undefined };
  return framesOf(row).map((wire) => {
    const frame = bytes.subarray(at, at + bytes.readUInt32BE(at));
    at += frame.length;
    if (row.operation === 'ConverseStream') {
      const seen = partTagged(row, before, undefined).text;
      before += wire.payload.delta?.text ?? '';
      const ends = wire.name === 'messageStop';
      return partTagged(row, before, ends ? stop : undefined).text.slice(seen.length);
    }
    // A part of a tool call has no text, and its input cannot be read alone.
    if (wire.isException || chunkOf(wire).choices?.[0]?.delta?.tool_calls !== undefined) return '';
    return readRow({ row, family: row.family, streamed: true, bytes: frame }).text;
  });
}

/** How many whole frames the first bytes hold. */
export function framesWithin(row: Row, size: number): number {
  const { bytes } = row;
  let frames = 0;
  for (let at = 0; at < size && at + bytes.readUInt32BE(at) <= size; frames += 1)
    at += bytes.readUInt32BE(at);
  return frames;
}

/** A result of the product in the same words. */
export function told(result: InferenceResult): Said {
  const said = nothing();
  for (const block of result.content) {
    const [kind = ''] = Object.keys(block);
    addKind(said, KINDS[kind] ?? kind);
    addBlock(said, block);
  }
  const { inputTokens, outputTokens, cacheReadInputTokens, cacheWriteInputTokens } = result.usage;
  const { cacheWrite1hInputTokens } = result.usage;
  said.stop = result.stopReason;
  said.stopSequence = result.stopSequence;
  said.usage = counted(
    inputTokens,
    outputTokens,
    cacheReadInputTokens,
    cacheWriteInputTokens,
    cacheWrite1hInputTokens,
  );
  said.latencyMs = result.latencyMs;
  said.trace = result.trace;
  said.serviceTier = result.serviceTier;
  return said;
}

function addBlock(said: Said, block: ContentBlock): void {
  if ('text' in block) said.text += block.text;
  else if ('toolUse' in block) said.tools.push(toolOf(block.toolUse, block.toolUse.input));
  else if ('toolResult' in block) said.toolResults.push(block.toolResult);
  else if ('citationsContent' in block) {
    for (const { text } of block.citationsContent.content) said.text += text;
    said.citations.push(...block.citationsContent.citations);
  } else if ('reasoningContent' in block && 'reasoningText' in block.reasoningContent) {
    addReasoning(said, block.reasoningContent.reasoningText, undefined);
  } else if ('reasoningContent' in block && 'redactedContent' in block.reasoningContent) {
    const { redactedContent } = block.reasoningContent;
    addReasoning(said, undefined, Buffer.from(redactedContent).toString('base64'));
  } else throw new Error(`the product gives a block that no recording has: ${JSON.stringify(block)}`);
}

/** How many frames come before the one that marks the end (or breaks off), as the wire has it. */
export function framesBeforeEnd(row: Row): number {
  const at = framesOf(row).findIndex((frame) => frame.isException || endsAnswer(row, frame));
  if (at === -1) throw new Error(`no end marker in ${row.id}`);
  return at;
}

function endsAnswer(row: Row, frame: Frame): boolean {
  if (row.operation === 'ConverseStream') return frame.name === 'messageStop';
  const chunk = chunkOf(frame);
  if (chunk.type !== undefined && chunk.type !== 'completion') return chunk.type === 'message_stop';
  const words = [
    chunk.messageStop?.stopReason,
    chunk.choices?.[0]?.finish_reason,
    chunk.outputs?.[0]?.stop_reason,
    chunk.generations?.[0]?.finish_reason,
    chunk.stop_reason,
    chunk.completionReason,
    chunk.finish_reason,
  ];
  const blocked = chunk['amazon-bedrock-guardrailAction'] === 'INTERVENED';
  return blocked || chunk.is_finished === true || words.some((word) => typeof word === 'string');
}
