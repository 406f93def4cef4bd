/** One line of a thread's file <-> one turn. What comes from disk is checked member by member. */

import * as z from 'zod';
import { isJsonObject, type JsonObject, type JsonValue } from '../json.ts';
import { API_NAMES } from '../messages/apis.ts';
import { packBytes, unpackBytes } from '../messages/bytes-json.ts';
import type {
  CachePointBlock,
  ContentBlock,
  DocumentBlock,
  GuardContentBlock,
  ImageBlock,
  MediaSource,
  Message,
  SystemBlock,
  Tool,
  ToolChoice,
  ToolResultContent,
  Usage,
  VideoBlock,
} from '../messages/types.ts';
import type { ThreadSetup, ThreadTurn } from './thread.ts';

export interface TurnRecord {
  readonly v: 1;
  readonly type: 'turn';
  /** 1 for the first turn. */
  readonly n: number;
  /** Own random key; the next turn names it. */
  readonly key: string;
  /** Key of the turn that this one follows; null for the first. */
  readonly after: string | null;
  readonly turn: ThreadTurn;
  /** Only where it differs from the one before. */
  readonly setup?: ThreadSetup;
}

export type LineRead = { readonly record: TurnRecord } | { readonly damage: string };

/** Nothing may look like JSON that is not: bytes stand only where a block has bytes. */
function isJson(value: unknown): value is JsonValue {
  if (Array.isArray(value)) return value.every(isJson);
  if (isJsonObject(value)) return Object.values(value).every(isJson);
  return value === null || ['string', 'number', 'boolean'].includes(typeof value);
}

const json = z.custom<JsonValue>(isJson);
const jsonObject = z.custom<JsonObject>((value) => isJsonObject(value) && isJson(value));
const text = z.object({ text: z.string() });
const bytes = z.object({ bytes: z.instanceof(Uint8Array) });
const source: z.ZodType<MediaSource> = z.union([
  bytes,
  z.object({ s3Location: z.object({ uri: z.string(), bucketOwner: z.string().exactOptional() }) }),
]);
const image: z.ZodType<ImageBlock> = z.object({ format: z.enum(['png', 'jpeg', 'gif', 'webp']), source });
const document: z.ZodType<DocumentBlock> = z.object({
  format: z.enum(['pdf', 'csv', 'doc', 'docx', 'xls', 'xlsx', 'html', 'txt', 'md']),
  name: z.string(),
  source: z.union([source, text, z.object({ content: z.array(text) })]),
  context: z.string().exactOptional(),
  citations: z.object({ enabled: z.boolean() }).exactOptional(),
});
const video: z.ZodType<VideoBlock> = z.object({
  format: z.enum(['mkv', 'mov', 'mp4', 'webm', 'flv', 'mpeg', 'mpg', 'wmv', 'three_gp']),
  source,
});
const cachePoint: z.ZodType<CachePointBlock> = z.object({
  type: z.literal('default'),
  ttl: z.enum(['5m', '1h']).exactOptional(),
});
const guardContent: z.ZodType<GuardContentBlock> = z.union([
  z.object({ text: z.object({ text: z.string(), qualifiers: z.array(z.string()).exactOptional() }) }),
  z.object({ image: z.object({ format: z.enum(['png', 'jpeg']), source: bytes }) }),
]);
const toolResultContent: z.ZodType<ToolResultContent> = z.union([
  text,
  z.object({ json }),
  z.object({ searchResult: jsonObject }),
  z.object({ image }),
  z.object({ document }),
  z.object({ video }),
]);
const block: z.ZodType<ContentBlock> = z.union([
  text,
  z.object({ image }),
  z.object({ document }),
  z.object({ video }),
  z.object({ audio: z.object({ format: z.string(), source }) }),
  z.object({
    toolUse: z.object({
      toolUseId: z.string(),
      name: z.string(),
      input: json,
      type: z.string().exactOptional(),
    }),
  }),
  z.object({
    toolResult: z.object({
      toolUseId: z.string(),
      content: z.array(toolResultContent),
      status: z.enum(['success', 'error']).exactOptional(),
      type: z.string().exactOptional(),
    }),
  }),
  z.object({
    reasoningContent: z.union([
      z.object({
        reasoningText: z.object({ text: z.string(), signature: z.string().exactOptional() }),
      }),
      z.object({ redactedContent: z.instanceof(Uint8Array) }),
    ]),
  }),
  z.object({ cachePoint }),
  z.object({ guardContent }),
  z.object({ citationsContent: z.object({ content: z.array(text), citations: z.array(jsonObject) }) }),
  z.object({ searchResult: jsonObject }),
  z.object({ unknown: z.object({ name: z.string(), value: json }) }),
]);
const message: z.ZodType<Message> = z.object({
  role: z.enum(['user', 'assistant', 'system']),
  content: z.array(block),
  family: z.string().exactOptional(),
});
const system: z.ZodType<SystemBlock> = z.union([text, z.object({ guardContent }), z.object({ cachePoint })]);
const tool: z.ZodType<Tool> = z.union([
  z.object({
    toolSpec: z.object({
      name: z.string(),
      description: z.string().exactOptional(),
      inputSchema: jsonObject,
      strict: z.boolean().exactOptional(),
      anthropicFields: jsonObject.exactOptional(),
    }),
  }),
  z.object({ systemTool: z.object({ name: z.string() }) }),
  z.object({ cachePoint }),
  z.object({ nativeTool: jsonObject }),
]);
const nothing = z.record(z.string(), z.never());
const toolChoice: z.ZodType<ToolChoice> = z.union([
  z.object({ auto: nothing }),
  z.object({ any: nothing }),
  z.object({ none: nothing }),
  z.object({ tool: z.object({ name: z.string() }) }),
]);
const count = z.int().nonnegative().exactOptional();
const usage: z.ZodType<Usage> = z.object({
  inputTokens: count,
  outputTokens: count,
  cacheReadInputTokens: count,
  cacheWriteInputTokens: count,
  cacheWrite1hInputTokens: count,
});
const turn: z.ZodType<ThreadTurn> = z.object({
  time: z.string().refine((value) => Number.isFinite(Date.parse(value))),
  callId: z.string(),
  model: z.string(),
  modelId: z.string(),
  api: z.enum(API_NAMES),
  added: z
    .array(message)
    .refine(
      (added) =>
        added.some(({ role }) => role === 'user') &&
        added.at(-1)?.role === 'assistant' &&
        added.at(-1)?.content.length !== 0,
      'a turn is what the caller added, then an answer that is not empty',
    ),
  stopReason: z.string(),
  usage: usage.exactOptional(),
  costUsd: z.string().exactOptional(),
});
const setup: z.ZodType<ThreadSetup> = z.object({
  system: z.array(system).exactOptional(),
  toolConfig: z.object({ tools: z.array(tool), toolChoice: toolChoice.exactOptional() }).exactOptional(),
  toolFamily: z.string().exactOptional(),
});
const record: z.ZodType<TurnRecord> = z.object({
  v: z.literal(1),
  type: z.literal('turn'),
  n: z.int().positive(),
  key: z.string().min(1).max(64),
  after: z.string().min(1).max(64).nullable(),
  turn,
  setup: setup.exactOptional(),
});

/** As a guard: the value itself stays, with every member that the schemas do not name. */
function isRecord(value: unknown): value is TurnRecord {
  return record.safeParse(value).success;
}

/** One line without its newline -> its record, or what is wrong with it. */
export function readLine(line: string): LineRead {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return { damage: 'is not whole' };
  }
  if (!isJsonObject(value) || value['type'] !== 'turn') return { damage: 'is no turn of a thread' };
  if (value['v'] !== 1) return { damage: 'was written by another version of this server' };
  try {
    const unpacked = unpackBytes(value);
    return isRecord(unpacked) ? { record: unpacked } : { damage: 'is not in the form of a turn' };
  } catch (error) {
    return { damage: `has ${error instanceof Error ? error.message : 'unreadable values'}` };
  }
}

/** A record -> its line without the newline, or a sentence why it would not come back as it is. */
export function writeLine(value: TurnRecord): { readonly line: string } | { readonly reason: string } {
  let line: string;
  try {
    line = JSON.stringify(packBytes(value));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { reason: `The turn cannot be written to the thread: ${why}.` };
  }
  const checked = record.safeParse(unpackBytes(JSON.parse(line)));
  if (checked.success) return { line };
  const [issue] = checked.error.issues;
  return {
    reason: `The turn is not in the form of a turn (${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'unknown'}), so it was not added to the thread.`,
  };
}

/** The text that two equal setups share. */
export function setupText(value: ThreadSetup): string {
  const { system, toolConfig, toolFamily } = value;
  return JSON.stringify(packBytes({ system, toolConfig, toolFamily }));
}
