/** A recorded answer with its request, and what its bytes say by the wire format alone. */
import { type Frame, framesIn } from './frames.ts';

// biome-ignore lint/suspicious/noExplicitAny: recorded bodies of forty shapes, read by hand
export type Raw = any;

export interface Row {
  /** Where it stands, operation, model ID and hash. */
  readonly id: string;
  readonly path: string;
  readonly operation: string;
  readonly model_id: string;
  readonly family: string;
  readonly region: string | null;
  readonly streaming: boolean;
  readonly status: number;
  /** Null where only the answer was made public. */
  readonly request_body: Raw;
  readonly response_headers: Readonly<Record<string, string>>;
  readonly bytes: Buffer;
  /** Texts of it are shorter than those that the service counted. */
  readonly isShortened: boolean;
}

/** The last part of a row's ID: the same for a row and for what was derived from it. */
export function hashOf(row: Row): string {
  return row.id.split('.').at(-1) ?? '';
}

/** The body of an answer that is one JSON value. */
export function bodyOf(row: Row): Raw {
  return JSON.parse(row.bytes.toString('utf8'));
}

export function framesOf(row: Row): Frame[] {
  return framesIn(row.bytes);
}

/** True for a call that asked for a stream; a refusal of it (`streaming: false`) is one JSON body all the same. */
export function asksForStream({ operation }: Row): boolean {
  return operation.endsWith('Stream');
}

/** True for a row that Bedrock refused or broke off. */
export function isRefused(row: Row): boolean {
  if (row.streaming) return framesOf(row).some(({ isException }) => isException);
  // A gateway that does not know the operation says so inside a 200.
  return row.status >= 400 || row.bytes.includes('"__type":');
}

const TEXT_OPERATIONS = ['Converse', 'ConverseStream', 'InvokeModel', 'InvokeModelWithResponseStream'];

export type RowKind = 'text' | 'embedding' | 'rerank' | 'count' | 'other';

/** What a row is about. */
export function kindOf({ operation, family }: Row): RowKind {
  if (operation === 'CountTokens') return 'count';
  if (!TEXT_OPERATIONS.includes(operation)) return 'other';
  if (family === 'cohere-rerank') return 'rerank';
  return family.endsWith('-embed') ? 'embedding' : 'text';
}

const SUFFIXES: Readonly<Record<string, string>> = {
  Converse: 'converse',
  ConverseStream: 'converse-stream',
  InvokeModel: 'invoke',
  InvokeModelWithResponseStream: 'invoke-with-response-stream',
  CountTokens: 'count-tokens',
};

export function pathOf(operation: string, modelId: string): string {
  return `/model/${encodeURIComponent(modelId)}/${SUFFIXES[operation] ?? operation}`;
}
