/**
 * A stored conversation as the next model takes it. Any model may continue any thread over either API, so what it cannot
 * be sent of the earlier turns is put into words, with a warning. What the caller says in this turn stays as it is, save
 * that results follow the tool calls that they answer. Pure.
 */

import { APIS } from '../../messages/apis.ts';
import { inWords, toolInWords } from '../../messages/blocks-as-text.ts';
import type { CodecModel, ContentBlock, InferenceRequest, Message, Tool } from '../../messages/types.ts';
import { BLOCK_NAMES } from '../codecs/prompt-text/prompt-turns.ts';
import { DOCUMENT_RULES } from '../prepare/rules/files/documents.ts';
import { isInS3 } from '../prepare/rules/files/sources.ts';
import { createRenames, type Renames } from '../prepare/rules/renames.ts';
import { flatMapBlocks, mapContent } from '../prepare/rules/rule.ts';
import { TOOL_TURN_RULES } from '../prepare/rules/tool-turns/tool-turns.ts';
import { blankTextOf, TURN_RULES } from '../prepare/rules/turns.ts';
import { isForeignTool, isOwnKind, withoutTools } from './carried-tools.ts';
import { flattenTurns } from './flatten-turns.ts';
import { fitPoints, withoutToolPoints } from './history-cache-points.ts';
import { fitBytes, fitCount, kindsNotTaken, withNotes, withoutKinds } from './history-media.ts';
import type { ReplayTarget } from './replay-target.ts';
import { settleTools } from './tool-pairing.ts';

export interface Adapted {
  readonly request: InferenceRequest;
  readonly warnings: readonly string[];
}

/**
 * `request.history` says which part of the request came from a thread; without it nothing is changed.
 * @param targetOf which API the request goes to, and what can be earlier there.
 * @throws BedrockError `invalid_request` for tool calls and results of this turn that do not fit together: kept as they
 * are, they would be refused for ever.
 */
export function adaptHistory(
  request: InferenceRequest,
  model: CodecModel,
  targetOf: (request: InferenceRequest) => ReplayTarget,
): Adapted {
  const { history, ...given } = request;
  if (history === undefined) return { request, warnings: [] };
  const warnings: string[] = [];
  const messages = settleTools(given.messages, history.messages);
  if (messages !== given.messages) {
    warnings.push(
      'Tool calls of the thread that nobody answered, and results that answer none, were put into words.',
    );
  }
  const settled = { ...given, messages };
  const noTools = model.features.tools === false && (history.tools || given.toolConfig === undefined);
  const offered = noTools
    ? withoutAnyTools(settled, model, warnings)
    : withoutStoredTools(
        settled,
        history,
        (tool) => isForeignTool(tool, history.toolFamily, model.family),
        "they are another provider's own",
        warnings,
      );
  const target = targetOf(offered);
  const carriedTools = withoutStoredTools(
    offered,
    history,
    (tool) => isOwnKind(tool) && 'nativeTool' in tool === (APIS[target.api].form === 'common'),
    `${APIS[target.api].name} does not carry them`,
    warnings,
  );
  const ready = history.tools && given.cache !== undefined ? withoutToolPoints(carriedTools) : carriedTools;
  const turn = ready.messages.slice(history.messages);
  const earlier = adaptMessages(ready, history.messages, model, target, warnings);
  if (target.takesTurns || earlier.length === 0)
    return { request: { ...ready, messages: [...earlier, ...turn] }, warnings };
  warnings.push(
    `The conversation was sent as one message: over ${APIS[target.api].name}, ${model.id} takes no turns.`,
  );
  return { request: { ...ready, messages: flattenTurns(earlier, turn) }, warnings };
}

/** The messages of the thread, as they can be sent beside this turn. */
function adaptMessages(
  request: InferenceRequest,
  count: number,
  model: CodecModel,
  target: ReplayTarget,
  warnings: string[],
): readonly Message[] {
  const turn = request.messages.slice(count);
  let earlier: readonly Message[] = request.messages.slice(0, count);
  const change = (changed: readonly Message[], warning: string) => {
    if (changed !== earlier) warnings.push(warning);
    earlier = changed;
  };
  const notTaken = kindsNotTaken(earlier, model.features);
  change(
    withoutKinds(earlier, notTaken),
    `Files of earlier turns were left out, each with a note in its place: ${model.id} takes no ${notTaken.join(', no ')}.`,
  );
  const left = new Set<string>();
  change(
    carried(earlier, target, left),
    `Of earlier turns, ${[...left].join(', ')} became text or a note: ${model.id} does not take them${APIS[target.api].form === 'provider' ? ` over ${APIS[target.api].name}` : ''}.`,
  );
  if (!target.takesFinishedRounds) {
    change(
      finishedRoundsInWords(earlier, turn),
      `Finished tool rounds of the thread were put into words: over ${APIS[target.api].name}, ${model.id} takes only those of the last question.`,
    );
  }
  const { mostFiles } = APIS[target.api];
  for (const kind of ['image', 'document'] as const) {
    if (mostFiles === undefined) continue;
    // A thread that collects files would otherwise come to an end at the limits of one request.
    change(
      fitCount(earlier, turn, kind, mostFiles[kind]),
      `The oldest ${kind}s of the thread were left out, each with a note in its place: one request takes ${mostFiles[kind]}.`,
    );
  }
  // Of no account to the answer, so nobody is told.
  earlier = fitPoints(earlier, { ...request, messages: turn });
  change(
    fitBytes(earlier, { ...request, messages: turn }),
    'The oldest files of the thread were left out, each with a note in its place: one request takes 25 MB.',
  );
  return quietly(earlier, model, target);
}

/** Tools that the caller gives in this turn stay, so that they are refused by name. */
function withoutStoredTools(
  request: InferenceRequest,
  history: NonNullable<InferenceRequest['history']>,
  isLeft: (tool: Tool) => boolean,
  why: string,
  warnings: string[],
): InferenceRequest {
  if (!history.tools) return request;
  const { request: fewer, names } = withoutTools(request, isLeft);
  if (names.length > 0) warnings.push(`Tools of the thread were left out (${names.join(', ')}): ${why}.`);
  return fewer;
}

/** This turn's results too: they answer calls that are words now. */
function withoutAnyTools(request: InferenceRequest, model: CodecModel, warnings: string[]): InferenceRequest {
  const { toolConfig, ...rest } = request;
  const worded = mapContent(rest, ({ content }) => flatMapBlocks(content, toolInWords));
  if (worded !== rest || toolConfig !== undefined)
    warnings.push(
      `Tool calls of the thread were put into words, and its tools left out: ${model.id} takes no tools in this call.`,
    );
  return worded;
}

/** What cannot be sent that way becomes text; `left` gets what it was. */
function carried(messages: readonly Message[], target: ReplayTarget, left: Set<string>): readonly Message[] {
  return withNotes(
    messages,
    (part, { role }, alone) => {
      if ('text' in part || 'json' in part || 'reasoningContent' in part || 'toolUse' in part) return false;
      if (target.carries(alone, role)) return false;
      const kind = Object.keys(part)[0] ?? '';
      if (kind !== 'cachePoint') left.add(isInS3(part) ? 'files in S3' : (BLOCK_NAMES[kind] ?? kind));
      return true;
    },
    inWords,
  );
}

/** Those before the last question, and those whose results came together with other words, which are one. */
function finishedRoundsInWords(earlier: readonly Message[], turn: readonly Message[]): readonly Message[] {
  const isResult = (block: ContentBlock) => 'toolResult' in block;
  const question = [...earlier, ...turn].findLastIndex(
    ({ role, content }) => role === 'user' && !content.some(isResult),
  );
  const mixed = earlier.findLastIndex(
    ({ role, content }) => role === 'user' && content.some(isResult) && !content.every(isResult),
  );
  return mapContent({ messages: earlier }, ({ content }, index) =>
    index < question || index <= mixed ? flatMapBlocks(content, toolInWords) : content,
  ).messages;
}

const MENDED = ['blank-text', 'object-tool-input', 'filled-tool-results'];
const FORM_RULES = [
  ...[...TURN_RULES, ...TOOL_TURN_RULES].filter(({ name }) => MENDED.includes(name)),
  ...DOCUMENT_RULES,
];

/** For a turn of white space, which the model of that turn took and Claude does not. */
const SILENCE = '[The user said nothing.]';

/** What the request rules mend in earlier turns was told in those turns; told in every later one, it would be noise. */
function quietly(messages: readonly Message[], model: CodecModel, { api }: ReplayTarget): readonly Message[] {
  if (messages.length === 0) return messages;
  const renames = { toolNames: createRenames(), toolUseIds: createRenames() };
  const context = { model, api, ...renames, inputNames: new Map<string, Renames>(), warn: () => undefined };
  const isNothing = blankTextOf(model.family);
  const spoken = messages.map((message): Message => {
    const isBlank = message.content.every((block) => isNothing(block) || 'cachePoint' in block);
    return message.role === 'user' && isBlank ? { ...message, content: [{ text: SILENCE }] } : message;
  });
  const mended = FORM_RULES.reduce<InferenceRequest>((draft, rule) => rule.apply(draft, context), {
    messages: spoken,
  });
  // Refusals name messages by their number.
  return mended.messages.length === messages.length ? mended.messages : messages;
}
