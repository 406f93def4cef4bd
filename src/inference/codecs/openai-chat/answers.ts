/** OpenAI chat completions, whole and streamed -> the neutral language. */
import {
  countOf,
  firstObjectOf,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  listOf,
  objectOf,
  objectsOf,
  parseJson,
  textOf,
} from '../../../json.ts';
import type { ContentBlock, NativeCodec, StreamDelta } from '../../../messages/types.ts';
import {
  answerBody,
  finishAnswer,
  intervened,
  nativeStream,
  noAnswer,
  type StreamReader,
  type StreamTail,
} from '../fields/answer-tail.ts';
import { BlockTracker } from '../fields/block-tracker.ts';
import { type Piece, splitReasoning } from '../fields/reasoning-tags.ts';
import { endedByItself } from '../fields/stop-reasons.ts';
import { chatUsage } from '../fields/usage.ts';
import { wordSplitter } from '../prompt-text/text-codec.ts';
import type { ChatForm } from './chat-form.ts';

type AnswerForm = Pick<ChatForm, 'form' | 'tags'>;

export function chatAnswers(form: AnswerForm): Pick<NativeCodec, 'decode' | 'stream'> {
  return {
    decode(raw, facts) {
      const body = answerBody(raw);
      const choice = firstChoice(body);
      const message = objectOf(choice?.['message']);
      const text = textOf(choice?.['text']);
      if (message === undefined && text === undefined && !intervened(body)) throw noAnswer(form.form);
      const end = choice === undefined ? undefined : endOf(choice);
      const { blocks, calledTool } = messageBlocks(message ?? { content: text ?? '' }, form, end?.stop);
      const usage = objectOf(body['usage']);
      return finishAnswer(
        {
          content: blocks,
          stop: { raw: end?.stop, sequence: end?.stopSequence, calledTool },
          usage: usage && chatUsage(usage),
        },
        body,
        facts,
      );
    },
    stream: () => nativeStream(new ChatReader(form)),
  };
}

/** Alternatives (`n`) beyond the first have no place in one answer; a raw caller finds them in the raw body. */
function firstChoice(body: JsonObject): JsonObject | undefined {
  const choices = objectsOf(body['choices']);
  return choices.find((choice) => (countOf(choice['index']) ?? 0) === 0) ?? firstObjectOf(body['choices']);
}

interface End {
  readonly stop: string | undefined;
  readonly stopSequence: string | undefined;
}

/**
 * Mistral says `stop_reason`, everybody else `finish_reason`. Beside a finish reason, vLLM's `stop_reason` is the
 * matched stop text, or a token number (Jamba was recorded with 518) or null, which say nothing.
 */
function endOf(choice: JsonObject): End {
  const finish = textOf(choice['finish_reason']);
  const reason = textOf(choice['stop_reason']);
  if (finish === undefined) return { stop: reason, stopSequence: undefined };
  if (finish === 'stop' && reason !== undefined) return { stop: 'stop_sequence', stopSequence: reason };
  return { stop: finish, stopSequence: undefined };
}

/** Words of `content` (text, or parts of text and Magistral's `thinking`), and of the fields that servers add for reasoning. */
function wordsOf(message: JsonObject): Piece[] {
  const pieces: Piece[] = [];
  const reasoning = textOf(message['reasoning_content']) ?? textOf(message['reasoning']);
  if (reasoning !== undefined) pieces.push({ kind: 'reasoning', text: reasoning });
  const { content } = message;
  if (typeof content === 'string') pieces.push({ kind: 'text', text: content });
  for (const part of objectsOf(content)) {
    if (part['type'] === 'thinking') pieces.push({ kind: 'reasoning', text: partText(part['thinking']) });
    else pieces.push({ kind: 'text', text: partText(part['text']) });
  }
  const refusal = textOf(message['refusal']);
  if (refusal !== undefined) pieces.push({ kind: 'text', text: refusal });
  return pieces;
}

/** Members of a message that are read here, or say nothing beside it. */
const KNOWN_MEMBERS: ReadonlySet<string> = new Set([
  ...['role', 'content', 'reasoning', 'reasoning_content', 'refusal', 'tool_calls', 'name', 'prefix'],
]);
const KNOWN_PARTS: ReadonlySet<unknown> = new Set(['text', 'output_text', 'thinking', undefined]);

/** What a message has beside words and calls: parts of other types, and members such as `annotations`. */
function unknownOf(message: JsonObject): ContentBlock[] {
  const parts = objectsOf(message['content']).filter(({ type }) => !KNOWN_PARTS.has(type));
  const members = Object.entries(message).filter(
    ([name, value]) => !KNOWN_MEMBERS.has(name) && !saysNothing(value),
  );
  return [
    ...parts.map((value) => ({ unknown: { name: textOf(value['type']) ?? 'part', value } })),
    ...members.map(([name, value]) => ({ unknown: { name, value } })),
  ];
}

/** Servers write null, empty lists and empty texts for what there is not. */
function saysNothing(value: JsonValue): boolean {
  return value === null || value === '' || (Array.isArray(value) && value.length === 0);
}

function partText(value: JsonValue | undefined): string {
  return (
    textOf(value) ??
    listOf(value)
      .map((part) => textOf(isJsonObject(part) ? part['text'] : part) ?? '')
      .join('')
  );
}

function messageBlocks(
  message: JsonObject,
  form: AnswerForm,
  stop: string | undefined,
): { readonly blocks: ContentBlock[]; readonly calledTool: boolean } {
  const said = { reasoning: '', text: '' };
  for (const piece of wordsOf(message)) said[piece.kind] += piece.text;
  const split =
    form.tags === undefined
      ? { reasoning: '', text: said.text }
      : splitReasoning(said.text, form.tags, endedByItself(stop));
  const reasoning = said.reasoning + split.reasoning;
  const calls = objectsOf(message['tool_calls']).map(toolCall);
  return {
    blocks: [
      ...(reasoning === '' ? [] : [{ reasoningContent: { reasoningText: { text: reasoning } } }]),
      ...(split.text === '' ? [] : [{ text: split.text }]),
      ...unknownOf(message),
      ...calls,
    ],
    calledTool: calls.length > 0,
  };
}

/** Arguments that are no JSON (cut, or badly written by the model) are kept as the text they came as. */
function toolCall(call: JsonObject, at: number): ContentBlock {
  const wanted = objectOf(call['function']) ?? {};
  const name = textOf(wanted['name']) ?? '';
  const input = argumentsOf(wanted['arguments']);
  return { toolUse: { toolUseId: callId(call['id'], at), name, input } };
}

/** Some servers number calls instead of naming them, or leave the ID out. */
function callId(id: JsonValue | undefined, at: number): string {
  const text = typeof id === 'number' ? String(id) : textOf(id);
  return text === undefined || text === '' ? `call_${at}` : text;
}

function argumentsOf(value: JsonValue | undefined): JsonValue {
  if (value === undefined) return {};
  if (typeof value !== 'string') return value;
  return value.trim() === '' ? {} : (parseJson(value) ?? value);
}

/** A tool call that is being streamed. Chunks belong to it by their `index`; a new ID begins a new call. */
interface OpenCall {
  readonly block: number;
  readonly id: string | undefined;
}

class ChatReader implements StreamReader {
  readonly #blocks = new BlockTracker();
  readonly #splitter: ReturnType<typeof wordSplitter>;
  readonly #calls = new Map<number, OpenCall>();
  #seen = 0;

  constructor(form: AnswerForm) {
    this.#splitter = wordSplitter(form.tags);
  }

  chunk(chunk: JsonObject, tail: StreamTail): StreamDelta[] {
    const usage = objectOf(chunk['usage']);
    if (usage !== undefined) tail.count(chatUsage(usage));
    const choice = objectsOf(chunk['choices']).find(({ index }) => (countOf(index) ?? 0) === 0);
    if (choice === undefined) return [];
    // A model that does not stream sends its whole message in one chunk.
    const delta = objectOf(choice['delta']) ?? objectOf(choice['message']) ?? {};
    const words = wordsOf(delta);
    const text = textOf(choice['text']);
    if (text !== undefined) words.push({ kind: 'text', text });
    const deltas = words.flatMap((piece) => this.#say(piece));
    for (const block of unknownOf(delta)) {
      const { index, closed } = this.#blocks.start();
      deltas.push(...closed, { type: 'block', index, block });
    }
    objectsOf(delta['tool_calls']).forEach((call, at) => {
      deltas.push(...this.#call(call, at));
    });
    const { stop, stopSequence } = endOf(choice);
    if (stop !== undefined) {
      const calledTool = this.#calls.size > 0;
      deltas.push(...this.#close(stop), ...tail.stop({ raw: stop, sequence: stopSequence, calledTool }));
    }
    return deltas;
  }

  flush(): StreamDelta[] {
    return this.#close(undefined);
  }

  #say(piece: Piece): StreamDelta[] {
    if (piece.kind === 'reasoning') return this.#blocks.words('reasoning', piece.text);
    return this.#splitter.push(piece.text).flatMap(({ kind, text }) => this.#blocks.words(kind, text));
  }

  #call(call: JsonObject, at: number): StreamDelta[] {
    const place = countOf(call['index']) ?? at;
    const wanted = objectOf(call['function']) ?? {};
    const id = textOf(call['id']);
    const deltas: StreamDelta[] = [];
    let open = this.#calls.get(place);
    const another = id !== undefined && id !== '' && open?.id !== id;
    if (open === undefined || another) {
      deltas.push(...this.#release(undefined));
      const { index, closed } = this.#blocks.start();
      open = { block: index, id };
      this.#calls.set(place, open);
      const toolUseId = callId(call['id'], this.#seen++);
      deltas.push(...closed, { type: 'toolUse', index, toolUseId, name: textOf(wanted['name']) ?? '' });
    }
    const { arguments: given = null } = wanted;
    // The chunk that begins a call may have null here, before the text of it.
    const json = given === null || typeof given === 'string' ? given : JSON.stringify(given);
    if (json !== null && json !== '') deltas.push({ type: 'toolUseInput', index: open.block, json });
    return deltas;
  }

  #release(stop: string | undefined): StreamDelta[] {
    return this.#splitter.end(stop).flatMap(({ kind, text }) => this.#blocks.words(kind, text));
  }

  #close(stop: string | undefined): StreamDelta[] {
    return [...this.#release(stop), ...this.#blocks.close()];
  }
}
