/** A ledger in a folder of its own, and calls to enter into it. */
import { appendFile, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { configSchema } from '../../src/config/schema.ts';
import { createLogger } from '../../src/log.ts';
import { createBudgets, type SpendRequest } from '../../src/spend/budget/budget.ts';
import { readRules } from '../../src/spend/budget/limits.ts';
import { createFileSpendStore } from '../../src/spend/ledger/file-store.ts';
import { type Ledger, openLedger } from '../../src/spend/ledger/ledger.ts';
import {
  type CallOutcome,
  type IntentRecord,
  intentRecord,
  type LedgerRecord,
  type PlannedSpend,
  settledRecord,
} from '../../src/spend/record.ts';
import type { Spending } from '../../src/spend/spending.ts';

export const NOON = Date.parse('2026-11-21T12:00:00.000Z');

export interface Fixture {
  readonly dir: string;
  readonly ledger: Ledger;
  /** What the log got. */
  readonly logged: string[];
  readonly log: ReturnType<typeof createLogger>;
  /** Sets the clock, ISO. */
  at(time: string): void;
  text(month?: string): Promise<string>;
  records(month?: string): Promise<Record<string, unknown>[]>;
  /** Writes behind the ledger's back. */
  append(text: string, month?: string): Promise<void>;
  /** Store and budgets on a ledger, as a process has them. */
  spending(config: Record<string, unknown>, ledger?: Ledger): Spending;
  budgets(config: Record<string, unknown>, ledger?: Ledger): Spending['budgets'];
  /** The intent of a call that starts now. Nothing is written yet. */
  plan(over?: Partial<PlannedSpend>): IntentRecord;
  /** Writes the end of a call. */
  settle(intent: IntentRecord, ended?: CallOutcome): Promise<void>;
  /** Another process's view of the same folder. */
  another(): Ledger;
  close(): Promise<void>;
}

export async function fixture(): Promise<Fixture> {
  const dir = await mkdtemp(join(tmpdir(), 'bedrock-mcp-ledger-'));
  let now = NOON;
  const logged: string[] = [];
  const log = createLogger(
    'debug',
    (text) => text,
    (line) => void logged.push(line),
  );
  const opened: Ledger[] = [];
  const open = () => {
    const made = openLedger({ dir, now: () => now });
    opened.push(made);
    return made;
  };
  const ledger = open();
  const spending = (config: Record<string, unknown>, each = ledger): Spending => {
    const rules = readRules(configSchema.parse(config));
    const store = createFileSpendStore(each, rules, log);
    return { store, budgets: createBudgets(rules, store, log) };
  };
  const text = (month = '2026-11') => readFile(ledger.path(month), 'utf8');
  return {
    dir,
    ledger,
    logged,
    log,
    at: (time) => {
      now = Date.parse(time);
    },
    text,
    records: async (month) =>
      (await text(month))
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line)),
    append: async (tail, month = '2026-11') => {
      await mkdir(ledger.folder, { recursive: true });
      await appendFile(ledger.path(month), tail);
    },
    spending,
    budgets: (config, on) => spending(config, on).budgets,
    plan: (over) => intentRecord(spend(over), ledger.now()),
    settle: (intent, ended = outcome()) => ledger.append(settledRecord(intent, ended, ledger.now())),
    another: open,
    close: async () => {
      await Promise.all(opened.map((each) => each.close()));
      await rm(dir, { recursive: true, force: true });
    },
  };
}

export function spend(over: Partial<PlannedSpend> = {}): PlannedSpend {
  return {
    tool: 'invoke_model',
    model: 'amazon.nova-lite-v1:0',
    model_id: 'us.amazon.nova-lite-v1:0',
    region: 'us-east-1',
    api: 'converse',
    reservedUsd: '0.01',
    reservedTokens: 1_000,
    timeoutMs: 60_000,
    ...over,
  };
}

export function request(over: Partial<SpendRequest> = {}): SpendRequest {
  return {
    tool: 'invoke_model',
    model: 'amazon.nova-lite-v1:0',
    model_id: 'us.amazon.nova-lite-v1:0',
    region: 'us-east-1',
    api: 'converse',
    worstCaseUsd: '0.01',
    worstCaseTokens: 1_000,
    timeoutMs: 60_000,
    ...over,
  };
}

export function outcome(over: Partial<CallOutcome> = {}): CallOutcome {
  return {
    status: 'ok',
    usage: { inputTokens: 100, outputTokens: 20 },
    costUsd: '0.002',
    durationMs: 321.4,
    requestId: 'aws-request-1',
    ...over,
  };
}

/** Everything in a month as the reader sees it. */
export async function scanned(ledger: Ledger, month = '2026-11') {
  const records: LedgerRecord[] = [];
  const damage: { line: number; reason: string }[] = [];
  const end = await ledger.scan(
    month,
    { offset: 0, lines: 0 },
    { record: (each) => records.push(each), damage: (each) => damage.push(each) },
  );
  return { records, damage, ...end };
}
