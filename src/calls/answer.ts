/**
 * Answers as they are stored, cut, delivered and printed: that of a text call, a comparison, and one row of a comparison.
 * Typed to the very end; what is read back from a store has to pass `callAnswer`.
 */
import * as z from 'zod';

/** What was asked, what was sent where and why, what it used and cost; under every answer. */
export const receiptOutput = z.object({
  call_id: z.string(),
  model_asked: z.string(),
  model_id: z.string(),
  region: z.string(),
  served_by: z.array(z.string()).optional(),
  api: z.string(),
  route_reason: z.string().optional(),
  usage: z
    .object({
      input_tokens: z.int().optional(),
      output_tokens: z.int().optional(),
      cache_read_tokens: z.int().optional(),
      cache_write_tokens: z.int().optional(),
    })
    .optional(),
  cost_usd: z.string().optional(),
  cost_note: z.string().optional(),
  prices_as_of: z.string().optional(),
  attempts: z.array(z.record(z.string(), z.unknown())).optional(),
  warnings: z.array(z.string()).optional(),
  duration_ms: z.int().optional(),
});

export type Receipt = z.output<typeof receiptOutput>;

/** Of every text call, whether it is delivered at once or collected later; published with the tools. */
export const textAnswerFields = {
  text: z.string().optional(),
  next_offset: z.int().optional(),
  total_chars: z.int().optional(),
  parsed: z.unknown().optional(),
  inexact: z.array(z.string()).optional(),
  stop_reason: z.string().optional(),
  stop_sequence: z.string().optional(),
  tool_calls: z
    .array(
      z.object({
        toolUseId: z.string(),
        name: z.string(),
        // One or the other: a long input that does not fit is told by its length.
        input: z.unknown().optional(),
        input_chars: z.int().optional(),
      }),
    )
    .optional(),
  incomplete_tool_calls: z
    .array(z.object({ toolUseId: z.string(), name: z.string(), raw_input: z.string() }))
    .optional(),
  reasoning: z.array(z.record(z.string(), z.unknown())).optional(),
  reasoning_chars: z.int().optional(),
  content: z.array(z.record(z.string(), z.unknown())).optional(),
  native_response: z.unknown().optional(),
  trace: z.unknown().optional(),
  additional_fields: z.unknown().optional(),
  service_tier: z.string().optional(),
  thread: z.record(z.string(), z.unknown()).optional(),
  receipt: receiptOutput.optional(),
};

const shownError = z.object({
  code: z.string(),
  message: z.string(),
  fix: z.string().optional(),
  request_id: z.string().optional(),
});

const { text, next_offset, total_chars, stop_reason } = textAnswerFields;

/** What a row has, collected by itself, that other answers have not. */
const rowFields = {
  sample: z.int().optional(),
  model_id: z.string().optional(),
  api: z.string().optional(),
  cost_usd: z.string().optional(),
  cost_note: z.string().optional(),
  duration_ms: z.int().optional(),
  input_tokens: z.int().optional(),
  output_tokens: z.int().optional(),
  warnings: z.array(z.string()).optional(),
  /** Of the call: it is not known before there is an answer of which a part may be left out. */
  call_id: z.string().optional(),
  error: shownError.optional(),
  /** What had arrived before it failed. */
  incomplete: z.boolean().optional(),
};

const comparisonRow = z.object({
  model: z.string(),
  ...{ text, next_offset, total_chars, stop_reason },
  ...rowFields,
});

const judgement = z.object({
  model: z.string(),
  /** Absent when the two orders of reading disagree. */
  winner: z.string().optional(),
  agreed: z.boolean().optional(),
  scores: z.array(z.object({ model: z.string(), score: z.number() })).optional(),
  reasons: z.array(z.string()).optional(),
  error: shownError.optional(),
  cost_usd: z.string().optional(),
  warnings: z.array(z.string()).optional(),
});

/** Any answer; for stores, what they read back must be in this form. */
export const callAnswer = z.object({
  ...textAnswerFields,
  model: z.string().optional(),
  ...rowFields,
  results: z.array(comparisonRow).optional(),
  judge: judgement.optional(),
  total_cost_usd: z.string().optional(),
});

export type CallAnswer = z.output<typeof callAnswer>;
export type ComparisonRow = z.output<typeof comparisonRow>;
export type Judgement = z.output<typeof judgement>;
export type ShownError = z.output<typeof shownError>;

/** The whole answer of a text call. */
export type TextAnswer = CallAnswer & {
  readonly text: string;
  readonly stop_reason: string;
  readonly receipt: Receipt;
};
