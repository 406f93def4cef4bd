/** The recordings of the repository are whole, small and redacted: without them a clone would prove nothing. */
import { describe, expect, it } from 'vitest';
import { deriveRecordings } from '../../scripts/derive-recordings.ts';
import { COLLECTION } from './corpus.ts';
import { EXPECTED_ERRORS } from './expected-errors.ts';
import { fileOf, readRecordings, recordedRows } from './recordings.ts';
import { hashOf, isRefused, kindOf } from './row.ts';
import { recorded } from './said.ts';
import { sourceRows } from './source-rows.ts';

const files = readRecordings();
const rows = recordedRows();
const answered = rows.filter((row) => !isRefused(row));

/** Operation -> the families of which there must be an answer, not only a refusal. */
const FAMILIES: Readonly<Record<string, string>> = {
  Converse:
    'claude-legacy claude command-r deepseek google llama3 llama4 minimax mistral moonshot nova nvidia openai profile qwen titan-text writer zai',
  ConverseStream: 'claude-legacy claude command-r jamba llama3 mistral moonshot nova openai titan-text',
  InvokeModel:
    'claude-legacy claude cohere-embed cohere-rerank command-r command jamba jurassic-2 llama2 llama3 marketplace mistral nova-embed nova openai profile-embed titan-embed titan-text',
  InvokeModelWithResponseStream:
    'claude-legacy claude command-r command jamba llama2 llama3 mistral nova openai titan-text',
  CountTokens: 'claude',
};
const PAIRS = Object.entries(FAMILIES).flatMap(([operation, families]) =>
  families.split(' ').map((family): [string, string] => [operation, family]),
);

const MOST_BYTES = 600_000;

describe('the recordings of the repository', () => {
  it.each(PAIRS)('have an answer of %s by %s', (operation, family) => {
    const group = answered.filter((row) => row.operation === operation && row.family === family);
    expect(group).not.toEqual([]);
  });

  it('have every kind of content, stop reason and extra that an answer can carry, on both APIs', () => {
    const kinds = answered
      .filter((row) => kindOf(row) === 'text')
      .flatMap((row) => {
        const { order, redacted, citations, stop, stopSequence, usage, trace, serviceTier } = recorded(row);
        const form = `${row.operation.startsWith('Converse') ? 'Converse' : 'native'} ${row.streaming ? 'streamed' : 'whole'}`;
        const extras = Object.entries({ redacted, citations, stopSequence, trace, serviceTier, ...usage });
        const present = extras.filter(([, value]) => value !== undefined && value !== '' && value !== 0);
        const some = present.filter(([, value]) => !Array.isArray(value) || value.length > 0);
        return [...order, `stop:${stop}`, ...some.map(([name]) => name)].map((kind) => `${form} ${kind}`);
      });
    expect([...new Set(kinds)].sort()).toMatchInlineSnapshot(`
      [
        "Converse streamed cacheRead",
        "Converse streamed citations",
        "Converse streamed input",
        "Converse streamed output",
        "Converse streamed reasoningContent",
        "Converse streamed redacted",
        "Converse streamed stop:content_filtered",
        "Converse streamed stop:end_turn",
        "Converse streamed stop:guardrail_intervened",
        "Converse streamed stop:max_tokens",
        "Converse streamed stop:tool_use",
        "Converse streamed text",
        "Converse streamed toolResult",
        "Converse streamed toolUse",
        "Converse streamed trace",
        "Converse whole cacheRead",
        "Converse whole cacheWrite",
        "Converse whole citations",
        "Converse whole input",
        "Converse whole output",
        "Converse whole reasoningContent",
        "Converse whole redacted",
        "Converse whole serviceTier",
        "Converse whole stop:content_filtered",
        "Converse whole stop:end_turn",
        "Converse whole stop:guardrail_intervened",
        "Converse whole stop:max_tokens",
        "Converse whole stop:tool_use",
        "Converse whole text",
        "Converse whole toolResult",
        "Converse whole toolUse",
        "Converse whole trace",
        "native streamed cacheRead",
        "native streamed cacheWrite",
        "native streamed input",
        "native streamed output",
        "native streamed reasoningContent",
        "native streamed stop:end_turn",
        "native streamed stop:guardrail_intervened",
        "native streamed stop:max_tokens",
        "native streamed stop:stop_sequence",
        "native streamed stop:tool_use",
        "native streamed stopSequence",
        "native streamed text",
        "native streamed toolUse",
        "native streamed trace",
        "native whole cacheRead",
        "native whole cacheWrite",
        "native whole input",
        "native whole output",
        "native whole reasoningContent",
        "native whole stop:content_filtered",
        "native whole stop:end_turn",
        "native whole stop:guardrail_intervened",
        "native whole stop:max_tokens",
        "native whole stop:stop_sequence",
        "native whole stop:tool_use",
        "native whole stopSequence",
        "native whole text",
        "native whole toolUse",
        "native whole trace",
      ]
    `);
  });

  it('have every refusal whose code is expected', () => {
    const refused = new Set(rows.filter(isRefused).map(hashOf));
    expect(
      Object.values(EXPECTED_ERRORS)
        .flat()
        .filter((hash) => !refused.has(hash)),
    ).toEqual([]);
  });

  it('are small', () => {
    const bytes = files.map(fileOf).reduce((sum, { text }) => sum + Buffer.byteLength(text), 0);
    expect(bytes).toBeLessThan(MOST_BYTES);
  });

  it('name no account, no call, no guardrail and no long secret', () => {
    const text = files.map((file) => fileOf(file).text).join('\n');
    const found = [
      ...text.matchAll(/:(?!123456789012)\d{12}:/g),
      ...text.matchAll(/\b(?!0{8}-0000-4000-8000-0{8})[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g),
      ...text.matchAll(/\b(?:tooluse_|toolu_bdrk_|msg_bdrk_)(?!\d{4}")\w+/g),
      ...text.matchAll(/"guardrailIdentifier":"(?!gr0000000001)[a-z0-9]{12}"/g),
      ...text.matchAll(/"(?:signature|redactedContent|bytes)":"[\w+/=]{600,}"/g),
      ...text.matchAll(/\b(?:AKIA|ASIA|ABSK)\w{12,}/g),
    ];
    expect(found.map(([each]) => each)).toEqual([]);
  });

  it('are what the collection is derived to, where it stands beside the repository', () => {
    if (sourceRows(COLLECTION).length === 0) return;
    const derived = deriveRecordings(COLLECTION).map(fileOf);
    const byPath = (a: { path: string }, b: { path: string }) => a.path.localeCompare(b.path);
    expect(derived.sort(byPath)).toEqual(files.map(fileOf).sort(byPath));
  });
});
