/** What the tool told of an answer, and what it sent of it in the next turn, in the words of the independent reader. */
import type { Raw, Row } from './row.ts';
import type { Said } from './said.ts';

export type Words = Pick<
  Said,
  'text' | 'reasoning' | 'redacted' | 'tools' | 'toolResults' | 'citations' | 'stop' | 'usage'
>;

function nothing(): Words {
  const lists = { tools: [], toolResults: [], citations: [] };
  return { text: '', reasoning: '', redacted: '', ...lists, stop: undefined, usage: {} };
}

/** The tool's structured answer. */
export function wordsOf(structured: Raw): Words {
  const { input_tokens, output_tokens, cache_read_tokens, cache_write_tokens } =
    structured.receipt.usage ?? {};
  const usage = {
    input: input_tokens,
    output: output_tokens,
    cacheRead: cache_read_tokens,
    cacheWrite: cache_write_tokens,
  };
  const words: Words = {
    ...nothing(),
    text: structured.text,
    stop: structured.stop_reason,
    usage: present(usage),
  };
  for (const block of structured.content ?? []) addBlock(words, block, false);
  for (const { text = '', signature, redacted } of structured.reasoning ?? [])
    addReasoning(words, text, signature, redacted);
  if (structured.content === undefined)
    words.tools = (structured.tool_calls ?? []).map(({ toolUseId: id, name, input }: Raw) => ({
      id,
      name,
      input,
    }));
  return words;
}

/** What the recorded answer says, as the tool has to tell it. A receipt leaves cached tokens out where there are none. */
export function wordsSaid(said: Said): Words {
  const { text, reasoning, redacted, tools, toolResults, citations, stop } = said;
  const { input, output, cacheRead, cacheWrite } = said.usage;
  const usage = present({
    input,
    output,
    cacheRead: cacheRead || undefined,
    cacheWrite: cacheWrite || undefined,
  });
  return { text, reasoning, redacted, tools, toolResults, citations, stop, usage };
}

function present(counts: Record<string, number | undefined>): Said['usage'] {
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== undefined));
}

/** A block in Converse's shape, bytes as base64. */
function addBlock(words: Words, block: Raw, withText: boolean): void {
  const { text, toolUse, toolResult, reasoningContent, citationsContent } = block;
  if (text !== undefined) words.text += withText ? text : '';
  else if (toolUse !== undefined) {
    const { toolUseId: id, name, input, type } = toolUse;
    words.tools.push({ id, name, input, ...(type === undefined ? {} : { type }) });
  } else if (toolResult !== undefined) words.toolResults.push(toolResult);
  else if (citationsContent !== undefined) {
    for (const part of citationsContent.content ?? []) words.text += withText ? part.text : '';
    words.citations.push(...citationsContent.citations);
  } else if (reasoningContent !== undefined) {
    const { reasoningText, redactedContent } = reasoningContent;
    addReasoning(words, reasoningText?.text ?? '', reasoningText?.signature, redactedContent);
  } else throw new Error(`a block that no recording has: ${JSON.stringify(block)}`);
}

function addReasoning(words: Words, text: string, signature: string | undefined, redacted?: string): void {
  words.reasoning += text + (signature === undefined ? '' : `#${signature}`);
  if (redacted !== undefined) {
    const before = Buffer.from(words.redacted, 'base64');
    words.redacted = Buffer.concat([before, Buffer.from(redacted, 'base64')]).toString('base64');
  }
}

export interface SentTurn extends Pick<Words, 'text' | 'reasoning' | 'redacted' | 'tools' | 'toolResults'> {
  /** IDs of the results that follow, in their order. */
  readonly answered: string[];
}

/**
 * What of an answer goes back in the next turn. Reasoning goes to those that signed or encrypted it; a form without
 * turns has the words in its prompt.
 */
export function turnDue(row: Row, said: Said): SentTurn {
  const { text, tools, toolResults } = said;
  const isOwn = /claude|gpt-[5-9]/.test(row.model_id) || row.family === 'profile';
  const { reasoning, redacted } = isOwn ? said : { reasoning: '', redacted: '' };
  return {
    text,
    reasoning,
    redacted,
    tools,
    toolResults,
    answered: tools.filter(isOpen).map(({ id }) => id),
  };
}

/** A call that the caller answers, not the provider itself. */
export function isOpen({ type }: Said['tools'][number]): boolean {
  return type !== 'server_tool_use';
}

/** The assistant's turns and what answers them, as they stand in a request's body. */
export function turnSent(body: Raw, due: SentTurn): SentTurn {
  const turn = { ...nothing(), answered: [] };
  if (Array.isArray(body.messages)) for (const message of body.messages) addMessage(turn, message);
  else if (textsIn(body).some((text) => text.includes(due.text.trim()))) turn.text = due.text;
  const { text, reasoning, redacted, tools, toolResults, answered } = turn;
  return { text, reasoning, redacted, tools, toolResults, answered };
}

function textsIn(value: Raw): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

function addMessage(turn: Words & { readonly answered: string[] }, message: Raw): void {
  const content: Raw[] = Array.isArray(message.content) ? message.content : [];
  if (message.role === 'tool') turn.answered.push(message.tool_call_id);
  if (message.role === 'user') {
    for (const block of content) {
      const id = block.toolResult?.toolUseId ?? block.tool_use_id;
      if (id !== undefined) turn.answered.push(id);
    }
  }
  if (message.role !== 'assistant') return;
  if (typeof message.content === 'string') turn.text += message.content;
  for (const block of content) addBlock(turn, block.type === undefined ? block : asConverses(block), true);
  for (const { id, function: call } of message.tool_calls ?? [])
    turn.tools.push({ id, name: call.name, input: JSON.parse(call.arguments) });
}

/** Anthropic's and OpenAI's blocks, each with its type. */
function asConverses(block: Raw): Raw {
  const { type, text, thinking, signature, data, id, name, input } = block;
  if (type === 'text') return { text };
  if (type === 'thinking') return { reasoningContent: { reasoningText: { text: thinking, signature } } };
  if (type === 'redacted_thinking') return { reasoningContent: { redactedContent: data } };
  if (type === 'tool_use') return { toolUse: { toolUseId: id, name, input } };
  return block;
}
