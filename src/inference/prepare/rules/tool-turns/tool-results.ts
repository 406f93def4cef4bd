/** Rules about what a tool result says and where it may stand. */

import type { MediaKind } from '../../../../catalog/types.ts';
import { isJsonObject, type JsonValue } from '../../../../json.ts';
import { isConverseForm } from '../../../../messages/apis.ts';
import { noteFor } from '../../../../messages/blocks-as-text.ts';
import { TEXT_DOCUMENTS } from '../../../../messages/file-format.ts';
import { MEDIA_KINDS } from '../../../../messages/media-kinds.ts';
import type {
  ContentBlock,
  InferenceRequest,
  Message,
  ToolResultBlock,
  ToolResultContent,
} from '../../../../messages/types.ts';
import { flatMapBlocks, isBlank, mapContent, type Rule, type RuleContext, withMessages } from '../rule.ts';

/** Stands in for a result that has no content: `toolResult.content: []` is refused (harness-sdk#2122). */
const EMPTY_RESULT = '(The tool returned nothing.)';
const EMPTY_ERROR = '(The tool failed without a message.)';
/** Tells the model what `status: "error"` would have told it. */
const ERROR_MARK = 'The tool failed:';

const isResult = (block: ContentBlock): boolean => 'toolResult' in block;

function mapResults(
  request: InferenceRequest,
  map: (result: ToolResultBlock) => ToolResultBlock,
): InferenceRequest {
  return mapContent(request, (message) =>
    flatMapBlocks(message.content, (block) => {
      if (!('toolResult' in block)) return [block];
      const toolResult = map(block.toolResult);
      return toolResult === block.toolResult ? [block] : [{ toolResult }];
    }),
  );
}

function filledResult(result: ToolResultBlock, context: RuleContext): ToolResultBlock {
  const content = result.content.filter((part) => !('text' in part && isBlank(part.text)));
  if (content.length > 0) return content.length === result.content.length ? result : { ...result, content };
  context.warn('Empty tool results were given a placeholder text, because Bedrock refuses empty ones.');
  return { ...result, content: [{ text: result.status === 'error' ? EMPTY_ERROR : EMPTY_RESULT }] };
}

/** Leaves `status` out. A failure is told in words instead. */
export function dropResultStatus(request: InferenceRequest): InferenceRequest {
  return mapResults(request, (result) => {
    const { status, ...rest } = result;
    if (status === undefined) return result;
    return status === 'error' ? { ...rest, content: [{ text: ERROR_MARK }, ...result.content] } : rest;
  });
}

const FEATURE = new Map(MEDIA_KINDS.map(({ kind, feature }) => [kind, feature]));

const mediaOf = (part: ToolResultContent): MediaKind | undefined =>
  MEDIA_KINDS.find(({ kind }) => kind in part)?.kind;

interface Moved {
  readonly stays: readonly ToolResultContent[];
  /** The user's own content, behind the results. */
  readonly follows: readonly ContentBlock[];
}

/** A part of a result where the model takes it: inside, beside the result, or as what words can say of it. */
function placePart(part: ToolResultContent, toolUseId: string, { model, warn }: RuleContext): Moved {
  const kind = mediaOf(part);
  const allowed = model.features.toolResultMedia;
  if (kind === undefined) return { stays: [part], follows: [] };
  const feature = FEATURE.get(kind);
  if (feature !== undefined && model.features[feature] === false) {
    warn(`The ${kind} in a tool result was put into words, because ${model.id} does not read it.`);
    return { stays: [unreadable(part, kind)], follows: [] };
  }
  if (allowed === undefined || allowed.includes(kind) || 'text' in part || 'json' in part)
    return { stays: [part], follows: [] };
  warn(
    `The ${kind} was moved out of its tool result into the user message, because the model does not accept it there.`,
  );
  return {
    stays: [{ text: `(The ${kind} follows after the tool results.)` }],
    follows: [{ text: `The ${kind} of tool result ${toolUseId}:` }, part],
  };
}

/** The text of a document that has one; of the rest only what it was. */
function unreadable(part: ToolResultContent, kind: MediaKind): ToolResultContent {
  if ('document' in part) {
    const { name, format, source } = part.document;
    if ('text' in source || 'content' in source) return noteFor(part);
    if ('bytes' in source && TEXT_DOCUMENTS.has(format))
      return { text: `[Document ${name}]\n${new TextDecoder().decode(source.bytes)}` };
  }
  return {
    text: `(The tool returned ${kind === 'image' ? 'an' : 'a'} ${kind}, which this model does not read.)`,
  };
}

function resultMedia(request: InferenceRequest, context: RuleContext): InferenceRequest {
  return mapContent(request, (message) => {
    if (message.role !== 'user') return message.content;
    const follows: ContentBlock[] = [];
    const content = flatMapBlocks(message.content, (block) => {
      if (!('toolResult' in block)) return [block];
      const { toolResult } = block;
      const placed = toolResult.content.map((part) => placePart(part, toolResult.toolUseId, context));
      if (placed.every(({ stays }, at) => stays[0] === toolResult.content[at])) return [block];
      follows.push(...placed.flatMap((part) => part.follows));
      return [{ toolResult: { ...toolResult, content: placed.flatMap(({ stays }) => stays) } }];
    });
    return follows.length === 0 ? content : [...content, ...follows];
  });
}

/**
 * Converse and Nova's own form take an object here and nothing else: `The format of the value at
 * messages.2.content.0.toolResult.content.0.json is invalid` (sigoden/aichat#1542; for a member `__type`: maximhq/bifrost#5762).
 */
function objectJson(request: InferenceRequest, { api, model, warn }: RuleContext): InferenceRequest {
  if (!isConverseForm(api, model.family)) return request;
  return mapResults(request, (result) => {
    if (!result.content.some((part) => 'json' in part && !isPlainObject(part.json))) return result;
    warn('JSON in a tool result was sent as text, because Bedrock takes only an object there.');
    const content = result.content.map((part) =>
      'json' in part && !isPlainObject(part.json) ? { text: jsonText(part.json) } : part,
    );
    return { ...result, content };
  });
}

function isPlainObject(value: JsonValue): boolean {
  return isJsonObject(value) && !hasTypeMember(value);
}

function hasTypeMember(value: JsonValue): boolean {
  if (Array.isArray(value)) return value.some(hasTypeMember);
  if (!isJsonObject(value)) return false;
  return Object.entries(value).some(([name, member]) => name === '__type' || hasTypeMember(member));
}

const jsonText = (value: JsonValue): string => (typeof value === 'string' ? value : JSON.stringify(value));

/** Claude wants results before anything else in the turn; nobody minds the order. */
function resultsFirst(message: Message, context: RuleContext): readonly ContentBlock[] {
  const last = message.content.findLastIndex(isResult);
  if (message.role !== 'user' || message.content.slice(0, last + 1).every(isResult)) return message.content;
  const results = message.content.filter(isResult);
  context.warn('Tool results were put first in their message.');
  return [...results, ...message.content.filter((block) => !isResult(block))];
}

/**
 * Splits turns that mix tool results with other content, for models that refuse the mix (browser-use#710).
 * Roles must alternate, so a short assistant turn stands between (recorded with Palmyra X4: accepted).
 */
export function separateResults(request: InferenceRequest): InferenceRequest {
  const messages = request.messages.flatMap((message): Message[] => {
    const results = message.content.filter(isResult);
    if (message.role !== 'user' || results.length === 0 || results.length === message.content.length) {
      return [message];
    }
    const rest = message.content.filter((block) => !isResult(block));
    if (rest.every((block) => 'cachePoint' in block)) return [message];
    return [
      { role: 'user', content: results },
      { role: 'assistant', content: [{ text: '.' }] },
      { role: 'user', content: rest },
    ];
  });
  return withMessages(request, messages);
}

export const TOOL_RESULT_RULES: readonly Rule[] = [
  { name: 'object-tool-json', apply: objectJson },
  {
    name: 'filled-tool-results',
    apply: (request, context) => mapResults(request, (result) => filledResult(result, context)),
  },
  {
    name: 'tool-result-status',
    apply(request, context) {
      if (context.model.features.toolResultStatus !== false) return request;
      const plain = dropResultStatus(request);
      if (plain !== request) {
        context.warn('The status of tool results was left out, because the model does not accept it.');
      }
      return plain;
    },
  },
  { name: 'tool-result-media', apply: resultMedia },
  {
    name: 'tool-results-first',
    apply: (request, context) => mapContent(request, (message) => resultsFirst(message, context)),
  },
  {
    name: 'tool-results-alone',
    apply(request, context) {
      if (context.model.features.toolResultAlone !== true) return request;
      const separate = separateResults(request);
      if (separate !== request) {
        context.warn(
          'Tool results were sent in a turn of their own, because the model refuses them beside other content.',
        );
      }
      return separate;
    },
  },
];
