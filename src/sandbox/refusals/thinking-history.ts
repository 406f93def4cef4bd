/** What Claude refuses of the thinking in earlier turns, on both APIs; Converse wraps it in a sentence of its own. */
import type { ModelRecord } from '../../catalog/types.ts';
import type { JsonObject, JsonValue } from '../../json.ts';
import { stableId } from '../answers/answer.ts';
import { listOf, objectOf, own, textOf } from '../json-read.ts';

interface HistoryBlock {
  /** Anthropic's name for it. */
  readonly type: string;
  readonly signature: string;
}

const SIGNATURE = /^sandbox([A-Za-z0-9]{10})/;

/** It tells nothing to a reader, like a real one, and the model that made it knows it again. */
export function signatureOf(model: ModelRecord, text: string): string {
  return `sandbox${stableId(model.id, 10)}${stableId(text, 23)}`;
}

export function messagesComplaint(
  model: ModelRecord,
  fields: JsonObject,
  messages: JsonValue | undefined,
): string | undefined {
  if (model.family !== 'claude') return undefined;
  const history = listOf(messages).map((message) => listOf(objectOf(message)['content']).map(readBlock));
  return (
    signatureComplaint(model, history) ??
    thinkingFirstComplaint(model, fields, history) ??
    thinkingOrderComplaint(model, fields, history)
  );
}

/** Anthropic's words, for thinking with a budget (aws/bedrock-agentcore-sdk-python#419). */
function thinkingOrderComplaint(
  model: ModelRecord,
  fields: JsonObject,
  history: readonly (readonly HistoryBlock[])[],
): string | undefined {
  if (!thinksWithBudget(model, fields)) return undefined;
  const at = history.findIndex(
    ([first, ...rest]) =>
      first !== undefined &&
      !THINKING.includes(first.type) &&
      rest.some(({ type }) => THINKING.includes(type)),
  );
  if (at < 0) return undefined;
  return `messages.${at}.content.0: If an assistant message contains any thinking blocks, the first block must be \`thinking\` or \`redacted_thinking\`. Found \`${history[at]?.[0]?.type}\`.`;
}

function thinksWithBudget(model: ModelRecord, fields: JsonObject): boolean {
  return (
    model.features.reasoning === 'claude-budget' &&
    own(objectOf(own(fields, 'thinking')), 'type') === 'enabled'
  );
}

/** A block of either API. */
function readBlock(value: JsonValue): HistoryBlock {
  const block = objectOf(value);
  if (typeof block['type'] === 'string')
    return { type: block['type'], signature: textOf(block['signature']) };
  const reasoning = objectOf(block['reasoningContent']);
  if (own(reasoning, 'redactedContent') !== undefined) return { type: 'redacted_thinking', signature: '' };
  const text = own(reasoning, 'reasoningText');
  if (text !== undefined) return { type: 'thinking', signature: textOf(objectOf(text)['signature']) };
  if (own(block, 'toolUse') !== undefined) return { type: 'tool_use', signature: '' };
  return { type: own(block, 'toolResult') === undefined ? 'text' : 'tool_result', signature: '' };
}

/** Claude refuses what another model signed (vybestack/llxprt-code#2335). Signatures from elsewhere are taken here. */
function signatureComplaint(
  model: ModelRecord,
  history: readonly (readonly HistoryBlock[])[],
): string | undefined {
  for (const [message, blocks] of history.entries()) {
    const block = blocks.findIndex(({ signature }) => {
      const maker = SIGNATURE.exec(signature)?.[1];
      return maker !== undefined && maker !== stableId(model.id, 10);
    });
    if (block >= 0)
      return `messages.${message}.content.${block}: Invalid \`signature\` in \`thinking\` block`;
  }
  return undefined;
}

const THINKING = ['thinking', 'redacted_thinking'];

/** Thinking with a budget wants to stand in front of an open round of tool calls (RooCodeInc/Roo-Code#11238). */
function thinkingFirstComplaint(
  model: ModelRecord,
  fields: JsonObject,
  history: readonly (readonly HistoryBlock[])[],
): string | undefined {
  if (!thinksWithBudget(model, fields)) return undefined;
  const [round = [], results = []] = history.slice(-2);
  const isOpen =
    results.some(({ type }) => type === 'tool_result') && round.some(({ type }) => type === 'tool_use');
  const first = round[0]?.type ?? '';
  if (!isOpen || THINKING.includes(first)) return undefined;
  return `messages.${history.length - 2}.content.0.type: Expected \`thinking\` or \`redacted_thinking\`, but found \`${first}\`. When \`thinking\` is enabled, a final \`assistant\` message must start with a thinking block (preceeding the lastmost set of \`tool_use\` and \`tool_result\` blocks). We recommend you include thinking blocks from previous turns. To avoid this requirement, disable \`thinking\`. Please consult our documentation at https://docs.claude.com/en/docs/build-with-claude/extended-thinking`;
}
