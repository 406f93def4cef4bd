/** The Messages form streamed: message_start, content_block_*, message_delta, message_stop, ping, error. */
import { countOf, type JsonObject, type JsonValue, objectOf, objectsOf, textOf } from '../../../json.ts';
import type { StreamDecoder, StreamDelta, Usage } from '../../../messages/types.ts';
import { nativeStream, type StreamReader, type StreamTail } from '../fields/answer-tail.ts';
import { laterUsage, messagesUsage } from '../fields/usage.ts';
import { redactedBlock, unknownBlock } from './content.ts';

/** A tool use: its start may bring the input at once, when no deltas follow. */
interface OpenTool {
  readonly kind: 'tool';
  readonly input: JsonObject;
  streamed: boolean;
}

/** A block that nobody here knows, collected until it stops. */
interface OpenUnknown {
  readonly kind: 'unknown';
  block: JsonObject;
  json: string;
}

export function messagesStream(): StreamDecoder {
  return nativeStream(new MessagesReader());
}

/** Deltas of a block may come without its start (a cut or rewritten stream): they are read all the same. */
export class MessagesReader implements StreamReader {
  readonly #open = new Map<number, OpenTool | OpenUnknown>();
  #usage: Usage = {};
  #stop: string | undefined;
  #stopSequence: string | undefined;
  #unknowns = 0;

  chunk(chunk: JsonObject, tail: StreamTail): StreamDelta[] {
    const index = countOf(chunk['index']) ?? 0;
    switch (chunk['type']) {
      case 'message_start':
        this.#count(objectOf(objectOf(chunk['message'])?.['usage']), tail);
        return tail.announce();
      case 'content_block_start':
        return this.#start(index, objectOf(chunk['content_block']) ?? {});
      case 'content_block_delta':
        return this.#delta(index, objectOf(chunk['delta']) ?? {});
      case 'content_block_stop':
        return [...this.#finish(index), { type: 'blockStop', index }];
      case 'message_delta': {
        const delta = objectOf(chunk['delta']) ?? {};
        this.#stop = textOf(delta['stop_reason']) ?? this.#stop;
        this.#stopSequence = textOf(delta['stop_sequence']) ?? this.#stopSequence;
        this.#count(objectOf(chunk['usage']), tail);
        return [];
      }
      // The only end marker: a stop reason without it is a stream that was cut.
      case 'message_stop':
        return tail.stop({ raw: this.#stop, sequence: this.#stopSequence });
      case 'ping':
        return [];
      default:
        return typeof chunk['type'] === 'string' ? this.#unknown(chunk['type'], chunk) : [];
    }
  }

  flush(): StreamDelta[] {
    return [...this.#open.keys()].flatMap((index) => this.#finish(index));
  }

  /** An event or a delta that is newer than this code: shown, but it is no block that could be sent back. */
  #unknown(name: string, value: JsonObject): StreamDelta[] {
    this.#unknowns += 1;
    return [{ type: 'block', index: -this.#unknowns, block: { unknown: { name, value: { event: value } } } }];
  }

  #count(usage: JsonObject | undefined, tail: StreamTail): void {
    if (usage === undefined) return;
    this.#usage = laterUsage(this.#usage, messagesUsage(usage));
    tail.count(this.#usage);
  }

  #start(index: number, block: JsonObject): StreamDelta[] {
    switch (block['type']) {
      case 'text':
        return [
          ...words('text', index, block['text']),
          ...objectsOf(block['citations']).map(
            (citation): StreamDelta => ({ type: 'citation', index, citation }),
          ),
        ];
      case 'thinking':
        return [...words('reasoning', index, block['thinking']), ...signature(index, block['signature'])];
      case 'redacted_thinking': {
        const kept = redactedBlock(block);
        return 'reasoningContent' in kept && 'redactedContent' in kept.reasoningContent
          ? [{ type: 'redactedReasoning', index, data: kept.reasoningContent.redactedContent }]
          : [{ type: 'block', index, block: kept }];
      }
      case 'tool_use':
      case 'server_tool_use':
        return this.#startTool(index, block, block['type']);
      default:
        this.#open.set(index, { kind: 'unknown', block, json: '' });
        return [];
    }
  }

  #startTool(index: number, block: JsonObject, type: string): StreamDelta[] {
    this.#open.set(index, { kind: 'tool', input: objectOf(block['input']) ?? {}, streamed: false });
    return [
      {
        type: 'toolUse',
        index,
        toolUseId: textOf(block['id']) ?? '',
        name: textOf(block['name']) ?? '',
        ...(type === 'tool_use' ? {} : { kind: type }),
      },
    ];
  }

  #delta(index: number, delta: JsonObject): StreamDelta[] {
    const open = this.#open.get(index);
    if (open?.kind === 'unknown') {
      collect(open, delta);
      return [];
    }
    switch (delta['type']) {
      case 'text_delta':
        return words('text', index, delta['text']);
      case 'thinking_delta':
        return words('reasoning', index, delta['thinking']);
      case 'signature_delta':
        return signature(index, delta['signature']);
      case 'input_json_delta': {
        const json = textOf(delta['partial_json']) ?? '';
        if (json === '') return [];
        if (open !== undefined) open.streamed = true;
        return [{ type: 'toolUseInput', index, json }];
      }
      case 'citations_delta': {
        const citation = objectOf(delta['citation']);
        return citation === undefined ? [] : [{ type: 'citation', index, citation }];
      }
      default:
        return this.#unknown(textOf(delta['type']) ?? 'delta', delta);
    }
  }

  /** What a block still owes when it stops. */
  #finish(index: number): StreamDelta[] {
    const open = this.#open.get(index);
    this.#open.delete(index);
    if (open?.kind === 'unknown') return [{ type: 'block', index, block: unknownBlock(wholeBlock(open)) }];
    if (open === undefined || open.streamed || Object.keys(open.input).length === 0) return [];
    return [{ type: 'toolUseInput', index, json: JSON.stringify(open.input) }];
  }
}

function words(type: 'text' | 'reasoning', index: number, value: JsonValue | undefined): StreamDelta[] {
  const text = textOf(value) ?? '';
  return text === '' ? [] : [{ type, index, text }];
}

function signature(index: number, value: JsonValue | undefined): StreamDelta[] {
  const text = textOf(value) ?? '';
  return text === '' ? [] : [{ type: 'reasoningSignature', index, signature: text }];
}

/** A delta of an unknown block: texts are appended to the field of the same name, other values replace it. */
function collect(open: OpenUnknown, delta: JsonObject): void {
  const fields = new Map(Object.entries(open.block));
  for (const [key, value] of Object.entries(delta)) {
    const before = fields.get(key);
    if (key === 'partial_json' && typeof value === 'string') open.json += value;
    else if (key !== 'type') {
      fields.set(key, typeof before === 'string' && typeof value === 'string' ? before + value : value);
    }
  }
  open.block = Object.fromEntries(fields);
}

/** `input` of an unknown tool-like block is streamed as JSON text; text that is no JSON is kept as it is. */
function wholeBlock({ block, json }: OpenUnknown): JsonObject {
  if (json === '') return block;
  try {
    const input: JsonValue = JSON.parse(json);
    return { ...block, input };
  } catch {
    return { ...block, input: json };
  }
}
