/**
 * Lines of a thread's file -> the turns that make up the conversation. Several processes may write to one file: the
 * first record that follows the last accepted turn is the next one, and what another writer put behind the same turn is
 * left aside. Where a line is damaged, the turns around it stay as far as they still fit together.
 */
import type { Message } from '../../messages/types.ts';
import { type ThreadSetup, toolResultIds, toolUseIds, waitingIn } from '../thread.ts';
import type { LineRead, TurnRecord } from '../turn-record.ts';

export type ThreadLine = LineRead & {
  /** 1 for the first line. */
  readonly line: number;
  /** The last line, without its newline: somebody writes it now, or never finished. */
  readonly unended?: true;
};

export interface Chain {
  /** The conversation. */
  readonly turns: readonly TurnRecord[];
  /** What the next turn follows; undefined in an empty thread. */
  readonly last: TurnRecord | undefined;
  /** Of the first turn that can be read. */
  readonly first: TurnRecord | undefined;
  readonly setup: ThreadSetup;
  /** Sentences about what is missing. */
  readonly warnings: readonly string[];
}

interface Link {
  readonly record: TurnRecord;
  /** True when the turn before it is lost. */
  readonly gap: boolean;
}

/** Pure: the same lines always give the same conversation, in every process. */
export function chainOf(lines: readonly ThreadLine[]): Chain {
  const links = linksOf(lines);
  const warnings = lines.flatMap((each) => {
    if (!('damage' in each)) return [];
    return each.unended === true
      ? [`The last line of the thread's file (line ${each.line}) ${each.damage}; it is left out.`]
      : [`Line ${each.line} of the thread's file ${each.damage}; it is left out.`];
  });
  const turns: TurnRecord[] = [];
  let apart = false;
  let before = 0;
  for (const { record, gap } of links) {
    if (gap) warnings.push(lostTurns(before + 1, record.n - 1));
    before = record.n;
    apart ||= gap;
    if (!apart) {
      turns.push(record);
      continue;
    }
    for (
      let end = turns.at(-1);
      end !== undefined && waitingIn(end.turn.added).length > 0;
      end = turns.at(-1)
    ) {
      turns.pop();
      warnings.push(`Turn ${end.n} is left out: the results of its tool calls are lost.`);
    }
    if (hasOrphans(record.turn.added)) {
      warnings.push(`Turn ${record.n} is left out: the tool calls that its results belong to are lost.`);
      continue;
    }
    turns.push(record);
    apart = false;
  }
  return {
    turns,
    last: links.at(-1)?.record,
    first: links[0]?.record,
    setup: links.findLast(({ record }) => record.setup !== undefined)?.record.setup ?? {},
    warnings,
  };
}

/** Who follows whom. */
function linksOf(lines: readonly ThreadLine[]): Link[] {
  const links: Link[] = [];
  const known = new Set<string>();
  for (const line of lines) {
    if (!('record' in line) || known.has(line.record.key)) continue;
    const { record } = line;
    const next = follows(record, links.at(-1)?.record);
    // Its writer had read a turn that is no longer there. So what another writer had put in the lost turn's place had
    // come too late, and falls away.
    const gap = !next && record.n > 1 && record.after !== null && !known.has(record.after);
    known.add(record.key);
    if (gap) while ((links.at(-1)?.record.n ?? 0) >= record.n - 1) links.pop();
    if (next || gap) links.push({ record, gap });
  }
  return links;
}

function follows(record: TurnRecord, last: TurnRecord | undefined): boolean {
  return last === undefined
    ? record.n === 1 && record.after === null
    : record.n === last.n + 1 && record.after === last.key;
}

function lostTurns(from: number, to: number): string {
  return from >= to ? `Turn ${to} is lost.` : `Turns ${from} to ${to} are lost.`;
}

/** Results of calls that nobody made within these messages. */
function hasOrphans(messages: readonly Message[]): boolean {
  const called = new Set<string>();
  for (const message of messages) {
    if (message.role === 'user' && toolResultIds(message).some((id) => !called.has(id))) return true;
    for (const id of toolUseIds(message)) called.add(id);
  }
  return false;
}
