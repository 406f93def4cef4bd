/** `bedrock-mcp threads`: the stored conversations: `list`, `show <id>`, `delete <id> ...`. */
import { BedrockError } from '../../bedrock-error.ts';
import type { JsonObject } from '../../json.ts';
import type {
  ContentBlock,
  GuardContentBlock,
  MediaSource,
  Message,
  ReasoningBlock,
  ToolResultContent,
  Usage,
} from '../../messages/types.ts';
import type { ThreadList, ThreadStore } from '../../threads/store.ts';
import {
  describeThread,
  knownCost,
  summaryOf,
  type Thread,
  type ThreadSummary,
  type ThreadTurn,
} from '../../threads/thread.ts';

import type { Invocation } from '../command.ts';
import { type Column, printable, table } from './usage-table.ts';

export interface ThreadsOptions {
  readonly json: boolean;
  /** Takes text for stdout. */
  readonly write: (text: string) => void;
}

/**
 * Runs the command on stdout.
 * @returns the exit code: 1 when a thread to delete was not there.
 * @throws BedrockError `config`, `unknown_thread`.
 */
export async function threads({ words, flags, open }: Invocation): Promise<number> {
  const services = await (await open()).services();
  return runThreads(services.threads(), words, {
    json: flags['json'] === true,
    write: (text) => process.stdout.write(text),
  });
}

/** The same on a given store. */
export async function runThreads(
  store: ThreadStore,
  words: readonly string[],
  { json, write }: ThreadsOptions,
): Promise<number> {
  const [action = 'list', ...ids] = words;
  const [id] = ids;
  if (action === 'list' && id === undefined) {
    const list = await store.list();
    write(json ? `${JSON.stringify(list)}\n` : `${listText(list, store.place).join('\n')}\n`);
    return 0;
  }
  if (action === 'show' && id !== undefined && ids.length === 1) {
    const thread = await store.read(id);
    write(json ? `${JSON.stringify(describeThread(thread))}\n` : `${transcript(thread).join('\n')}\n`);
    return 0;
  }
  if (action === 'delete' && id !== undefined) return deleteThreads(store, ids, { json, write });
  throw new BedrockError('config', {
    message: `"threads ${printable(words.join(' ').slice(0, 80))}" is no command.`,
    fix: 'Write threads, threads list, threads show <id> or threads delete <id> ...; --json prints JSON.',
  });
}

async function deleteThreads(
  store: ThreadStore,
  ids: readonly string[],
  { json, write }: ThreadsOptions,
): Promise<number> {
  const deleted: string[] = [];
  const unknown: string[] = [];
  for (const id of new Set(ids)) ((await store.remove(id)) ? deleted : unknown).push(id);
  if (json) write(`${JSON.stringify({ deleted, unknown })}\n`);
  else {
    for (const id of deleted) write(`Deleted ${id}\n`);
    for (const id of unknown) write(`No thread ${printable(id.slice(0, 80))}\n`);
  }
  return unknown.length === 0 ? 0 : 1;
}

const COLUMNS: readonly Column<ThreadSummary>[] = [
  { title: 'Thread', value: ({ id }) => id },
  { title: 'Last used (UTC)', value: ({ last_used }) => minute(last_used) },
  { title: 'Expires', value: ({ expires }) => expires.slice(0, 10) },
  { title: 'Turns', value: ({ turns }) => String(turns), right: true },
  { title: 'Size', value: ({ bytes }) => size(bytes), right: true },
  { title: 'Tokens in', value: ({ input_tokens }) => count(input_tokens), right: true },
  { title: 'Tokens out', value: ({ output_tokens }) => count(output_tokens), right: true },
  { title: 'USD', value: usd, right: true },
  { title: 'Models', value: ({ models }) => models.join(', ') },
  { title: 'Notes', value: notes },
];

function listText({ threads, warnings }: ThreadList, place: string): string[] {
  const lines = threads.length === 0 ? [`No threads in ${printable(place)}.`] : table(COLUMNS, threads);
  if (warnings.length > 0) lines.push('', ...warnings.map((warning) => printable(`Note: ${warning}`)));
  return lines;
}

function usd({ cost_usd, cost_note }: ThreadSummary): string {
  if (cost_usd === undefined) return '?';
  return cost_note === undefined ? cost_usd : `${cost_usd} + ?`;
}

function notes({ waiting_for_tools, warnings }: ThreadSummary): string {
  return [
    ...(waiting_for_tools === undefined ? [] : ['waits for tool results']),
    ...(warnings === undefined ? [] : ['damaged']),
  ].join(', ');
}

function transcript(thread: Thread): string[] {
  const summary = summaryOf(thread);
  const { id, created, lastUsed, expires, bytes, setup, turns } = thread;
  const lines = [
    `Thread ${id}: ${summary.turns} turns, ${size(bytes)}`,
    `Created ${minute(created)}, last used ${minute(lastUsed)}, expires ${minute(expires)} (UTC)`,
    ...(summary.warnings ?? []).map((warning) => printable(`Note: ${warning}`)),
  ];
  const system = (setup.system ?? []).flatMap((block) => ('text' in block ? textLines(block.text) : []));
  if (system.length > 0) lines.push('', 'system:', ...system);
  const tools = (setup.toolConfig?.tools ?? []).flatMap((tool) =>
    'toolSpec' in tool ? [tool.toolSpec.name] : [],
  );
  if (tools.length > 0) lines.push('', printable(`tools: ${tools.join(', ')}`));
  for (const [at, turn] of turns.entries()) {
    lines.push('', printable(turnLine(turn, at + 1)));
    for (const message of turn.added) lines.push('', ...messageLines(message));
  }
  if (summary.waiting_for_tools !== undefined)
    lines.push('', printable(`Waits for the results of: ${summary.waiting_for_tools.join(', ')}`));
  const cost = summary.cost_usd === undefined ? [] : [`Cost: ${summary.cost_usd} USD.`];
  lines.push('', [...cost, ...(summary.cost_note === undefined ? [] : [summary.cost_note])].join(' '));
  return lines;
}

function turnLine(turn: ThreadTurn, number: number): string {
  const cost = knownCost(turn);
  const facts = [
    minute(turn.time),
    `${turn.modelId} (${turn.api})`,
    ...tokens(turn.usage),
    cost === undefined ? 'cost not known' : `${cost} USD`,
    turn.stopReason,
    `call ${turn.callId}`,
  ];
  return `--- turn ${number}: ${facts.join(', ')}`;
}

function tokens(usage: Usage | undefined): string[] {
  const { inputTokens, outputTokens } = usage ?? {};
  return [
    ...(inputTokens === undefined ? [] : [`${count(inputTokens)} tokens in`]),
    ...(outputTokens === undefined ? [] : [`${count(outputTokens)} tokens out`]),
  ];
}

function messageLines({ role, family, content }: Message): string[] {
  const who = family === undefined ? role : `${role} (${family})`;
  return [printable(`${who}:`), ...content.flatMap(blockLines)];
}

function blockLines(block: ContentBlock): string[] {
  if ('text' in block) return textLines(block.text);
  if ('image' in block || 'document' in block || 'video' in block) return [mediaLine(block)];
  if ('audio' in block) return note(`audio ${block.audio.format}${amount(block.audio.source)}`);
  if ('toolUse' in block) {
    const { name, toolUseId, input } = block.toolUse;
    return [printable(`  [tool call ${name} ${toolUseId}] ${JSON.stringify(input)}`)];
  }
  if ('toolResult' in block) {
    const { toolUseId, status, content } = block.toolResult;
    const failed = status === 'error' ? ', error' : '';
    return [...note(`tool result ${toolUseId}${failed}`), ...content.flatMap(resultLines)];
  }
  if ('reasoningContent' in block) return reasoningLines(block.reasoningContent);
  if ('cachePoint' in block) return note('cache point');
  if ('guardContent' in block) return guardedLines(block.guardContent);
  if ('citationsContent' in block) {
    const { content, citations } = block.citationsContent;
    return [...content.flatMap(({ text }) => textLines(text)), ...note(`${citations.length} citations`)];
  }
  if ('searchResult' in block) return [searchLine(block.searchResult)];
  return note(block.unknown.name);
}

function reasoningLines(reasoning: ReasoningBlock): string[] {
  return 'reasoningText' in reasoning
    ? [...note('reasoning'), ...textLines(reasoning.reasoningText.text)]
    : note(`hidden reasoning ${size(reasoning.redactedContent.byteLength)}`);
}

function guardedLines(guarded: GuardContentBlock): string[] {
  return 'text' in guarded
    ? [...note('checked by the guardrail'), ...textLines(guarded.text.text)]
    : note(`image ${guarded.image.format}${amount(guarded.image.source)}, checked by the guardrail`);
}

function resultLines(part: ToolResultContent): string[] {
  if ('text' in part) return textLines(part.text);
  if ('json' in part) return [printable(`  ${JSON.stringify(part.json)}`)];
  return ['searchResult' in part ? searchLine(part.searchResult) : mediaLine(part)];
}

function searchLine(result: JsonObject): string {
  return printable(`  [search result] ${JSON.stringify(result)}`);
}

function mediaLine(
  part: Extract<ContentBlock, { image: unknown } | { document: unknown } | { video: unknown }>,
) {
  const text =
    'image' in part
      ? `image ${part.image.format}${amount(part.image.source)}`
      : 'video' in part
        ? `video ${part.video.format}${amount(part.video.source)}`
        : `document ${part.document.format} ${JSON.stringify(part.document.name)}${amount(part.document.source)}`;
  return printable(`  [${text}]`);
}

function amount(
  source:
    | MediaSource
    | { readonly text: string }
    | { readonly content: readonly { readonly text: string }[] },
): string {
  if ('bytes' in source) return ` ${size(source.bytes.byteLength)}`;
  if ('s3Location' in source) return ` ${source.s3Location.uri}`;
  const texts = 'text' in source ? [source] : source.content;
  return ` ${size(texts.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0))}`;
}

function note(text: string): string[] {
  return [printable(`  [${text}]`)];
}

/** Lines of somebody's words, each made safe by itself, so that paragraphs stay. */
function textLines(text: string): string[] {
  return text.split(/\r?\n/).map((line) => printable(`  ${line.replaceAll('\t', '  ')}`).trimEnd());
}

function minute(iso: string): string {
  return new Date(iso).toISOString().slice(0, 16).replace('T', ' ');
}

function count(value: number | undefined): string {
  return value?.toLocaleString('en-US') ?? '';
}

function size(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 1_000_000) return `${Math.round(bytes / 1000)} kB`;
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}
