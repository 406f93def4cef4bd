/** Rules about the order of turns, system text and empty text. */
import type { ContentBlock, InferenceRequest, Message, SystemBlock } from '../../../messages/types.ts';
import { THINKING_FIRST } from './reasoning-history.ts';
import {
  at,
  flatMapBlocks,
  isBlank,
  mapContent,
  type Rule,
  type RuleContext,
  refusal,
  withMessages,
} from './rule.ts';
import { isThinking } from './sampling.ts';

/** The text of a turn that has to be there for the form's sake only. */
const CONTINUE = 'Continue.';
/** What a user turn opens with when the conversation would open with the model's. */
const OPENING = 'Begin.';

type Blank = (block: ContentBlock) => boolean;
const isBlankText: Blank = (block) => 'text' in block && isBlank(block.text);
const isEmptyText: Blank = (block) => 'text' in block && block.text === '';

/** White space alone is refused by Claude, and taken by all others; of a model that nobody knows it may be Claude. */
export function blankTextOf(family: string): Blank {
  return family.startsWith('claude') || family === 'unknown' ? isBlankText : isEmptyText;
}
const isCachePoint = (block: ContentBlock): boolean => 'cachePoint' in block;

function withSystem(request: InferenceRequest, system: readonly SystemBlock[]): InferenceRequest {
  const { system: _, ...rest } = request;
  return system.length === 0 ? rest : { ...rest, system };
}

/** Moves the system text in front of the first user message, for models without a system prompt. */
export function moveSystemToUser(request: InferenceRequest): InferenceRequest {
  const moved = (request.system ?? []).filter((block) => !('cachePoint' in block));
  const rest = withSystem(request, []);
  if (moved.length === 0) return rest;
  const first = rest.messages.findIndex((message) => message.role === 'user');
  const before = first === -1 ? 0 : first;
  const target = rest.messages[before];
  if (first === -1 || target === undefined) {
    return { ...rest, messages: [{ role: 'user', content: moved }, ...rest.messages] };
  }
  const message: Message = { role: 'user', content: [...moved, ...target.content] };
  return { ...rest, messages: rest.messages.with(before, message) };
}

/** Ends the conversation with a user turn. The assistant's text stays: it may be a real answer. */
export function appendUserTurn(request: InferenceRequest): InferenceRequest {
  return { ...request, messages: [...request.messages, { role: 'user', content: [{ text: CONTINUE }] }] };
}

/** Opens the conversation with a user turn. */
export function prependUserTurn(request: InferenceRequest): InferenceRequest {
  return { ...request, messages: [{ role: 'user', content: [{ text: OPENING }] }, ...request.messages] };
}

function refuseEmpty(message: Message, index: number, isNothing: Blank): void {
  if (message.role === 'assistant' || message.content.some((b) => !isNothing(b) && !isCachePoint(b))) return;
  throw refusal(
    at(index, message.content.length === 0 ? undefined : 0),
    `The ${message.role} message ${at(index)} has no text in it.`,
    'Give it text that is more than white space, or leave the message out.',
  );
}

/** Blank text poisons a stored conversation: every later turn would be refused (hermes-agent#55092). */
function dropBlankText(request: InferenceRequest, context: RuleContext): InferenceRequest {
  const isNothing = blankTextOf(context.model.family);
  request.messages.forEach((message, index) => {
    refuseEmpty(message, index, isNothing);
  });
  const trimmed = mapContent(request, (message) =>
    flatMapBlocks(message.content, (block) => (isNothing(block) ? [] : [block])),
  );
  const messages = trimmed.messages.filter((message) => !message.content.every(isCachePoint));
  const system = request.system?.filter((block) => !('text' in block && isBlank(block.text)));
  const systemChanged = system !== undefined && system.length !== request.system?.length;
  if (trimmed !== request || systemChanged) {
    context.warn('Blank text blocks were left out, because Bedrock refuses them.');
  }
  if (messages.length < request.messages.length) context.warn('Empty assistant messages were left out.');
  const changed = withMessages(trimmed, messages);
  return systemChanged ? withSystem(changed, system) : changed;
}

/**
 * May the system message at `index` stand there? Behind a user turn, and last or in front of an answer; text alone
 * (platform.claude.com, "Mid-conversation system messages"). Neighbours of the same role count as one.
 */
function maySystemStand(messages: readonly Message[], index: number): boolean {
  const isOther = ({ role }: Message) => role !== 'system';
  const before = messages.slice(0, index).findLast(isOther);
  const after = messages.slice(index).find(isOther);
  return (
    before?.role === 'user' &&
    (after === undefined || after.role === 'assistant') &&
    messages[index]?.content.every(isSystemText) === true
  );
}

const isSystemText = (block: ContentBlock): boolean => 'text' in block || 'cachePoint' in block;

/** A system message in front of a user turn says the same behind it: both are read before the answer. */
function behindUserTurns(messages: readonly Message[], context: RuleContext): readonly Message[] {
  const moved: Message[] = [];
  const waiting: Message[] = [];
  for (const message of messages) {
    if (message.role === 'system' && message.content.every(isSystemText)) waiting.push(message);
    else {
      if (message.role === 'assistant') moved.push(...waiting.splice(0));
      moved.push(message);
    }
  }
  moved.push(...waiting);
  if (moved.every((message, index) => message === messages[index])) return messages;
  context.warn(
    'A system message in mid-conversation was moved behind the user turn that follows it, where the model takes one.',
  );
  return moved;
}

function systemTurns(request: InferenceRequest, context: RuleContext): InferenceRequest {
  if (request.messages.every((message) => message.role !== 'system')) return request;
  const body = request.messages.findIndex((message) => message.role !== 'system');
  const leading = request.messages.slice(0, body === -1 ? undefined : body);
  const takesThem = context.model.features.systemTurns === true;
  const turns = body === -1 ? [] : request.messages.slice(body);
  const rest = takesThem ? behindUserTurns(turns, context) : turns;
  const blocks = leading.flatMap(({ content }) => content);
  const hoisted = blocks.filter(isSystemBlock);
  const files = blocks.filter((block) => !isSystemBlock(block));
  if (files.length > 0)
    context.warn('What a system message held beside its text was sent with the user turn after it.');
  const changed =
    leading.length === 0 ? request : withSystem(request, [...(request.system ?? []), ...hoisted]);
  const messages = rest.map((message, index): Message => {
    if (message.role !== 'system' || (takesThem && maySystemStand(rest, index))) return message;
    return { ...message, role: 'user' };
  });
  if (messages.some((message, index) => message !== rest[index])) {
    context.warn(
      takesThem
        ? 'A system message in mid-conversation was sent as user text: the model takes one, of text alone, only between a user turn and an answer.'
        : 'System messages in mid-conversation were sent as user text, because the model takes none there.',
    );
  }
  // Neighbours of one role become one turn.
  const before: readonly Message[] = files.length === 0 ? [] : [{ role: 'user', content: files }];
  return { ...changed, messages: [...before, ...messages] };
}

/** A system prompt holds text, guard content and cache points, nothing else. */
function isSystemBlock(block: ContentBlock): block is Extract<ContentBlock, SystemBlock> {
  return 'text' in block || 'guardContent' in block || 'cachePoint' in block;
}

function mergeSameRole(request: InferenceRequest, context: RuleContext): InferenceRequest {
  const messages: Message[] = [];
  for (const message of request.messages) {
    const before = messages.at(-1);
    if (before?.role !== message.role) messages.push(message);
    else messages[messages.length - 1] = { ...before, content: [...before.content, ...message.content] };
  }
  if (messages.length === request.messages.length) return request;
  context.warn('Consecutive messages of the same role were merged, because roles must alternate.');
  return { ...request, messages };
}

function endWithUser(request: InferenceRequest, context: RuleContext): InferenceRequest {
  const last = request.messages.at(-1);
  if (last?.role !== 'assistant') return request;
  if (context.model.features.prefill === false || isThinking(request, context.model)) {
    context.warn(
      `The conversation ended with an assistant message, which this model does not continue; a user turn "${CONTINUE}" was added.`,
    );
    return appendUserTurn(request);
  }
  const tail = last.content.at(-1);
  if (context.model.family !== 'claude' || tail === undefined || !('text' in tail)) return request;
  const text = tail.text.trimEnd();
  if (text === tail.text) return request;
  context.warn(
    'White space at the end of the last assistant message was cut off, because Claude refuses it.',
  );
  const content = [...last.content.slice(0, -1), { text }];
  return { ...request, messages: [...request.messages.slice(0, -1), { ...last, content }] };
}

/** Refusals: run before anything moves, so that the fields named are the caller's own. */
export const TURN_CHECKS: readonly Rule[] = [
  {
    name: 'some-message',
    apply(request) {
      // A prompt from Prompt Management brings its own messages.
      if (request.messages.length > 0 || request.promptVariables !== undefined) return request;
      throw refusal(
        'messages',
        'There is no message to send.',
        'Give a prompt or at least one user message.',
      );
    },
  },
];

export const TURN_RULES: readonly Rule[] = [
  { name: 'blank-text', apply: dropBlankText },
  { name: 'system-turns', apply: systemTurns },
  {
    name: 'system-unsupported',
    apply(request, context) {
      if (context.model.features.system !== false || (request.system ?? []).length === 0) return request;
      context.warn(
        'The system text was put in front of the first user message, because the model takes none.',
      );
      return moveSystemToUser(request);
    },
  },
  { name: 'merge-same-role', apply: mergeSameRole },
  // Of two messages that became one, the second may be the one that thinks.
  THINKING_FIRST,
];

/** Run after tool results have found their places. */
export const ENDING_RULES: readonly Rule[] = [
  {
    name: 'user-first',
    apply(request, context) {
      if (context.model.features.userFirst !== true || request.messages[0]?.role !== 'assistant') {
        return request;
      }
      context.warn(`A user turn "${OPENING}" was put first, because the model wants the user to begin.`);
      return prependUserTurn(request);
    },
  },
  { name: 'user-last', apply: endWithUser },
];
