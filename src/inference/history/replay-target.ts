/** Which API a turn of a stored conversation goes to, and what of the earlier turns can be said there. Pure. */
import type { ModelRecord } from '../../catalog/types.ts';
import { isJsonObject } from '../../json.ts';
import type {
  Api,
  CarriedHistory,
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

/** What the codec declares of a block. */
function hasPlace(
  block: ContentBlock,
  role: Message['role'],
  codec: NativeCodec,
  { features }: CodecModel,
): boolean {
  const { carries, history } = codec;
  // An answer that stands in a question is told in words.
  if (history.turns === false && role === 'assistant') return true;
  if ('cachePoint' in block)
    return carries.cachePoints === true ? role !== 'assistant' : features.caching === false;
  if ('toolResult' in block)
    return (
      carries.tools && block.toolResult.content.every((part) => isKindOf(history.resultParts, part, history))
    );
  const kinds = [
    ...(history.blocks ?? []),
    ...(carries.images && features.images !== false ? ['image'] : []),
    ...(carries.documents ? ['document'] : []),
  ];
  return isKindOf(kinds, block, history);
}

/** Every form has a place for them. */
const WORDS = ['text', 'json', 'citationsContent', 'reasoningContent', 'toolUse'];

function isKindOf(
  kinds: readonly string[] | undefined,
  part: ContentBlock | ToolResultContent,
  { filesInS3, readsDocument = () => true }: CarriedHistory,
): boolean {
  if (isInS3(part) && filesInS3 !== true) return false;
  if ('document' in part && !readsDocument(part.document)) return false;
  if ('unknown' in part && !isJsonObject(part.unknown.value)) return false;
  return [...WORDS, ...(kinds ?? [])].some((kind) => kind in part);
}

function partsOf(block: ContentBlock): readonly (ContentBlock | ToolResultContent)[] {
  return 'toolResult' in block ? block.toolResult.content : [block];
}
