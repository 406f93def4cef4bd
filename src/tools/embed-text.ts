import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import { BedrockError } from '../bedrock-error.ts';
import { receiptOutput } from '../calls/answer.ts';
import { embedBilled } from '../calls/embedding-call.ts';
import { withNotes } from '../calls/receipt.ts';
import { defined } from '../defined.ts';
import type { EmbeddingResult } from '../embedding/embed.ts';
import { similarityMatrix, topMatches } from '../embedding/similarity.ts';
import { COMPACT_DIGITS, compactNumbers, toBase64Float32 } from '../embedding/vector-format.ts';
import { defineTool, rareOptions } from './definition/define.ts';

/** One protocol message holds about 8 MiB: JSON floats take some 12 bytes a number here, base64 5.4 (measured on Titan v2). */
const REPLY_BUDGET_BYTES = 7_000_000;
const BYTES_PER_NUMBER = { vectors: 12, base64: 5.4 } as const;
/** Characters of numbers that are repeated as text. */
const LONGEST_TEXT = 100_000;
const MAX_SIMILARITY = 300;
const ROUNDED = `rounded to ${COMPACT_DIGITS} significant digits`;

const mode = z.enum(['vectors', 'base64', 'similarity', 'top_k']);

const input = z.strictObject({
  texts: z.array(z.string().max(2_000_000)).min(1).max(10_000).describe('Strings'),
  model: z.string().min(1).max(2048).optional().describe('Default Titan v2; also Cohere, Nova'),
  input_type: z.enum(['document', 'query', 'classification', 'clustering']).optional(),
  dimensions: z.int().min(1).max(8192).optional(),
  normalize: z.boolean().optional(),
  truncate: z.enum(['none', 'start', 'end']).optional(),
  return: mode.optional().describe('base64 = float32; top_k = texts nearest to query'),
  // `return` is a reserved word in Python, and models write what their language takes.
  returns: mode.optional(),
  query: z.string().max(2_000_000).optional().describe('For top_k'),
  top_k: z.int().min(1).max(1000).optional(),
  region: z.string().max(30).optional(),
  confirm_cost_usd: z.number().positive().max(1_000_000).optional(),
  options: rareOptions(
    'returns (as return), input_type (document, query, classification, clustering), dimensions, top_k (5), normalize, truncate (start, end)',
    { region: { type: 'string' } },
  ),
});

const output = z.object({
  vectors: z.array(z.array(z.number())).optional(),
  vectors_base64: z.array(z.string()).optional(),
  similarity: z.array(z.array(z.number())).optional(),
  matches: z.array(z.object({ index: z.int(), score: z.number(), text: z.string() })).optional(),
  dimensions: z.int(),
  count: z.int(),
  normalized: z.boolean(),
  errors: z.array(z.object({ index: z.int(), error: z.string() })).optional(),
  receipt: receiptOutput,
});

type Input = z.output<typeof input>;
type Output = z.output<typeof output>;

export const embedText = defineTool({
  name: 'embed_text',
  title: 'Embed text',
  description: 'Embed texts, or compare them: similarity, or those nearest to a query. Costs money.',
  input,
  output,
  sets: ['core'],
  rare: [
    'input_type',
    'dimensions',
    'normalize',
    'truncate',
    'returns',
    'top_k',
    'region',
    'confirm_cost_usd',
  ],
  longAnswer: true,
  // Spends money and changes nothing; the same texts give the same vectors.
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: true },
  run: async (args, context) => {
    const mode = modeOf(args) ?? (args.query === undefined ? 'vectors' : 'top_k');
    checkMode(args, mode);
    const { result, query, receipt } = await embedBilled(
      {
        callId: randomUUID(),
        request: {
          texts: args.texts,
          inputType: args.input_type ?? 'document',
          ...defined({
            dimensions: args.dimensions,
            normalize: args.normalize,
            truncate: args.truncate,
          }),
        },
        ...defined({ model: args.model, region: args.region, query: args.query }),
        checkSize: (dimensions) => checkSize(args.texts.length, dimensions, mode),
      },
      { ...context, ...defined({ confirmedUsd: args.confirm_cost_usd ?? context.confirmedUsd }) },
    );
    const structured: Output = {
      ...shape(result, query, args, mode),
      dimensions: result.dimensions,
      count: args.texts.length,
      normalized: result.normalized,
      receipt:
        mode === 'vectors'
          ? withNotes(receipt, [`The numbers are ${ROUNDED}; return: base64 gives the whole 32-bit floats.`])
          : receipt,
    };
    return { structured, text: plainText(structured) };
  },
});

/** @throws BedrockError `invalid_request` when the two names of it do not agree. */
function modeOf(args: Input) {
  if (args.return !== undefined && args.returns !== undefined && args.return !== args.returns)
    throw new BedrockError('invalid_request', {
      message: `return is ${args.return} and returns is ${args.returns}; they are two names for one argument.`,
      fix: 'Give one of them.',
      field: 'returns',
    });
  return args.return ?? args.returns;
}

function checkMode(args: Input, mode: string): void {
  if (mode === 'top_k' && args.query === undefined) {
    throw new BedrockError('invalid_request', {
      message: 'return: top_k needs a query to compare the texts with.',
      fix: 'Give query.',
      field: 'query',
    });
  }
  if (mode !== 'top_k' && args.query !== undefined) {
    throw new BedrockError('invalid_request', {
      message: `query is only used with return: top_k, not ${mode}.`,
      fix: 'Use return: top_k, or put the query among texts.',
      field: 'query',
    });
  }
  if (mode === 'similarity' && args.texts.length > MAX_SIMILARITY) {
    throw new BedrockError('invalid_request', {
      message: `A similarity matrix of ${args.texts.length} texts has too many numbers for one answer.`,
      fix: `Give at most ${MAX_SIMILARITY} texts, or use top_k with a query.`,
      field: 'texts',
    });
  }
}

/** Refuses what could not be delivered, before it is paid for. */
function checkSize(count: number, dimensions: number, mode: string): void {
  const perNumber =
    mode === 'vectors' ? BYTES_PER_NUMBER.vectors : mode === 'base64' ? BYTES_PER_NUMBER.base64 : 0;
  if (count * dimensions * perNumber <= REPLY_BUDGET_BYTES) return;
  const fits = Math.floor(REPLY_BUDGET_BYTES / (dimensions * perNumber));
  throw new BedrockError('invalid_request', {
    message: `${count} vectors of ${dimensions} numbers do not fit into one protocol message.`,
    fix:
      mode === 'vectors'
        ? `Send at most ${fits} texts at once, use return: base64, or ask for fewer dimensions.`
        : `Send at most ${fits} texts at once, or ask for fewer dimensions.`,
    field: 'texts',
  });
}

function shape(
  result: EmbeddingResult,
  query: EmbeddingResult | undefined,
  args: Input,
  mode: string,
): Partial<Output> {
  const errors = result.perItemErrors.map(({ index, error }) => ({
    index,
    error: `${error.code}: ${error.message}`,
  }));
  const failed = errors.length === 0 ? {} : { errors };
  if (mode === 'similarity') {
    // A text without a vector has no similarity; its row says so by being zero everywhere and by standing in errors.
    const blank = new Float32Array(result.dimensions);
    const matrix = similarityMatrix(result.vectors.map((vector) => vector ?? blank));
    return { similarity: matrix.map((row) => compactNumbers(row)), ...failed };
  }
  const [wanted] = query?.vectors ?? [];
  if (mode === 'top_k' && wanted !== undefined) {
    const matches = topMatches(wanted, result.vectors, args.top_k ?? 5);
    return {
      matches: matches.map(({ index, score }) => ({
        index,
        score: round(score),
        text: (args.texts[index] ?? '').slice(0, 2_000),
      })),
      ...failed,
    };
  }
  if (mode === 'base64')
    return {
      vectors_base64: result.vectors.map((vector) => (vector === undefined ? '' : toBase64Float32(vector))),
      ...failed,
    };
  return {
    vectors: result.vectors.map((vector) => (vector === undefined ? [] : compactNumbers(vector))),
    ...failed,
  };
}

function plainText(answer: Output): string {
  const { receipt, ...rest } = answer;
  const numbers = rest.vectors ?? rest.vectors_base64 ?? rest.similarity ?? [];
  const whole = JSON.stringify(rest);
  // Said twice, a large set would not fit into one message; whoever reads only texts asks for fewer at once.
  const numbersText =
    whole.length <= LONGEST_TEXT ? whole : `${numbers.length} rows of numbers are in the structured answer.`;
  const cost = receipt.cost_usd === undefined ? 'cost unknown' : `${receipt.cost_usd} USD`;
  return `${numbersText}\n[${receipt.model_id} · ${answer.count} texts · ${answer.dimensions} dimensions${rest.vectors === undefined ? '' : `, ${ROUNDED}`} · ${cost}]`;
}

function round(score: number): number {
  return Number(score.toPrecision(6));
}
