/**
 * Tool calls and results of a stored conversation. What does not fit together in earlier turns would be refused by every
 * model for ever, so it goes into words; what does not fit in this turn is refused before it can be stored. Pure.
 */
import { toolInWords } from '../../messages/blocks-as-text.ts';
import type { Message } from '../../messages/types.ts';
import { at, flatMapBlocks, mapContent, quoted, refusal } from '../prepare/rules/rule.ts';
import { faultRefusal, type ToolFault, toolFaults } from '../prepare/rules/tool-turns/tool-faults.ts';

/**
 * The conversation with the broken calls and results of its first `stored` messages put into words; the same array when
 * there are none.
 * @throws BedrockError `invalid_request` for those of this turn, and for a call of the last answer that it leaves open.
 */
export function settleTools(messages: readonly Message[], stored: number): readonly Message[] {
  const faults = toolFaults(messages);
  if (faults.length === 0) return messages;
  const lastUser = messages.slice(0, stored).findLastIndex(({ role }) => role === 'user');
  const isOpen = ({ wrong, message }: ToolFault) =>
    wrong === 'unanswered' && message > lastUser && message < stored;
  const own = faults.find(({ message }) => message >= stored);
  const open = faults.filter(isOpen);
  if (own !== undefined && own.wrong !== 'orphan') throw wrongInTurn(own, messages, stored);
  if (open.length > 0) throw stillWaiting(open, messages);
  if (own !== undefined) throw wrongInTurn(own, messages, stored);
  const broken = new Set(faults.map(({ message, block }) => at(message, block)));
  return mapContent({ messages }, ({ content }, m) =>
    flatMapBlocks(content, (block, b) => (broken.has(at(m, b)) ? toolInWords(block) : [block])),
  ).messages;
}

/** The result that a caller has to send, as it is written. */
const resultFor = (id: string) =>
  `{"role":"user","content":[{"toolResult":{"toolUseId":${quoted(id)},"content":[{"text":"..."}]}}]}`;

function stillWaiting(open: readonly ToolFault[], messages: readonly Message[]): Error {
  const calls = open.map(({ message, block, id }) => {
    const call = messages[message]?.content[block];
    return call !== undefined && 'toolUse' in call ? `${quoted(id)} (${call.toolUse.name})` : quoted(id);
  });
  return refusal(
    'messages',
    `The thread still waits for the result of ${calls.join(', ')}.`,
    `Begin messages with ${resultFor(open[0]?.id ?? '')}, one toolResult for each call (an error result will do), or begin another thread.`,
  );
}

function wrongInTurn(fault: ToolFault, messages: readonly Message[], stored: number): Error {
  const { wrong, message, block, id } = fault;
  const isCall = wrong === 'same-id' || wrong === 'unanswered';
  const part = messages[message]?.content[block];
  const field = at(message, block, part !== undefined && 'toolUse' in part ? 'toolUse' : 'toolResult');
  const earlier = messages.slice(0, isCall ? stored : message);
  switch (wrong) {
    case 'misplaced':
      return refusal(
        field,
        `${field} stands in a message of the ${messages[message]?.role ?? 'wrong role'}.`,
        'Tool calls belong to assistant messages, their results to the user message after them.',
      );
    case 'same-id':
      return hasCall(earlier, id)
        ? refusal(
            field,
            `The thread has the tool call ${quoted(id)} already.`,
            `Leave the assistant message out and send only what is new: ${resultFor(id)}.`,
          )
        : refusal(
            field,
            `The tool use ID ${quoted(id)} is used twice in one turn.`,
            'Give every call its own ID.',
          );
    case 'unanswered':
    case 'twice':
      return faultRefusal(fault);
    case 'orphan':
      return refusal(
        field,
        hasResult(earlier, id)
          ? `The thread has a result of the tool call ${quoted(id)} already.`
          : `The tool result ${quoted(id)} answers no tool call of the assistant message before it.`,
        'No call waits for it: leave it out, or say it as text.',
      );
  }
}

function hasCall(messages: readonly Message[], id: string): boolean {
  return messages.some(({ content }) =>
    content.some((block) => 'toolUse' in block && block.toolUse.toolUseId === id),
  );
}

function hasResult(messages: readonly Message[], id: string): boolean {
  return messages.some(({ content }) =>
    content.some((block) => 'toolResult' in block && block.toolResult.toolUseId === id),
  );
}
