/** What the sandbox says: the same answer to the same request, always recognisable as the sandbox's. */

import { createHash } from 'node:crypto';
import type { ModelRecord } from '../../catalog/types.ts';
import { defined } from '../../defined.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../json.ts';
import { invalidToolSequence } from '../refusals/tools.ts';
import type { Magic } from '../server/magic.ts';
import { saidSchema } from './schema-in-prompt.ts';
import { schemaValue } from './schema-value.ts';
import {
  type Answer,
  type AnswerBlock,
  countTokens,
  inputTokens,
  lastUserText,
  type StopReason,
  type Tool,
  type Turn,
  toolResults,
  writtenInput,
} from './turn.ts';

const ECHO_LENGTH = 160;
const RESULT_LENGTH = 600;
const FILTERED = 'The generated text has been blocked by our content filters.';
const GUARDED = 'Sorry, the guardrail of the sandbox blocked this request.';
const NO_JSON = '[sandbox] This answer is not JSON.';
const MALFORMED = '<tool_call>{"name": "get_weather", "arguments": {"city": "Par';

/** Cuts between code points, never inside a surrogate pair. */
function cut(text: string, length: number): string {
  const end = Math.max(0, length);
  if (text.length <= end) return text;
  const last = text.charCodeAt(end - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? end - 1 : end);
}

const excerpt = (text: string, length: number): string =>
  text.length > length ? `${cut(text, length)}...` : text;

/** Letters and digits that depend on `seed` only. */
export function stableId(seed: string, length: number): string {
  const digest = createHash('sha256').update(seed).digest('base64url').replace(/[-_]/g, 'x');
  return digest.slice(0, length);
}

function chooseTool(turn: Turn, prompt: string): Tool | undefined {
  if (typeof turn.toolChoice === 'object') {
    const { name } = turn.toolChoice;
    return turn.tools.find((tool) => tool.name === name);
  }
  const words = new Set(prompt.toLowerCase().split(/[^a-z0-9]+/));
  const score = (tool: Tool) =>
    tool.name
      .toLowerCase()
      .split(/[^a-z0-9]+/)
      .filter((word) => words.has(word)).length;
  return turn.tools.reduce<Tool | undefined>(
    (best, tool) => (best === undefined || score(tool) > score(best) ? tool : best),
    undefined,
  );
}

function toolCalls(turn: Turn, model: ModelRecord, prompt: string, magic: Magic | undefined): AnswerBlock[] {
  const first = chooseTool(turn, prompt);
  if (!first) return [];
  if (model.family === 'nova' && first.name.includes('-')) throw invalidToolSequence();
  const wanted = magic?.name === 'same-ids' ? [first, first] : [first];
  if (prompt.includes('parallel')) wanted.push(turn.tools.find((tool) => tool !== first) ?? first);
  const nine = model.features.toolUseId === 'nine-alphanumerics';
  return wanted.map((tool, index) => {
    const value = schemaValue(tool.schema, prompt, index);
    const place = magic?.name === 'same-ids' ? 0 : index;
    const id =
      magic?.name === 'no-ids' ? '' : stableId(`${JSON.stringify(turn.messages)}${place}`, nine ? 9 : 22);
    const input = badInput(magic, isJsonObject(value) ? value : {});
    const name = magic?.name === 'channel-name' ? `${tool.name}<|channel|>commentary` : tool.name;
    return { kind: 'tool-use', id: nine || id === '' ? id : `tooluse_${id}`, name, input };
  });
}

/** As models were seen to write it: an object in a text, no object, no JSON. */
function badInput(magic: Magic | undefined, input: JsonObject): JsonValue {
  if (magic?.name === 'string-input') return JSON.stringify(input);
  if (magic?.name === 'list-input') return [input];
  if (magic?.name === 'broken-input') return '{\n":822';
  return magic?.name === 'cut-call' ? '{"city":"Par' : input;
}

function callsTool(turn: Turn): boolean {
  if (turn.tools.length === 0 || turn.toolChoice === 'none') return false;
  return turn.toolChoice !== 'auto' || toolResults(turn).length === 0;
}

const LONG_WORDS = ['one', 'word', 'after', 'another', 'says', 'the', 'sandbox'];

function plainText(turn: Turn, model: ModelRecord, prompt: string, words: number | undefined): string {
  if (words !== undefined) {
    return Array.from({ length: words }, (_, index) => LONG_WORDS[index % LONG_WORDS.length]).join(' ');
  }
  const results = toolResults(turn);
  const name = model.name ?? model.id;
  if (results.length > 0) {
    return `[sandbox] ${name}: the tool answered: ${excerpt(results.join(' | '), RESULT_LENGTH)}`;
  }
  const echo = excerpt(prompt.trim(), ECHO_LENGTH);
  return `[sandbox] ${name} was asked: "${echo}". This answer comes from the embedded Bedrock sandbox; no model was called.`;
}

interface Draft {
  readonly blocks: readonly AnswerBlock[];
  readonly stopReason: StopReason;
}

function draft(turn: Turn, model: ModelRecord, magic: Magic | undefined): Draft {
  const prompt = lastUserText(turn);
  const says = (text: string, stopReason: StopReason): Draft => ({
    blocks: [{ kind: 'text', text }],
    stopReason,
  });
  if (magic?.name === 'guardrail') return says(GUARDED, 'guardrail_intervened');
  if (magic?.name === 'refuse') return says(FILTERED, 'content_filtered');
  if (magic?.name === 'malformed-tool') return says(MALFORMED, 'malformed_tool_use');
  if (magic?.name === 'bad-json') return says(NO_JSON, 'end_turn');
  if (callsTool(turn)) {
    const calls = toolCalls(turn, model, prompt, magic);
    const stopReason = magic?.name === 'cut-call' ? 'max_tokens' : 'tool_use';
    if (calls.length > 0) return { blocks: calls, stopReason };
  }
  const schema = turn.schema ?? saidSchema(turn);
  if (schema !== undefined) return says(JSON.stringify(schemaValue(schema, prompt)), 'end_turn');
  if (turn.anyJson) return says(JSON.stringify({ sandbox: excerpt(prompt, ECHO_LENGTH) }), 'end_turn');
  const words =
    magic?.name === 'long' ? magic.argument : magic?.name === 'slow' ? magic.argument * 2 : undefined;
  return says(plainText(turn, model, prompt, words), 'end_turn');
}

interface Limited extends Draft {
  readonly reasoning: string;
  readonly stopSequence?: string;
}

/** Stop sequences first, then the token limit, as a model would meet them. */
function limit(turn: Turn, drafted: Draft, reasoning: string): Limited {
  let left = (turn.maxTokens ?? Number.POSITIVE_INFINITY) * 4;
  const kept: AnswerBlock[] = [];
  const thought = cut(reasoning, left);
  left -= thought.length;
  let over = thought.length < reasoning.length;
  for (const block of drafted.blocks) {
    if (block.kind === 'tool-use') {
      const size = writtenInput(block.input).length;
      over ||= size > left;
      if (over) break;
      left -= size;
      kept.push(block);
      continue;
    }
    const { text, stopSequence } = textWithin(block.text, turn.stopSequences, left);
    if (stopSequence !== undefined) {
      const blocks: AnswerBlock[] = [{ kind: 'text', text }];
      return { reasoning: thought, blocks, stopReason: 'stop_sequence', stopSequence };
    }
    over ||= text.length < block.text.length;
    left -= text.length;
    if (text !== '') kept.push({ kind: 'text', text });
    if (over) break;
  }
  return { reasoning: thought, blocks: kept, stopReason: over ? 'max_tokens' : drafted.stopReason };
}

/** What a model writes of a text before a stop sequence or the limit ends it. */
function textWithin(
  text: string,
  stops: readonly string[],
  room: number,
): { readonly text: string; readonly stopSequence: string | undefined } {
  const at = firstStop(text, stops);
  const written = cut(text.slice(0, at?.index), room);
  return { text: written, stopSequence: written.length === at?.index ? at.stop : undefined };
}

function firstStop(text: string, stops: readonly string[]): { index: number; stop: string } | undefined {
  let found: { index: number; stop: string } | undefined;
  for (const stop of stops) {
    const index = stop === '' ? -1 : text.indexOf(stop);
    if (index >= 0 && (found === undefined || index < found.index)) found = { index, stop };
  }
  return found;
}

function outputTokens(limited: Limited): number {
  let tokens = countTokens(limited.reasoning);
  for (const block of limited.blocks) {
    tokens += countTokens(block.kind === 'text' ? block.text : writtenInput(block.input));
  }
  return limited.stopReason === 'content_filtered' ? 0 : tokens;
}

/**
 * The answer to `turn`. `cache` holds the prefixes written so far: the first use of a cache point writes,
 * the next ones read, when the prefix has the model's minimum of tokens.
 */
export function answerTurn(
  turn: Turn,
  model: ModelRecord,
  magic: Magic | undefined,
  cache: Set<string>,
): Answer {
  const thinking = `The sandbox pretends to think about "${excerpt(lastUserText(turn).trim(), 60)}" and decides to say so. `;
  const limited = limit(turn, draft(turn, model, magic), turn.reasoning ? thinking : '');
  const input = inputTokens(turn);
  let cached = 0;
  let cachedForHour = 0;
  let hit = false;
  if (turn.cache !== undefined && model.features.caching) {
    const { text, hourText } = turn.cache;
    const size = countTokens(text);
    if (size >= (model.features.caching.minimumTokens ?? 0)) {
      const key = stableId(model.id + text, 40);
      cached = Math.min(size, input);
      cachedForHour = Math.min(countTokens(hourText), cached);
      hit = cache.has(key);
      cache.add(key);
    }
  }
  return {
    ...(limited.reasoning === '' ? {} : { reasoning: turn.hidesReasoning ? '' : limited.reasoning }),
    blocks: limited.blocks,
    stopReason: limited.stopReason,
    ...defined({ stopSequence: limited.stopSequence }),
    usage: {
      inputTokens: input - cached,
      outputTokens: outputTokens(limited),
      cacheReadTokens: hit ? cached : 0,
      cacheWriteTokens: hit ? 0 : cached,
      cacheWrite1hTokens: hit ? 0 : cachedForHour,
    },
  };
}
