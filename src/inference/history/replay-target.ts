/** Which API a turn of a stored conversation goes to, and what of the earlier turns can be said there. Pure. */
import { BedrockError } from '../../bedrock-error.ts';
import type { ModelRecord } from '../../catalog/types.ts';
import type {
  Api,
  CodecModel,
  ContentBlock,
  InferenceRequest,
  Message,
  NativeCodec,
  ToolResultContent,
} from '../../messages/types.ts';
import { isInS3, readsS3, readsSearchResults } from '../prepare/rules/files/sources.ts';
import { mayUse, routeFacts } from '../route/request-features.ts';

export interface ReplayTarget {
  readonly api: Api;
  /** Can the block be sent there? Tool calls and results are asked about with one part each. */
  carries(block: ContentBlock, role: Message['role']): boolean;
  /** May tool rounds stand before the last question? Cohere's own form has a place only for those behind it. */
  readonly takesFinishedRounds: boolean;
  /** Some forms are one question and nothing else. */
  readonly takesTurns: boolean;
}

export interface ReplayInput {
  readonly record: ModelRecord;
  readonly model: CodecModel;
  readonly codec: NativeCodec | undefined;
  readonly override: 'auto' | Api | undefined;
}

/**
 * The route table decides for real. Earlier turns must not stand in its way, so this asks only what the caller and this
 * turn want: whatever else is stored and needs Converse goes there by itself.
 */
export function replayTarget(request: InferenceRequest, input: ReplayInput): ReplayTarget {
  const { record, model, codec, override } = input;
  const facts = (of: InferenceRequest) =>
    routeFacts({
      request: of,
      model: record,
      requested: record.id,
      stream: false,
      ...(codec === undefined ? {} : { native: codec.carries }),
    });
  const choice = { model: record, native: codec?.carries, override };
  const { nativeOnly, betterNative } = facts(request);
  const wantsNative = mayUse('native', choice) && nativeOnly.length + betterNative.length > 0;
  if (codec === undefined || (mayUse('converse', choice) && !wantsNative)) {
    return {
      api: 'converse',
      takesFinishedRounds: true,
      takesTurns: true,
      carries: (block) =>
        partsOf(block).every(
          (part) =>
            (!isInS3(part) || readsS3(record.family)) &&
            (!('searchResult' in part) || readsSearchResults(record.family)),
        ),
    };
  }
  const encodes = (messages: readonly Message[]) => canEncode(codec, model, messages);
  return {
    api: 'native',
    takesFinishedRounds: encodes(FINISHED) || !encodes(OPEN),
    takesTurns: ![QUESTION, ABOUT_VIDEO].some(
      (question) => encodes([question]) && !encodes([question, ANSWER, QUESTION]),
    ),
    carries: (block, role) => {
      if (facts({ messages: [{ role, content: [block] }] }).converseOnly.length > 0) return false;
      // A form that refuses the bare frame too says nothing about the block.
      return encodes(framed(small(block), role)) || !encodes(framed({ text: 'x' }, role));
    },
  };
}

function partsOf(block: ContentBlock): readonly (ContentBlock | ToolResultContent)[] {
  return 'toolResult' in block ? block.toolResult.content : [block];
}

const QUESTION: Message = { role: 'user', content: [{ text: 'x' }] };
const ABOUT_VIDEO: Message = {
  role: 'user',
  content: [{ video: { format: 'mp4', source: { bytes: new Uint8Array(1) } } }, { text: 'x' }],
};
const ANSWER: Message = { role: 'assistant', content: [{ text: 'x' }] };
const CALL: Message = {
  role: 'assistant',
  content: [{ toolUse: { toolUseId: 'x', name: 'x', input: {} } }],
};
const RESULT: Message = {
  role: 'user',
  content: [{ toolResult: { toolUseId: 'x', content: [{ text: 'x' }] } }],
};
const OPEN = [QUESTION, CALL, RESULT];
const FINISHED = [...OPEN, ANSWER, QUESTION];

/** The codec itself knows best what its form has a place for. */
function canEncode(codec: NativeCodec, model: CodecModel, messages: readonly Message[]): boolean {
  try {
    codec.encode({ messages, inferenceConfig: { maxTokens: 1 } }, model, false);
    return true;
  } catch (error) {
    if (error instanceof BedrockError) return false;
    throw error;
  }
}

/** The smallest conversation in which the block stands where it may. */
function framed(block: ContentBlock, role: Message['role']): readonly Message[] {
  if ('toolResult' in block && role === 'user') {
    const toolResult = { ...block.toolResult, toolUseId: 'x' };
    return [QUESTION, CALL, { role, content: [{ toolResult }] }];
  }
  if (role === 'assistant') return [QUESTION, { role, content: [block] }, QUESTION];
  // Text on both sides: cache points mark what is before them, and a document wants words beside it.
  return [{ role: 'user', content: [{ text: 'x' }, block, { text: 'x' }] }];
}

/** The same with hardly any bytes: whether a form takes a file is asked for every one, and encoding them takes time. */
function small(block: ContentBlock): ContentBlock {
  const less = <S extends object>(source: S) => ('bytes' in source ? { bytes: new Uint8Array(1) } : source);
  if ('image' in block) return { image: { ...block.image, source: less(block.image.source) } };
  if ('video' in block) return { video: { ...block.video, source: less(block.video.source) } };
  if ('audio' in block) return { audio: { ...block.audio, source: less(block.audio.source) } };
  if ('document' in block) return { document: { ...block.document, source: less(block.document.source) } };
  return block;
}
