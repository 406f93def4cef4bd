/** Stream deltas of any codec -> the final result. */
import { BedrockError } from '../../bedrock-error.ts';
import type { JsonObject, JsonValue } from '../../json.ts';
import type {
  ContentBlock,
  InferenceResult,
  ResponseFacts,
  StreamDelta,
  Usage,
} from '../../messages/types.ts';

/** What there is of an answer that has not ended. */
export type PartialResult = Omit<InferenceResult, 'stopReason'> &
  Partial<Pick<InferenceResult, 'stopReason'>>;

export interface Assembler {
  push(delta: StreamDelta): void;
  /** The visible text so far, reasoning not included. */
  text(): string;
  /** All that the model has written: text, reasoning and the input of tool calls. */
  written(): string;
  /** The input of tool calls so far, as it came. */
  toolInput(): string;
  /** Throws BedrockError `incomplete`, carrying the partial text, when no `stop` delta came. */
  result(facts?: ResponseFacts): InferenceResult;
  /** For an interrupted call: finished blocks and the text so far; tool calls whose input is not whole are left out. */
  partial(facts?: ResponseFacts): PartialResult;
}

interface Draft {
  readonly text: string[];
  readonly reasoning: string[];
  readonly signature: string[];
  readonly redacted: Uint8Array[];
  readonly citations: JsonObject[];
  readonly whole: ContentBlock[];
  readonly toolInput: string[];
  tool?: { readonly toolUseId: string; readonly name: string; readonly kind?: string };
}

interface Built {
  readonly blocks: readonly ContentBlock[];
  readonly malformed: boolean;
}

/** A new assembler, for one answer. Blocks keep the order of their first delta; usage of later metadata wins. */
export function assembler(): Assembler {
  const drafts = new Map<number, Draft>();
  let visible = '';
  let usage: Usage = {};
  let stop: Omit<Extract<StreamDelta, { type: 'stop' }>, 'type'> | undefined;
  let about: Pick<InferenceResult, 'latencyMs' | 'trace' | 'serviceTier'> = {};

  const draftAt = (index: number): Draft => {
    const known = drafts.get(index);
    if (known !== undefined) return known;
    const draft: Draft = {
      text: [],
      reasoning: [],
      signature: [],
      redacted: [],
      citations: [],
      whole: [],
      toolInput: [],
    };
    drafts.set(index, draft);
    return draft;
  };

  const toolInput = () => [...drafts.values()].flatMap((draft) => draft.toolInput).join('');
  const written = () =>
    [...[...drafts.values()].flatMap(({ reasoning }) => reasoning), visible, toolInput()].join('');

  const collected = (content: readonly ContentBlock[], facts: ResponseFacts) => ({
    content,
    usage: { ...facts.usage, ...usage },
    ...(facts.latencyMs === undefined ? {} : { latencyMs: facts.latencyMs }),
    ...about,
  });

  return {
    push(delta) {
      switch (delta.type) {
        case 'text':
          draftAt(delta.index).text.push(delta.text);
          visible += delta.text;
          return;
        case 'reasoning':
          draftAt(delta.index).reasoning.push(delta.text);
          return;
        case 'reasoningSignature':
          draftAt(delta.index).signature.push(delta.signature);
          return;
        case 'redactedReasoning':
          draftAt(delta.index).redacted.push(delta.data);
          return;
        case 'citation':
          draftAt(delta.index).citations.push(delta.citation);
          return;
        case 'toolUse': {
          const { toolUseId, name, kind } = delta;
          draftAt(delta.index).tool = { toolUseId, name, ...(kind === undefined ? {} : { kind }) };
          return;
        }
        case 'toolUseInput':
          draftAt(delta.index).toolInput.push(delta.json);
          return;
        case 'block':
          draftAt(delta.index).whole.push(delta.block);
          visible += textOf(delta.block);
          return;
        case 'stop': {
          const { type: _, ...rest } = delta;
          stop = rest;
          return;
        }
        case 'metadata': {
          const { type: _, usage: counted, ...rest } = delta;
          usage = { ...usage, ...counted };
          about = { ...about, ...rest };
          return;
        }
        case 'blockStop':
          return;
      }
    },

    text: () => visible,
    written,
    toolInput,

    result(facts = {}) {
      if (stop === undefined) {
        throw new BedrockError('incomplete', {
          message: "The answer ended before the model's end marker: the stream was cut.",
          fix: 'Send the request again; the text so far is only a part of the answer.',
          accepted: true,
          ...(facts.requestId === undefined ? {} : { requestId: facts.requestId }),
          ...(visible === '' ? {} : { partialText: visible }),
          ...(written() === '' ? {} : { produced: written() }),
        });
      }
      const content = [...drafts.values()].flatMap((draft) => buildBlocks(draft).blocks);
      return { ...collected(content, facts), ...stop };
    },

    partial(facts = {}) {
      const built = [...drafts.values()].map(buildBlocks);
      const content = built.flatMap((part) => (stop === undefined && part.malformed ? [] : part.blocks));
      return { ...collected(content, facts), ...stop };
    },
  };
}

function buildBlocks(draft: Draft): Built {
  const blocks: ContentBlock[] = [];
  if (draft.reasoning.length > 0 || draft.signature.length > 0) {
    const signature = draft.signature.join('');
    blocks.push({
      reasoningContent: {
        reasoningText: { text: draft.reasoning.join(''), ...(signature === '' ? {} : { signature }) },
      },
    });
  }
  if (draft.redacted.length > 0) {
    blocks.push({ reasoningContent: { redactedContent: joinBytes(draft.redacted) } });
  }
  const text = draft.text.join('');
  if (draft.citations.length > 0) {
    const content = text === '' ? [] : [{ text }];
    blocks.push({ citationsContent: { content, citations: draft.citations } });
  } else if (text !== '') {
    blocks.push({ text });
  }
  blocks.push(...draft.whole);
  if (draft.tool === undefined && draft.toolInput.length === 0) return { blocks, malformed: false };
  const { value, valid } = parseInput(draft.toolInput.join(''));
  const { toolUseId = '', name = '', kind } = draft.tool ?? {};
  blocks.push({ toolUse: { toolUseId, name, input: value, ...(kind === undefined ? {} : { type: kind }) } });
  return { blocks, malformed: !valid || toolUseId === '' || name === '' };
}

/** No input at all is an empty object (recorded with a Nova tool that has no parameters). Broken JSON stays as text. */
function parseInput(json: string): { readonly value: JsonValue; readonly valid: boolean } {
  if (json.trim() === '') return { value: {}, valid: true };
  try {
    return { value: JSON.parse(json), valid: true };
  } catch {
    return { value: json, valid: false };
  }
}

function joinBytes(parts: readonly Uint8Array[]): Uint8Array {
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return only;
  return new Uint8Array(Buffer.concat(parts));
}

function textOf(block: ContentBlock): string {
  if ('text' in block) return block.text;
  if ('citationsContent' in block) return block.citationsContent.content.map((part) => part.text).join('');
  return '';
}
