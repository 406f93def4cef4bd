/**
 * Sums of a month without reading all of it again: what was summed is stored in `usage/rollup/YYYY-MM.json` together with
 * the byte offset it reaches to. The ledger stays the only truth: a roll-up that does not fit its file is made anew.
 */
import { createHash } from 'node:crypto';
import { mkdir, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isJsonObject } from '../../json.ts';
import type { Logger } from '../../log.ts';
import { type IntentRecord, isLedgerRecord } from '../record.ts';
import { addCall, type Sums, sumsFromJson, sumsToJson } from '../usage/day-sums.ts';
import type { Ledger } from './ledger.ts';
import { newPairState, type PairState, pair } from './pairs.ts';
import { type Damage, type Position, START } from './scan.ts';

export interface MonthSums {
  readonly sums: Sums;
  /** Intents without an end, oldest first. */
  readonly open: readonly IntentRecord[];
  readonly damaged: number;
  /** The first damaged lines. */
  readonly damage: readonly Damage[];
  readonly repeats: number;
  /** Bytes of a last line without an end: torn, or being written right now. */
  readonly tailBytes: number;
}

interface State {
  readonly sums: Sums;
  readonly pairs: PairState;
  readonly damage: Damage[];
  position: Position;
  /** Size and change time of the file when it was read. */
  seen: string;
}

const VERSION = 1;
const MOST_DAMAGE_SHOWN = 20;
/** A roll-up is written again when so many bytes have come in since. */
const REWRITE_BYTES = 1 << 20;
const FINGERPRINT_BYTES = 1 << 12;

/**
 * Sums a month: the roll-up where there is one, and what the ledger has gained since.
 * A roll-up that cannot be written costs only time, so it is logged and no more.
 * @throws BedrockError `config` when the ledger cannot be read.
 */
export async function sumMonth(ledger: Ledger, month: string, log: Logger): Promise<MonthSums> {
  const state = (await readRollup(ledger, month)) ?? newState();
  const before = state.position.offset;
  const seen = await fileState(ledger, month);
  const target = { intent: () => undefined, settled: addSettled(state.sums) };
  const scanned = await ledger.scan(month, state.position, {
    record: (record) => pair(state.pairs, record, target),
    damage: (damage) => {
      state.pairs.damaged += 1;
      if (state.damage.length < MOST_DAMAGE_SHOWN) state.damage.push(damage);
    },
  });
  state.position = { offset: scanned.offset, lines: scanned.lines };
  state.seen = seen;
  const grown = scanned.offset - before;
  const finished = month < new Date(ledger.now()).toISOString().slice(0, 7);
  if (grown >= REWRITE_BYTES || (finished && grown > 0)) {
    await writeRollup(ledger, month, state).catch((error: unknown) => {
      log.debug('A roll-up of the ledger could not be written.', {
        month,
        error: error instanceof Error ? error.message : String(error),
      });
    });
  }
  return {
    sums: state.sums,
    open: [...state.pairs.open.values()],
    damaged: state.pairs.damaged,
    damage: state.damage,
    repeats: state.pairs.repeats,
    tailBytes: scanned.tailBytes,
  };
}

function newState(): State {
  return { sums: new Map(), pairs: newPairState(), damage: [], position: START, seen: '' };
}

function addSettled(sums: Sums) {
  return (record: Parameters<typeof addCall>[1]) => addCall(sums, record);
}

function rollupPath(ledger: Ledger, month: string): string {
  return join(ledger.folder, 'rollup', `${month}.json`);
}

async function readRollup(ledger: Ledger, month: string): Promise<State | undefined> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(rollupPath(ledger, month), 'utf8'));
  } catch {
    // Missing or broken: it is made from the ledger again.
    return undefined;
  }
  const state = stateFromJson(value);
  if (state === undefined || !isJsonObject(value)) return undefined;
  const now = await fileState(ledger, month);
  // A file that did not grow must not have changed at all; one that grew must still begin and go on as it did.
  const { size } = splitSeen(now);
  const sizeThen = splitSeen(state.seen).size;
  if (size < sizeThen || (size === sizeThen && now !== state.seen)) return undefined;
  if (value['fingerprint'] !== (await fingerprint(ledger.path(month), state.position.offset)))
    return undefined;
  return state;
}

async function writeRollup(ledger: Ledger, month: string, state: State): Promise<void> {
  const path = rollupPath(ledger, month);
  await mkdir(join(ledger.folder, 'rollup'), { recursive: true, mode: 0o700 });
  const text = JSON.stringify({
    v: VERSION,
    seen: state.seen,
    offset: state.position.offset,
    lines: state.position.lines,
    fingerprint: await fingerprint(ledger.path(month), state.position.offset),
    damaged: state.pairs.damaged,
    unexplained: state.pairs.unexplained,
    repeats: state.pairs.repeats,
    damage: state.damage.map(({ line, reason }) => ({ line, reason })),
    open: [...state.pairs.open.values()],
    loners: [...state.pairs.unpaired],
    sums: sumsToJson(state.sums),
  });
  // Whole or not at all, also with several processes writing it.
  const draft = `${path}.${process.pid}.${Math.random().toString(36).slice(2)}`;
  try {
    await writeFile(draft, text, { mode: 0o600 });
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

function stateFromJson(value: unknown): State | undefined {
  if (!isJsonObject(value) || value['v'] !== VERSION) return undefined;
  const { seen, offset, lines, damaged, unexplained, repeats, damage, open: opens, loners } = value;
  const sums = sumsFromJson(value['sums']);
  if (sums === undefined || typeof seen !== 'string') return undefined;
  if (typeof offset !== 'number' || typeof lines !== 'number' || typeof damaged !== 'number')
    return undefined;
  if (typeof unexplained !== 'number' || typeof repeats !== 'number') return undefined;
  if (!Array.isArray(damage) || !Array.isArray(opens) || !Array.isArray(loners)) return undefined;
  const intents: IntentRecord[] = [];
  for (const each of opens) {
    const record: unknown = each;
    if (!isLedgerRecord(record) || record.type !== 'intent') return undefined;
    intents.push(record);
  }
  return {
    sums,
    pairs: {
      open: new Map(intents.map((intent) => [intent.id, intent])),
      unpaired: new Set(loners.filter((id) => typeof id === 'string')),
      damaged,
      unexplained,
      repeats,
    },
    damage: damage.flatMap(damageFromJson),
    position: { offset, lines },
    seen,
  };
}

function damageFromJson(value: unknown): Damage[] {
  if (!isJsonObject(value) || typeof value['line'] !== 'number') return [];
  const reason = (['not JSON', 'no record of this ledger', 'too long'] as const).find(
    (each) => each === value['reason'],
  );
  return reason === undefined ? [] : [{ line: value['line'], reason }];
}

async function fileState(ledger: Ledger, month: string): Promise<string> {
  const { size, mtimeMs, ino } = await ledger.look(month);
  return `${size}:${mtimeMs}:${ino}`;
}

function splitSeen(seen: string): { readonly size: number } {
  return { size: Number(seen.split(':')[0]) };
}

/** Of the first bytes and of the last ones before the offset. */
async function fingerprint(path: string, offset: number): Promise<string> {
  const hash = createHash('sha256');
  const file = await open(path, 'r');
  try {
    for (const at of [0, Math.max(0, offset - FINGERPRINT_BYTES)]) {
      const length = Math.min(FINGERPRINT_BYTES, offset - at);
      const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, at);
      hash.update(buffer.subarray(0, bytesRead));
    }
  } finally {
    await file.close();
  }
  return hash.digest('hex');
}
