import { describe, expect, it } from 'vitest';
import type { ContentBlock, InferenceRequest } from '../../../src/messages/types.ts';
import {
  ESTIMATE_ERROR,
  estimateTextTokens,
  estimateTokens,
  frameTokens,
  type ReadBy,
} from '../../../src/spend/estimate/tokens.ts';
import { plainAnswers, plainRequests } from '../recorded-texts.ts';

/** What estimate_cost says of its estimates. */
const STATED = { share: 0.95, tokens: 8, relative: 0.2 };

interface Measured {
  readonly id: string;
  readonly counted: number;
  readonly estimated: number;
}

const off = ({ counted, estimated }: Measured): number => Math.abs(estimated - counted);
const isWithin = (row: Measured): boolean =>
  off(row) <= Math.max(STATED.tokens, STATED.relative * row.counted);

/** One line of the distribution, for the reader of the test's output. */
function distribution(name: string, rows: readonly Measured[]): string {
  const at = (values: readonly number[], share: number) =>
    values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? 0;
  const tokens = rows.map(off);
  const relative = rows.map((row) => off(row) / row.counted);
  const sum = (pick: (row: Measured) => number) => rows.reduce((total, row) => total + pick(row), 0);
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  return [
    `${name}: ${rows.length} of ${Math.min(...rows.map((row) => row.counted))} to ${Math.max(...rows.map((row) => row.counted))} tokens`,
    `off by p50 ${at(tokens, 0.5)}, p90 ${at(tokens, 0.9)}, max ${at(tokens, 1)} tokens`,
    `p50 ${percent(at(relative, 0.5))}, p90 ${percent(at(relative, 0.9))}`,
    `sum ${percent(sum((row) => row.estimated) / sum((row) => row.counted) - 1)} off`,
    `within max(${STATED.tokens} tokens, ${percent(STATED.relative)}): ${percent(rows.filter(isWithin).length / rows.length)}\n`,
  ].join('; ');
}

describe('the estimate on recorded texts', () => {
  const requests = plainRequests().map(
    ({ id, model, request, tokens }): Measured => ({
      id,
      counted: tokens,
      estimated: estimateTokens(request, model),
    }),
  );
  const answers = plainAnswers()
    .filter(({ text }) => text.length > 60)
    .map(({ id, text, tokens }): Measured => ({ id, counted: tokens, estimated: estimateTextTokens(text) }));

  it('has the error that is stated', () => {
    expect(ESTIMATE_ERROR).toEqual(STATED);
  });

  it.each([
    ['requests', requests, 25],
    ['answers', answers, 12],
  ])('lies within the stated error for %s', (name, rows, atLeast) => {
    process.stdout.write(distribution(name, rows));
    expect(rows.length).toBeGreaterThanOrEqual(atLeast);
    const outside = rows.filter((row) => !isWithin(row));
    expect(outside.length, JSON.stringify(outside)).toBeLessThanOrEqual((1 - STATED.share) * rows.length);
  });
});

describe('text', () => {
  it.each([
    ['', 0],
    ['Hello', 1],
    ['What is the capital of France?', 7],
    ['internationalisation', 3],
    ['1234567', 3],
    ['{"a":1}', 5],
    ['日本語です', 5],
    ['Привет мир', 4],
    ['🙂', 3],
    ['été', 2],
    ['a\n\nb', 3],
    [' '.repeat(80), 10],
  ])('%j is about %i tokens', (text, tokens) => {
    expect(estimateTextTokens(text)).toBe(tokens);
  });

  it('takes hostile text in linear time', () => {
    expect(estimateTextTokens('a'.repeat(8_000_000))).toBe(1_000_000);
    expect(estimateTextTokens('\ud800'.repeat(10))).toBe(15);
    expect(estimateTextTokens('a '.repeat(1_000_000))).toBe(1_000_000);
  });
});

describe('a request', () => {
  const asking = (...content: ContentBlock[]): InferenceRequest => ({
    messages: [{ role: 'user', content }],
  });
  const CLAUDE: ReadBy = { id: 'anthropic.claude-haiku-4-5-20251001-v1:0', family: 'claude' };
  const NOVA_2: ReadBy = { id: 'amazon.nova-2-lite-v1:0', family: 'nova' };

  it.each<[string, ReadBy | undefined, boolean, number]>([
    ['no model', undefined, true, 0],
    ['Claude', CLAUDE, false, 8],
    ['Claude with tools', CLAUDE, true, 328],
    ['Nova 2, unlike Nova 1', NOVA_2, false, 46],
    ['a family nobody measured', { id: 'x.y', family: 'unknown' }, true, 0],
  ])('has the frame of %s', (_what, model, hasTools, tokens) => {
    expect(frameTokens(model, hasTools)).toBe(tokens);
  });

  it.each<[string, ContentBlock, number]>([
    ['text', { text: 'one two three' }, 3],
    ['an image', { image: { format: 'png', source: { bytes: new Uint8Array(9) } } }, 1_600],
    ['a text document', { document: { format: 'txt', name: 'a', source: { text: 'one two' } } }, 2],
    [
      'three pages of PDF',
      { document: { format: 'pdf', name: 'a', source: { bytes: new Uint8Array(150_000) } } },
      7_500,
    ],
    [
      'ten seconds of video',
      { video: { format: 'mp4', source: { bytes: new Uint8Array(2_500_000) } } },
      2_900,
    ],
    ['a cache point', { cachePoint: { type: 'default' } }, 0],
    ['a tool call', { toolUse: { toolUseId: 't', name: 'f', input: {} } }, 21],
    ['a tool result', { toolResult: { toolUseId: 't', content: [{ text: 'one' }, { json: 1 }] } }, 22],
    ['reasoning', { reasoningContent: { reasoningText: { text: 'hm', signature: 'x'.repeat(999) } } }, 1],
    ['redacted reasoning', { reasoningContent: { redactedContent: new Uint8Array(1) } }, 100],
    ['guarded text', { guardContent: { text: { text: 'one two' } } }, 2],
  ])('counts %s', (_what, block, tokens) => {
    expect(estimateTokens(asking(block))).toBe(tokens);
  });

  it('adds system text, tools and a little for every further message', () => {
    const request: InferenceRequest = {
      system: [{ text: 'one' }],
      messages: [
        { role: 'user', content: [{ text: 'two' }] },
        { role: 'assistant', content: [{ text: 'three' }] },
      ],
      toolConfig: { tools: [{ systemTool: { name: 'x' } }] },
    };
    expect(estimateTokens(request)).toBe(1 + 1 + 1 + 4 + estimateTextTokens('{"systemTool":{"name":"x"}}'));
    expect(estimateTokens(request, CLAUDE)).toBe(estimateTokens(request) + 328);
  });
});
