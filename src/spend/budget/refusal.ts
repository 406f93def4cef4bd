/** Compares a call with the limits it falls under, and says what is left. */
import { BedrockError } from '../../bedrock-error.ts';
import { fromUnits, toUnits } from '../amount.ts';
import type { IntentRecord } from '../record.ts';
import {
  type Balance,
  type Bucket,
  bucketOf,
  type Limit,
  type Limited,
  nameOf,
  type SpendRules,
  type Spent,
  windowEnd,
} from './limits.ts';

/** What a call has used in an earlier round of its own. USD as a plain decimal. */
export interface Used {
  readonly usd: string;
  readonly tokens: number;
}

/** The worst case of a call. */
export interface Need {
  readonly call: Limited;
  /** ISO. */
  readonly time: string;
  /** Units of 1e-24 USD; null = no price is known. */
  readonly usd: bigint | null;
  /** Input and output together; null = unknown. */
  readonly tokens: number | null;
  /** What limits per call have to hold besides. */
  readonly before?: { readonly usd: bigint; readonly tokens: number };
}

export function needOf(intent: IntentRecord, before?: Used): Need {
  const { time, reserved_usd, reserved_tokens } = intent;
  return {
    call: intent,
    time,
    usd: reserved_usd === null ? null : toUnits(reserved_usd),
    tokens: reserved_tokens,
    ...(before === undefined ? {} : { before: { usd: toUnits(before.usd), tokens: before.tokens } }),
  };
}

/** What counts in the bucket already; undefined = nothing. */
export type BalanceOf = (bucket: Bucket) => Balance | undefined;

export interface Shortfall {
  readonly limit: Limit;
  readonly bucket: Bucket;
  readonly unit: 'USD' | 'tokens';
  readonly limited: string;
  readonly left: string;
  /** null = cannot be told. */
  readonly needed: string | null;
}

export interface Verdict {
  /** The first hard limit that the call would break. */
  readonly refused?: Shortfall;
  readonly warnings: readonly string[];
}

/** The one rule by which every store admits a call. */
export function judge(rules: SpendRules, need: Need, balanceOf: BalanceOf): Verdict {
  const warnings: string[] = [];
  for (const limit of rules.limits) {
    const bucket = bucketOf(limit, need.call, need.time, rules.namesOf);
    if (bucket === undefined) continue;
    const { usd, tokens } = balanceOf(bucket) ?? { usd: 0n, tokens: 0 };
    for (const short of shortfalls({ limit, bucket, usd, tokens }, need, rules.allowUnknown)) {
      if (!limit.soft) return { refused: short, warnings };
      warnings.push(softWarning(short));
    }
  }
  return { warnings };
}

function shortfalls(spent: Spent, need: Need, allowUnknown: boolean): Shortfall[] {
  return [...usdShortfall(spent, need, allowUnknown), ...tokenShortfall(spent, need)];
}

function usdShortfall({ limit, bucket, usd }: Spent, need: Need, allowUnknown: boolean): Shortfall[] {
  if (limit.usd === undefined) return [];
  const left = limit.usd - (limit.scope === 'call' ? (need.before?.usd ?? 0n) : usd);
  const isShort = need.usd === null ? !allowUnknown && !limit.soft : need.usd > left;
  if (!isShort) return [];
  const needed = need.usd === null ? null : fromUnits(need.usd);
  const limited = fromUnits(limit.usd);
  return [{ limit, bucket, unit: 'USD', limited, left: fromUnits(left < 0n ? 0n : left), needed }];
}

function tokenShortfall({ limit, bucket, tokens }: Spent, need: Need): Shortfall[] {
  if (limit.tokens === undefined) return [];
  const left = limit.tokens - (limit.scope === 'call' ? (need.before?.tokens ?? 0) : tokens);
  const isShort = need.tokens === null ? !limit.soft : need.tokens > left;
  if (!isShort) return [];
  const needed = need.tokens === null ? null : String(need.tokens);
  const limited = String(limit.tokens);
  return [{ limit, bucket, unit: 'tokens', limited, left: String(Math.max(0, left)), needed }];
}

function softWarning({ limit, bucket, unit, limited, left, needed }: Shortfall): string {
  return `The soft ${nameOf(limit, `${limited} ${unit}`, bucket)} has ${left} ${unit} left; this call may use ${needed} ${unit}.`;
}

/** What refuses a call before anything is sent. `cheaper` names a model that would fit. */
export function refusal(short: Shortfall, need: Need, cheaper: string | undefined): BedrockError {
  const { limit, bucket, unit, limited, left, needed } = short;
  const budget = nameOf(limit, `${limited} ${unit}`, bucket);
  if (needed === null) {
    const what = unit === 'USD' ? 'The price' : 'The number of tokens';
    return new BedrockError('budget_exceeded', {
      message: `${what} of this call to ${need.call.model} is unknown, so the ${budget} cannot be kept. Nothing was sent.`,
      fix: `${instead(cheaper)}${unit === 'USD' ? 'Give the model a price under models: in the config file, or set BEDROCK_MCP_BUDGET_UNKNOWN_PRICE=allow.' : `Give max_tokens, or change ${limit.setting}.`}`,
    });
  }
  const until =
    limit.scope === 'call' ? '' : ` until ${windowEnd(limit.scope, need.time).replace('.000Z', 'Z')}`;
  return new BedrockError('budget_exceeded', {
    message: `This call may use ${needed} ${unit} (worst case), but the ${budget} has ${left} ${unit} left${until}. Nothing was sent.`,
    fix: `${instead(cheaper)}Lower max_tokens or shorten the input${limit.scope === 'call' ? '' : ', wait for the next period'}, or raise ${limit.setting}.`,
  });
}

function instead(cheaper: string | undefined): string {
  return cheaper === undefined ? '' : `The cheapest model that would fit is ${cheaper}. `;
}
