/**
 * Reads a `usagetype` of the AWS Price List. Three spellings are in use at once:
 *
 *   USE1-NovaPro-input-tokens-priority-cross-region-global          AmazonBedrock, AmazonBedrockService
 *   USE1-moonshotai.kimi-k3-mantle-cache-write-tokens-30m-standard  the same, by model ID
 *   USE1-MP:USE1_CacheWrite1hInputTokenCount_LCtx_Global-Units      AmazonBedrockFoundationModels, up to Claude 4.6
 *   USE1-MP:USE1_input_tokens_long_ctx_global_standard-Units        the same, from Claude 4.7 on
 *
 * All become words; a known phrase says what is counted and every word behind it must be known too. A usage type with
 * one unknown word is not read at all: it may be another tier, and the first row found would then price the wrong thing.
 */
import type { TokenKind } from '../../catalog/prices/price-query.ts';

export type Way = 'standard' | 'batch' | 'flex' | 'priority' | 'latency' | 'long';

/** A rate for tokens. */
export interface TokenUsage {
  readonly what: 'tokens';
  /** The model as the usage type spells it, in words; empty for marketplace rows. */
  readonly stem: string;
  readonly kind: TokenKind;
  readonly way: Way;
  readonly geo: '' | 'global';
  /** 1 for the usual spelling; a second-best one (2) only counts when the usual one is absent. */
  readonly rank: number;
}
/** A price for something else. */
export interface UnitUsage {
  readonly what: 'unit';
  readonly stem: string;
  readonly unit: string;
  readonly quantity: number;
  readonly detail?: string;
  /** What the row's own `unit` must say, in lower case. */
  readonly saidAs: readonly string[];
}
export type Usage =
  | TokenUsage
  | UnitUsage
  /** Known to be no price of a call: reserved capacity, training, guardrails ... */
  | { readonly what: 'ignored'; readonly why: string }
  | { readonly what: 'unknown' };

interface Phrase {
  readonly kind: TokenKind;
  readonly way?: Way;
  readonly rank?: number;
}
/** Longest first: `input-tokens` also ends `text-input-tokens`. */
const PHRASES: readonly (readonly [words: string, phrase: Phrase])[] = (
  [
    ['cache-write1h-input-token-count', { kind: 'cacheWrite1h' }],
    ['cache-write-1h-input-token-count', { kind: 'cacheWrite1h' }],
    ['cache-write-1h-tokens', { kind: 'cacheWrite1h' }],
    ['cache-write-input-token-count', { kind: 'cacheWrite5m' }],
    ['cache-write-input-tokens', { kind: 'cacheWrite5m' }],
    ['cache-write-tokens', { kind: 'cacheWrite5m' }],
    ['cache-read-input-token-count', { kind: 'cacheRead' }],
    ['cache-read-input-tokens', { kind: 'cacheRead' }],
    ['cache-read-tokens', { kind: 'cacheRead' }],
    // GPT-5.6 has both names at different prices; the bill shows `cache_read_tokens`.
    ['cached-input-tokens', { kind: 'cacheRead', rank: 2 }],
    ['million-batch-input-tokens', { kind: 'input', way: 'batch' }],
    ['million-batch-output-tokens', { kind: 'output', way: 'batch' }],
    ['million-batch-response-tokens', { kind: 'output', way: 'batch' }],
    ['text-input-tokens', { kind: 'input' }],
    ['text-output-tokens', { kind: 'output' }],
    ['input-token-count', { kind: 'input' }],
    ['output-token-count', { kind: 'output' }],
    ['response-token-count', { kind: 'output' }],
    ['input-tokens', { kind: 'input' }],
    ['output-tokens', { kind: 'output' }],
    ['response-tokens', { kind: 'output' }],
  ] satisfies [string, Phrase][]
).sort(([a], [b]) => b.length - a.length);

/** What may stand behind a phrase. `once` is the word group after `joined`. */
const QUALIFIERS: ReadonlyMap<
  string,
  { readonly way?: Way; readonly geo?: '' | 'global'; readonly ttl?: string }
> = new Map([
  ['standard', { way: 'standard' }],
  ['batch', { way: 'batch' }],
  ['flex', { way: 'flex' }],
  ['priority', { way: 'priority' }],
  ['latencyoptimized', { way: 'latency' }],
  ['lctx', { way: 'long' }],
  ['global', { geo: 'global' }],
  ['geo', { geo: '' }],
  ['regional', { geo: '' }],
  ['5m', { ttl: '5m' }],
  ['30m', { ttl: '30m' }],
  ['1h', { ttl: '1h' }],
] satisfies [string, { way?: Way; geo?: '' | 'global'; ttl?: string }][]);
/** Word groups that mean one thing. */
const JOINED: readonly (readonly [words: string, one: string])[] = [
  ['cross-region-global', 'global'],
  ['latency-optimized', 'latencyoptimized'],
  ['long-context', 'lctx'],
  ['long-ctx', 'lctx'],
];

/** Prices of other things than tokens whose scale the row states. */
const UNITS: readonly (readonly [words: string, usage: Omit<UnitUsage, 'what' | 'stem'>])[] = [
  ['speech-input-tokens', perMillion('speech input tokens')],
  ['speech-output-tokens', perMillion('speech output tokens')],
  ['t2-i-1024-standard', image('up to 1024 x 1024, standard')],
  ['t2-i-1024-premium', image('up to 1024 x 1024, premium')],
  ['t2-i-2048-standard', image('up to 2048 x 2048, standard')],
  ['t2-i-2048-premium', image('up to 2048 x 2048, premium')],
  [
    'ray-v2-medfps-hdres',
    {
      unit: 'second of video',
      quantity: 1,
      detail: '720p, 24 fps',
      saidAs: ['second', 'seconds'],
    },
  ],
];

/** Words of rows that are no price of a call, and what the row is about. */
const IGNORED: ReadonlyMap<string, string> = new Map([
  ['reserved', 'reserved capacity'],
  ['tpm', 'reserved capacity'],
  ['provisioned', 'provisioned throughput'],
  ['throughput', 'provisioned throughput'],
  ['customization', 'customized models'],
  ['custom', 'customized models'],
  ['training', 'customized models'],
  ['storage', 'customized models'],
  ['rft', 'customized models'],
  ['guardrail', 'guardrails'],
  ['guardrails', 'guardrails'],
  ['automation', 'data automation'],
  ['evaluation', 'evaluations'],
  ['flows', 'flows'],
  ['agent', 'agents'],
  ['knowledge', 'knowledge bases'],
  ['grounding', 'web grounding'],
]);

function perMillion(unit: string): Omit<UnitUsage, 'what' | 'stem'> {
  return { unit, quantity: 1_000_000, saidAs: ['1k tokens', '1m tokens'] };
}

function image(detail: string): Omit<UnitUsage, 'what' | 'stem'> {
  return { unit: 'image', quantity: 1, detail, saidAs: ['image', 'images'] };
}

/**
 * A usage type without Region and marketplace prefix, in lower-case words joined by `-`:
 * `USE1-MP:USE1_CacheReadInputTokenCount_Global-Units` -> `cache-read-input-token-count-global`.
 */
export function usageWords(usagetype: string): string {
  const marketplace = usagetype.indexOf('MP:');
  const tail =
    marketplace === -1
      ? usagetype.replace(/^[A-Z]{2,5}\d{0,2}[-_]/, '')
      : usagetype.slice(marketplace + 3).replace(/^[A-Z]{2,5}\d{0,2}_/, '');
  return tail
    .replace(/-Units$/, '')
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .replace(/[_ ]/g, '-')
    .toLowerCase();
}

/** What a usage type is a price of. Never throws. */
export function readUsage(usagetype: string): Usage {
  if (usagetype.length > 300) return { what: 'unknown' };
  let words = `-${usageWords(usagetype)}-`;
  for (const [group, one] of JOINED) words = words.replaceAll(`-${group}-`, `-${one}-`);
  for (const word of words.split('-')) {
    const why = IGNORED.get(word);
    if (why !== undefined) return { what: 'ignored', why };
  }
  for (const [phrase, usage] of UNITS) {
    // A unit is only read when nothing follows.
    if (words.endsWith(`-${phrase}-`)) return { what: 'unit', stem: stemOf(words, phrase), ...usage };
  }
  const found = PHRASES.find(([phrase]) => words.includes(`-${phrase}-`));
  if (found === undefined) return { what: 'unknown' };
  const [phrase, { kind, way, rank = 1 }] = found;
  const behind = words.slice(words.indexOf(`-${phrase}-`) + phrase.length + 2, -1);
  return qualified({ stem: stemOf(words, phrase), kind, rank, way }, behind === '' ? [] : behind.split('-'));
}

function stemOf(words: string, phrase: string): string {
  return words.slice(1, words.indexOf(`-${phrase}-`));
}

function qualified(
  base: { stem: string; kind: TokenKind; rank: number; way: Way | undefined },
  words: readonly string[],
): Usage {
  const ways = new Set<Way>(base.way === undefined ? [] : [base.way]);
  let geo: '' | 'global' = '';
  let ttl: string | undefined;
  for (const word of words) {
    const qualifier = QUALIFIERS.get(word);
    if (qualifier === undefined) return { what: 'unknown' };
    if (qualifier.way !== undefined && qualifier.way !== 'standard') ways.add(qualifier.way);
    geo = qualifier.geo ?? geo;
    ttl = qualifier.ttl ?? ttl;
  }
  const [way = 'standard', ...others] = ways;
  // Long context in a batch, flex on optimized latency ...: no answer can be priced by it.
  if (others.length > 0) return { what: 'ignored', why: 'combined tiers' };
  if (ttl !== undefined && base.kind !== 'cacheWrite5m') return { what: 'unknown' };
  const kind = ttl === '1h' ? 'cacheWrite1h' : base.kind;
  // A write of another lifetime stands in for the usual one where that has no row.
  const rank = ttl === '30m' ? 2 : base.rank;
  return { what: 'tokens', stem: base.stem, kind, way, geo, rank };
}
