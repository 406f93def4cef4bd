/** Where content may come from: files that lie in S3, and search results. Which families read them is known here alone. */

import { searchResultInWords } from '../../../../messages/blocks-as-text.ts';
import type {
  ContentBlock,
  InferenceRequest,
  MediaSource,
  ToolResultContent,
} from '../../../../messages/types.ts';
import { found } from '../media.ts';
import { flatMapBlocks, mapContent, quoted, type Rule, type RuleContext, unsupported } from '../rule.ts';

/** AWS "Supported models and features" (and aws-sdk-js-v3#7732): Nova's alone; Pegasus takes them over InvokeModel. */
const READS_S3: ReadonlySet<string> = new Set(['nova', 'pegasus', 'unknown']);
/** Anthropic "Search results"; Converse has the block for Claude only. */
const READS_SEARCH_RESULTS: ReadonlySet<string> = new Set(['claude', 'unknown']);

export function readsS3(family: string): boolean {
  return READS_S3.has(family);
}

export function readsSearchResults(family: string): boolean {
  return READS_SEARCH_RESULTS.has(family);
}

/** Where the file of a block comes from; undefined for text and for documents given as text. */
export function fileSource(part: ContentBlock | ToolResultContent): MediaSource | undefined {
  if ('image' in part) return part.image.source;
  if ('video' in part) return part.video.source;
  if ('audio' in part) return part.audio.source;
  if (!('document' in part)) return undefined;
  const { source } = part.document;
  return 'bytes' in source || 's3Location' in source ? source : undefined;
}

/** Does the file lie in S3? */
export function isInS3(part: ContentBlock | ToolResultContent): boolean {
  const source = fileSource(part);
  return source !== undefined && 's3Location' in source;
}

function filesInS3(request: InferenceRequest, { model }: RuleContext): InferenceRequest {
  if (readsS3(model.family)) return request;
  for (const { block, field } of found(request)) {
    const source = fileSource(block);
    if (source === undefined || !('s3Location' in source)) continue;
    throw unsupported(
      model,
      `${field}.${Object.keys(block)[0]}.source.s3Location`,
      `files in S3 (${quoted(source.s3Location.uri)})`,
      'Give the file itself: a path in files, or source.bytes; of the text models only Nova reads from S3.',
    );
  }
  return request;
}

/** Search results of a caller become text for a model that has no block for them. */
function searchResults(request: InferenceRequest, { model, warn }: RuleContext): InferenceRequest {
  if (readsSearchResults(model.family)) return request;
  const worded = mapContent(request, ({ content }) =>
    flatMapBlocks(content, (block): readonly ContentBlock[] => {
      if ('searchResult' in block) return [searchResultInWords(block.searchResult)];
      if (!('toolResult' in block)) return [block];
      const parts = block.toolResult.content;
      if (!parts.some((part) => 'searchResult' in part)) return [block];
      const inText = parts.map((part) =>
        'searchResult' in part ? searchResultInWords(part.searchResult) : part,
      );
      return [{ toolResult: { ...block.toolResult, content: inText } }];
    }),
  );
  if (worded !== request)
    warn(`The search results were put into words, because ${model.id} has no block for them.`);
  return worded;
}

export const SOURCE_CHECKS: readonly Rule[] = [{ name: 'files-in-s3', apply: filesInS3 }];
export const SOURCE_RULES: readonly Rule[] = [{ name: 'search-results', apply: searchResults }];
