/** Rules about tool calls and their results in the conversation. */

import type { MediaKind } from '../../../catalog/types.ts';
import { isJsonObject } from '../../../json.ts';
import { isOpenCall, isServerToolResult } from '../../../messages/server-tools.ts';
import type {
  ContentBlock,
  InferenceRequest,
  Message,
  ToolResultBlock,
  ToolResultContent,
} from '../../../messages/types.ts';
import { shortHash } from './renames.ts';
import {
  at,
  flatMapBlocks,
  isBlank,
  mapContent,
  quoted,
  type Rule,
  type RuleContext,
  refusal,
  unsupported,
  withMessages,
} from './rule.ts';

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

interface Place {
  readonly id: string;
  readonly field: string;
}
interface Turn {
  readonly role: Message['role'];
  readonly calls: Place[];
  readonly results: Place[];
}

/** Consecutive messages of a role are one turn; tools that the provider ran itself are answered inside their own turn. */
function turnsOf(messages: readonly Message[]): readonly Turn[] {
  const turns: Turn[] = [];
  messages.forEach((message, m) => {
    let turn = turns.at(-1);
    if (turn?.role !== message.role) {
      turn = { role: message.role, calls: [], results: [] };
      turns.push(turn);
    }
    message.content.forEach((block, b) => {
      if (isOpenCall(block)) {
        turn.calls.push({ id: block.toolUse.toolUseId, field: at(m, b, 'toolUse') });
      }
      if ('toolResult' in block && message.role === 'user') {
        turn.results.push({ id: block.toolResult.toolUseId, field: at(m, b, 'toolResult') });
      }
    });
  });
  return turns;
}

function pairedCalls(request: InferenceRequest): InferenceRequest {
  const turns = turnsOf(request.messages).filter((turn) => turn.role !== 'system');
  turns.forEach((turn, index) => {
    const answers = new Set(turns[index + 1]?.results.map(({ id }) => id));
    const asked = new Set(turns[index - 1]?.calls.map(({ id }) => id));
    const own = new Set<string>();
    for (const { id, field } of turn.calls) {
      if (own.has(id)) {
        throw refusal(
          field,
          `The tool use ID ${quoted(id)} is used twice in one turn.`,
          'Give every call its own ID.',
        );
      }
      own.add(id);
      if (answers.has(id)) continue;
      throw refusal(
        field,
        `The tool call ${quoted(id)} has no result in the next user message.`,
        'Add a toolResult with this toolUseId to the next user message (an error result will do), or remove the call.',
      );
    }
    const answered = new Set<string>();
    for (const { id, field } of turn.results) {
      if (!asked.has(id)) {
        throw refusal(
          field,
          `The tool result ${quoted(id)} answers no tool call of the assistant message before it.`,
          'Keep the assistant message with the matching toolUse in the conversation, or remove the result.',
        );
      }
      if (answered.has(id)) {
        throw refusal(
          field,
          `The tool call ${quoted(id)} is answered twice.`,
          'Send one result for each call.',
        );
      }
      answered.add(id);
    }
  });
  return request;
}

function toolBlockRoles(request: InferenceRequest): InferenceRequest {
  request.messages.forEach((message, m) => {
    message.content.forEach((block, b) => {
      if ('toolUse' in block && message.role !== 'assistant') {
        throw refusal(
          at(m, b, 'toolUse'),
          `A toolUse block stands in a ${message.role} message.`,
          'Tool calls belong to assistant messages.',
        );
      }
      // Only a provider's own tool is answered by the assistant, and its results carry a type.
      if ('toolResult' in block && message.role !== 'user' && !isServerToolResult(block.toolResult)) {
        throw refusal(
          at(m, b, 'toolResult'),
          `A toolResult block stands in a ${message.role} message.`,
          'Tool results belong to the user message after the call.',
        );
      }
    });
  });
  return request;
}

/** Text of a broken call, kept after `malformed_tool_use`, must not poison the rest of the conversation. */
function objectInput(block: ContentBlock, context: RuleContext): ContentBlock {
  if (!('toolUse' in block) || isJsonObject(block.toolUse.input)) return block;
  context.warn('A tool input in the history was not an object and was wrapped in {"value": ...}.');
  return { toolUse: { ...block.toolUse, input: { value: block.toolUse.input } } };
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

const MEDIA_FEATURE = { image: 'images', document: 'documents', video: 'video' } as const;

function mediaOf(part: ToolResultContent): keyof typeof MEDIA_FEATURE | undefined {
  if ('image' in part) return 'image';
  if ('document' in part) return 'document';
  return 'video' in part ? 'video' : undefined;
}

/** Takes media that a tool result may not carry out of it; they follow as the user's own content. */
function moveMedia(
  message: Message,
  allowed: readonly MediaKind[],
  context: RuleContext,
): readonly ContentBlock[] {
  const moved: ContentBlock[] = [];
  const content = flatMapBlocks(message.content, (block) => {
    if (!('toolResult' in block)) return [block];
    const stay: ToolResultContent[] = [];
    const before = moved.length;
    for (const part of block.toolResult.content) {
      const kind = mediaOf(part);
      if (kind === undefined || allowed.includes(kind) || 'text' in part || 'json' in part) stay.push(part);
      else {
        context.warn(
          `A ${kind} was moved out of its tool result into the user message, because the model does not accept it there.`,
        );
        stay.push({ text: `(The ${kind} follows after the tool results.)` });
        moved.push({ text: `The ${kind} of tool result ${block.toolResult.toolUseId}:` }, part);
      }
    }
    return moved.length === before ? [block] : [{ toolResult: { ...block.toolResult, content: stay } }];
  });
  return moved.length === 0 ? content : [...content, ...moved];
}

function resultMedia(request: InferenceRequest, context: RuleContext): InferenceRequest {
  const allowed = context.model.features.toolResultMedia;
  if (allowed === undefined) return request;
  return mapContent(request, (message) =>
    message.role === 'user' ? moveMedia(message, allowed, context) : message.content,
  );
}

/** Where a medium can go neither inside the result nor beside it, nothing safe is left. */
function resultMediaSupported(request: InferenceRequest, context: RuleContext): InferenceRequest {
  const { features } = context.model;
  request.messages.forEach((message, m) => {
    message.content.forEach((block, b) => {
      if (!('toolResult' in block)) return;
      for (const part of block.toolResult.content) {
        const kind = mediaOf(part);
        if (kind === undefined || features.toolResultMedia?.includes(kind) === true) continue;
        if (features[MEDIA_FEATURE[kind]] === false) {
          throw unsupported(
            context.model,
            at(m, b, 'toolResult'),
            `a ${kind} in a tool result`,
            'Return text or JSON from the tool, or choose a model that takes this medium.',
          );
        }
      }
    });
  });
  return request;
}

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

const NINE = /^[a-zA-Z0-9]{9}$/;
const CONVERSE_ID = /^[a-zA-Z0-9_.:-]{1,64}$/;
/** Anthropic's own pattern is narrower than Converse's. */
const ANTHROPIC_ID = /^[a-zA-Z0-9_-]{1,64}$/;

function mapToolUseIds(request: InferenceRequest, context: RuleContext): InferenceRequest {
  const { model, toolUseIds } = context;
  const nine = model.features.toolUseId === 'nine-alphanumerics';
  // Converse hands Claude's IDs on as they are.
  const pattern = nine ? NINE : model.family === 'claude' ? ANTHROPIC_ID : CONVERSE_ID;
  const ids = new Set(
    request.messages.flatMap((message) =>
      message.content.flatMap((block) => {
        if ('toolUse' in block) return [block.toolUse.toolUseId];
        return 'toolResult' in block ? [block.toolResult.toolUseId] : [];
      }),
    ),
  );
  const bad = [...ids].filter((id) => !pattern.test(id));
  if (bad.length === 0) return request;
  for (const id of ids) if (pattern.test(id)) toolUseIds.keep(id);
  for (const id of bad) {
    // A hash, never a part of the ID: Bedrock's IDs all begin alike, so cut ones would soon be the same.
    toolUseIds.rename(id, (attempt) =>
      nine ? shortHash(id, attempt, 9) : `tooluse_${shortHash(id, attempt, 20)}`,
    );
  }
  context.warn('Tool use IDs of the history were rewritten to the form that the model accepts.');
  const sent = toolUseIds.sent;
  return mapContent(request, (message) =>
    flatMapBlocks(message.content, (block) => {
      if ('toolUse' in block) {
        return [{ toolUse: { ...block.toolUse, toolUseId: sent(block.toolUse.toolUseId) } }];
      }
      if (!('toolResult' in block)) return [block];
      return [{ toolResult: { ...block.toolResult, toolUseId: sent(block.toolResult.toolUseId) } }];
    }),
  );
}

export const TOOL_TURN_CHECKS: readonly Rule[] = [
  { name: 'tool-block-roles', apply: toolBlockRoles },
  { name: 'paired-tool-calls', apply: pairedCalls },
  { name: 'tool-result-media-supported', apply: resultMediaSupported },
];

export const TOOL_TURN_RULES: readonly Rule[] = [
  {
    name: 'object-tool-input',
    apply: (request, context) =>
      mapContent(request, (message) =>
        flatMapBlocks(message.content, (block) => [objectInput(block, context)]),
      ),
  },
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
  { name: 'tool-use-ids', apply: mapToolUseIds },
];
