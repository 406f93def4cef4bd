/** `bedrock-mcp cost`: what calls cost, through the same tool that agents use; `--refresh` fetches AWS's prices first. */

import { type Refreshed, refreshPrices } from '../../aws/price-list/cache.ts';
import type { LeftOut } from '../../aws/price-list/rows.ts';
import { BedrockError } from '../../bedrock-error.ts';
import type { Services } from '../../calls/services.ts';
import { defined } from '../../defined.ts';
import { dataFolder } from '../../spend/spending.ts';
import { estimateCost } from '../../tools/estimate-cost.ts';
import type { Invocation, OwnFlags } from '../command.ts';

export interface CostSetup {
  readonly services: Services;
  /** Takes text for stdout. */
  readonly write: (text: string) => void;
  /** In place of AWS's own address of the price list. */
  readonly priceListUrl?: string;
  readonly signal?: AbortSignal;
}

const NUMBERS = [
  'input-tokens',
  'output-tokens',
  'calls',
  'calls-per-day',
  'cached-share',
  'cache-write-share',
];
/** Rows shown of what was left out, unless `--all`. */
const SHOWN = 10;

/** Runs on stdout; resolves with the exit code. @throws BedrockError. */
export async function runCost({ words, flags, open }: Invocation): Promise<number> {
  const services = await (await open()).services();
  return cost(words, flags, { services, write: (text) => void process.stdout.write(text) });
}

/**
 * @param models names of models; none asks for the default model, or with `--refresh` for no estimate.
 * @returns the exit code.
 * @throws BedrockError from the fetch and from `estimate_cost`; `invalid_request` for a flag that is no number.
 */
export async function cost(models: readonly string[], flags: OwnFlags, setup: CostSetup): Promise<number> {
  const { services, write } = setup;
  const args = estimateArguments(models, flags);
  if (flags['refresh'] === true) {
    const refreshed = await refreshPrices({
      dataDir: dataFolder(services.config),
      regions: await regionsOf(flags['regions'], services),
      today: services.today(),
      ...defined({ baseUrl: setup.priceListUrl, signal: setup.signal }),
    });
    write(
      flags['json'] === true ? `${JSON.stringify(reportJson(refreshed))}\n` : reportText(refreshed, flags),
    );
    if (models.length === 0) return 0;
  }
  const signal = setup.signal ?? new AbortController().signal;
  const answer = await estimateCost.call(args, { services, signal });
  write(`${flags['json'] === true ? JSON.stringify(answer.structured) : answer.text}\n`);
  return 0;
}

function estimateArguments(models: readonly string[], flags: OwnFlags): Record<string, unknown> {
  const args: Record<string, unknown> = models.length === 0 ? {} : { models };
  for (const [flag, value] of Object.entries(flags)) {
    if (value === undefined || ['refresh', 'regions', 'all', 'json'].includes(flag)) continue;
    args[flag.replaceAll('-', '_')] = NUMBERS.includes(flag) ? numberOf(flag, value) : value;
  }
  return args;
}

function numberOf(flag: string, value: string | boolean): number {
  const text = String(value).replaceAll('_', '');
  if (/^\d+(?:\.\d+)?$/.test(text)) return Number(text);
  throw new BedrockError('invalid_request', {
    message: `--${flag} holds "${text.slice(0, 40)}", which is no number.`,
    fix: `Write digits, such as --${flag} 1000.`,
    field: flag,
  });
}

/** `--regions`, else every Region that this server may call. */
async function regionsOf(flag: string | boolean | undefined, services: Services): Promise<string[]> {
  const named = typeof flag === 'string' ? flag.split(',').map((each) => each.trim()) : [];
  const regions = named.filter((each) => each !== '');
  return regions.length > 0
    ? regions
    : [...new Set([await services.region(), ...services.config.allow_regions])];
}

function reportText({ prices, reports, file }: Refreshed, flags: OwnFlags): string {
  const lines: string[] = [];
  for (const report of reports) {
    const region = prices.regions.find((each) => each.region === report.region);
    const models = new Set(region?.rows.map(({ id }) => id)).size;
    lines.push(
      `${report.region}: ${report.rates} prices of ${models} models from ${report.products} products, published ${region?.published}.`,
    );
    if (report.missing.length > 0) lines.push(`  AWS has no list of ${report.missing.join(', ')} there.`);
    const ignored = [...report.ignored].map(([why, count]) => `${count} ${why}`);
    if (ignored.length > 0) lines.push(`  No price of a call: ${ignored.join(', ')}.`);
    lines.push(...leftOutLines('Refused', report.refused, flags['all'] === true));
    lines.push(...leftOutLines('Not mapped', report.unmapped, flags['all'] === true));
  }
  lines.push(`Written to ${file}. Unofficial: the bill of AWS decides.`);
  return `${lines.join('\n')}\n`;
}

function leftOutLines(title: string, rows: readonly LeftOut[], all: boolean): string[] {
  if (rows.length === 0) return [];
  const shown = all ? rows : rows.slice(0, SHOWN);
  const more = rows.length - shown.length;
  return [
    `  ${title} (${rows.length}):`,
    ...shown.map(({ name, usagetype, why }) => `    ${name} ${usagetype}: ${why}`),
    ...(more === 0 ? [] : [`    and ${more} more (--all shows them)`]),
  ];
}

function reportJson({ prices, reports, file }: Refreshed): unknown {
  return {
    file,
    as_of: prices.asOf,
    regions: reports.map(({ ignored, ...report }) => ({ ...report, ignored: Object.fromEntries(ignored) })),
  };
}
