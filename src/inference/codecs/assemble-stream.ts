/** Stream deltas of any codec -> the final result. */
import { BedrockError } from '../../bedrock-error.ts';
import { defined } from '../../defined.ts';
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

/** All that is known of one answer so far. */
interface Answer {
  /** By index, in the order of their first delta. */
  readonly drafts: Map<number, Draft>;
  visible: string;
  usage: Usage;
  stop?: Omit<Extract<StreamDelta, { type: 'stop' }>, 'type'>;
  about: Pick<InferenceResult, 'latencyMs' | 'trace' | 'serviceTier'>;
}

/** A new assembler, for one answer. Blocks keep the order of their first delta; usage of later metadata wins. */
export function assembler(): Assembler {
  const answer: Answer = { drafts: new Map(), visible: '', usage: {}, about: {} };
  return {
    push: (delta) => add(answer, delta),
    text: () => answer.visible,
    written: () => writtenIn(answer),
    toolInput: () => toolInputIn(answer),

    result(facts = {}) {
      if (answer.stop === undefined) throw cut(answer, facts);
      const content = [...answer.drafts.values()].flatMap((draft) => buildBlocks(draft).blocks);
      return { ...collected(answer, content, facts), ...answer.stop };
    },

    partial(facts = {}) {
      const { stop } = answer;
      const built = [...answer.drafts.values()].map(buildBlocks);
      const content = built.flatMap((part) => (stop === undefined && part.malformed ? [] : part.blocks));
      return { ...collected(answer, content, facts), ...stop };
    },
  };
}

function add(answer: Answer, delta: StreamDelta): void {
  switch (delta.type) {
    case 'stop': {
      const { type: _, ...rest } = delta;
      answer.stop = rest;
      return;
    }
    case 'metadata': {
      const { type: _, usage: counted, ...rest } = delta;
      answer.usage = { ...answer.usage, ...counted };
      answer.about = { ...answer.about, ...rest };
      return;
    }
    case 'blockStop':
      return;
    default:
      addTo(draftAt(answer, delta.index), delta);
      if (delta.type === 'text') answer.visible += delta.text;
      if (delta.type === 'block') answer.visible += textOf(delta.block);
  }
}

type BlockDelta = Exclude<StreamDelta, { type: 'stop' | 'metadata' | 'blockStop' }>;

function addTo(draft: Draft, delta: BlockDelta): void {
  switch (delta.type) {
    case 'text':
      draft.text.push(delta.text);
      return;
    case 'reasoning':
      draft.reasoning.push(delta.text);
      return;
    case 'reasoningSignature':
      draft.signature.push(delta.signature);
      return;
    case 'redactedReasoning':
      draft.redacted.push(delta.data);
      return;
    case 'citation':
      draft.citations.push(delta.citation);
      return;
    case 'toolUse': {
      const { toolUseId, name, kind } = delta;
      draft.tool = { toolUseId, name, ...defined({ kind }) };
      return;
    }
    case 'toolUseInput':
      draft.toolInput.push(delta.json);
      return;
    case 'block':
      draft.whole.push(delta.block);
      return;
  }
}

function draftAt({ drafts }: Answer, index: number): Draft {
  const draft = drafts.get(index) ?? {
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
}

function toolInputIn({ drafts }: Answer): string {
  return [...drafts.values()].flatMap((draft) => draft.toolInput).join('');
}

function writtenIn(answer: Answer): string {
  const thoughts = [...answer.drafts.values()].flatMap(({ reasoning }) => reasoning);
  return [...thoughts, answer.visible, toolInputIn(answer)].join('');
}

function collected({ usage, about }: Answer, content: readonly ContentBlock[], facts: ResponseFacts) {
  return {
    content,
    usage: { ...facts.usage, ...usage },
    ...defined({ latencyMs: facts.latencyMs }),
    ...about,
  };
}

function cut(answer: Answer, { requestId }: ResponseFacts): BedrockError {
  const produced = writtenIn(answer);
  return new BedrockError('incomplete', {
    message: "The answer ended before the model's end marker: the stream was cut.",
    fix: 'Send the request again; the text so far is only a part of the answer.',
    accepted: true,
    ...defined({ requestId, partialText: answer.visible || undefined, produced: produced || undefined }),
  });
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
