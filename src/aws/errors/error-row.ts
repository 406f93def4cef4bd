/** What a row of the error table is, and the words its sentences share. */
import type { ErrorCode } from '../../bedrock-error.ts';
import type { Failure } from './failure.ts';

/** A row fits when every given condition holds; a list holds when any of its members does. */
export interface ErrorRow {
  readonly code: ErrorCode;
  /** Exception names, lower case. */
  readonly names?: readonly string[];
  /** HTTP statuses. */
  readonly statuses?: readonly number[];
  /** Fragments of the message, lower case, ASCII apostrophes. */
  readonly texts?: readonly string[];
  /** Node's error codes. */
  readonly sockets?: readonly string[];
  /** For what the lists cannot say. */
  readonly when?: (failure: Failure) => boolean;
  readonly message: (failure: Failure) => string;
  readonly fix: string | ((failure: Failure) => string);
  /** The same request may succeed later or elsewhere. */
  readonly retryable?: boolean;
}

export function fits(row: ErrorRow, failure: Failure): boolean {
  if (row.names !== undefined && !row.names.includes(failure.name)) return false;
  if (row.statuses !== undefined && !row.statuses.includes(failure.status ?? 0)) return false;
  if (row.sockets !== undefined && !row.sockets.includes(failure.socketCode ?? '')) return false;
  if (row.texts !== undefined && !row.texts.some((text) => failure.text.includes(text))) return false;
  return row.when === undefined || row.when(failure);
}

/** The model of the call, for a sentence. */
export function model(failure: Failure): string {
  return failure.modelId === undefined ? 'the model' : failure.modelId.slice(0, 200);
}

export function region(failure: Failure): string {
  return failure.region === undefined || failure.region === '' ? 'this Region' : failure.region.slice(0, 40);
}

/** AWS's own words, ready to be appended. */
export function said(failure: Failure): string {
  return failure.words === '' ? '' : ` AWS says: ${failure.words}`;
}

const ACTION_OF: ReadonlyMap<string, string> = new Map([
  ['Converse', 'bedrock:InvokeModel'],
  ['InvokeModel', 'bedrock:InvokeModel'],
  ['ConverseStream', 'bedrock:InvokeModelWithResponseStream'],
  ['InvokeModelWithResponseStream', 'bedrock:InvokeModelWithResponseStream'],
]);

/** The IAM action that AWS named, or that the operation needs (Converse has none of its own). */
export function actionFor(failure: Failure): string {
  return failure.action ?? ACTION_OF.get(failure.operation) ?? `bedrock:${failure.operation}`;
}

export function onResource(failure: Failure): string {
  return failure.resource === undefined ? '' : ` on ${failure.resource}`;
}
