/** Which API a turn of a stored conversation goes to, and what of the earlier turns can be said there. Pure. */
import type { ModelRecord } from '../../catalog/types.ts';
import { isJsonObject } from '../../json.ts';
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
  return {
    api: 'native',
    takesFinishedRounds: codec.history.finishedRounds !== false,
    takesTurns: codec.history.turns !== false,
    carries: (block, role) =>
      facts({ messages: [{ role, content: [block] }] }).converseOnly.length === 0 &&
      hasPlace(block, role, codec, model),
  };
}

/** What the codec declares of a block, or of the one part of a tool result. */
function hasPlace(
  block: ContentBlock,
  role: Message['role'],
  { carries, history }: NativeCodec,
  { features }: CodecModel,
): boolean {
  const { turns, blocks = [], resultParts = [], filesInS3, readsDocument = () => true } = history;
  // An answer that stands in a question is told in words.
  if (turns === false && role === 'assistant') return true;
  if ('cachePoint' in block)
    return carries.cachePoints === true ? role !== 'assistant' : features.caching === false;
  const isResult = 'toolResult' in block;
  if (isResult && !carries.tools) return false;
  return partsOf(block).every((part) => {
    if (isInS3(part) && filesInS3 !== true) return false;
    if ('document' in part && !readsDocument(part.document)) return false;
    if ('image' in part && !isResult) return carries.images && features.images !== false;
    if ('document' in part && !isResult) return carries.documents;
    if ('unknown' in part && !isJsonObject(part.unknown.value)) return false;
    const kinds: readonly string[] = isResult ? resultParts : blocks;
    return WORDS.some((kind) => kind in part) || kinds.some((kind) => kind in part);
  });
}

/** Every form has a place for them. */
const WORDS = ['text', 'json', 'citationsContent', 'reasoningContent', 'toolUse'];

function partsOf(block: ContentBlock): readonly (ContentBlock | ToolResultContent)[] {
  return 'toolResult' in block ? block.toolResult.content : [block];
}
