/**
 * Every recorded reply of Bedrock through the product, from the HTTP connection to the neutral result, against an
 * independent reading of its bytes. At the end a table says what became of every row.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { embeddingCodec } from '../../src/embedding/codecs.ts';
import { decodeRerank } from '../../src/embedding/rerank.ts';
import { factsOf } from '../../src/inference/send/attempt.ts';
import { ROWS } from './corpus.ts';
import { EXPECTED_ERRORS, expectedError, RETRYABLE } from './expected-errors.ts';
import { answerOf, errorOf, modelOf, sendAsRecorded } from './product.ts';
import { REQUEST_ID, type Replayed, startReplay } from './replay.ts';
import {
  asksForStream,
  bodyOf,
  framesOf,
  hashOf,
  isRefused,
  kindOf,
  type Raw,
  type Row,
  type RowKind,
} from './row.ts';
import { recorded, told } from './said.ts';
import { BY_FAMILY, createTally } from './tally.ts';

const tally = createTally(BY_FAMILY);

const answered = ROWS.filter((row) => !isRefused(row));
const refused = ROWS.filter(isRefused);
const cases = (rows: readonly Row[], kind: RowKind) =>
  rows.filter((row) => kindOf(row) === kind).map((row) => [row.id, row] as const);

/** Rows that are no answer of a model, by operation. */
const SKIPPED: Readonly<Record<string, string>> = {
  ApplyGuardrail: 'ApplyGuardrail is not a call of a model, and the product does not make it',
  ListFoundationModels: 'control plane: lists models, answers no prompt',
  ListInferenceProfiles: 'control plane: lists profiles, answers no prompt',
  GetInferenceProfile: 'control plane: describes a profile, answers no prompt',
};

/** Application profiles say nothing about their model; both answered in Titan's form. */
const OPAQUE_EMBEDDING = 'amazon.titan-embed-text-v2:0';

describe('recorded replies', () => {
  let replayed: Replayed;
  beforeAll(async () => {
    replayed = await startReplay();
  });
  afterAll(async () => {
    await replayed?.close();
    process.stdout.write(`\n${tally.table()}\n`);
  });

  it.each(cases(answered, 'text'))('are decoded to what they say: %s', async (_id, row) => {
    const { result, deltas } = await answerOf(row, replayed);
    const expected = recorded(row);
    expect(told(result)).toEqual(expected);
    for (const block of result.content) {
      if ('text' in block) expect(block.text).not.toBe('');
    }
    if (asksForStream(row)) {
      // What a caller saw while it streamed is what the result says.
      const seen = deltas.flatMap((delta) => (delta.type === 'text' ? [delta.text] : [])).join('');
      expect(seen).toBe(expected.text);
      expect(deltas.filter(({ type }) => type === 'stop')).toHaveLength(1);
    }
    tally.note(row, 'decoded');
  });

  it.each(cases(answered, 'embedding'))('are read as vectors: %s', async (_id, row) => {
    const model = modelOf(row);
    const known =
      model.family === 'unknown' ? { ...model, ...modelOf({ ...row, model_id: OPAQUE_EMBEDDING }) } : model;
    const { output, headers } = await sendAsRecorded(row, replayed);
    const answer = embeddingCodec(known).decode(output, factsOf(headers));
    const body: Raw = bodyOf(row);
    const vectors: number[][] = body.embedding
      ? [body.embedding]
      : (body.embeddings.float ?? body.embeddings.map((each: Raw) => each.embedding));
    expect(answer.vectors.map((vector) => [...vector])).toEqual(
      vectors.map((vector) => [...new Float32Array(vector)]),
    );
    const header = row.response_headers['x-amzn-bedrock-input-token-count'];
    expect(answer.inputTokens).toBe(
      body.inputTextTokenCount ?? (header === undefined ? undefined : Number(header)),
    );
    tally.note(row, 'decoded');
  });

  it.each(cases(answered, 'rerank'))('are read as a ranking: %s', async (_id, row) => {
    const { output, headers } = await sendAsRecorded(row, replayed);
    const { results } = decodeRerank(output, factsOf(headers), row.request_body.documents.length);
    const body: Raw = bodyOf(row);
    expect(results).toEqual(
      body.results.map((each: Raw) => ({ index: each.index, score: each.relevance_score })),
    );
    tally.note(row, 'decoded');
  });

  it.each(cases(answered, 'count'))('are read as a count: %s', async (_id, row) => {
    const { output } = await sendAsRecorded(row, replayed);
    expect(output).toBe(bodyOf(row).inputTokens);
    tally.note(row, 'decoded');
  });

  it.each(refused.map((row) => [row.id, row] as const))(
    'become the error that they are: %s',
    async (_id, row) => {
      const failing = kindOf(row) === 'text' ? answerOf(row, replayed) : sendAsRecorded(row, replayed);
      const error = await errorOf(failing);
      const said: Raw = row.streaming ? framesOf(row).at(-1)?.payload : bodyOf(row);
      expect(error.code).toBe(expectedError(hashOf(row)));
      expect(error.retryable).toBe(RETRYABLE.includes(error.code));
      expect(error.awsMessage).toBe(said.message ?? said.Message);
      expect(error.httpStatus).toBe(row.status === 200 ? undefined : row.status);
      expect(error.requestId).toBe(REQUEST_ID);
      expect([error.message, error.fix]).not.toContain('');
      // A stream that was broken off keeps what had arrived.
      const partial = row.streaming ? recorded(row).text : '';
      expect(error.partialText).toBe(partial === '' ? undefined : partial);
      tally.note(row, 'errors mapped');
    },
  );

  it('have an expected code for every refusal, and none for a row that is gone', () => {
    const listed = Object.values(EXPECTED_ERRORS).flat().sort();
    expect(listed).toEqual([...new Set(refused.map(hashOf))].sort());
  });

  it('are all accounted for, none left out without a reason', () => {
    for (const row of ROWS) {
      const reason = SKIPPED[row.operation];
      if (reason !== undefined) tally.note(row, 'skipped', reason);
    }
    expect(tally.forgotten()).toEqual([]);
  });
});
