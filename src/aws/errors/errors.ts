/**
 * Any failure of an AWS call -> BedrockError. The knowledge is in the rows; here they are put in order:
 * connection and credentials first, then wordings, then exception names, then bare statuses.
 */

import { BedrockError } from '../../bedrock-error.ts';
import { defined } from '../../defined.ts';
import { createRedact } from '../../log.ts';
import { type ErrorRow, fits } from './error-row.ts';
import { ACCESS_ROWS } from './error-rows-access.ts';
import { CONNECTION_ROWS, CREDENTIAL_ROWS } from './error-rows-connection.ts';
import { MODEL_ROWS } from './error-rows-model.ts';
import { SERVICE_ROWS, STATUS_ROWS } from './error-rows-service.ts';
import { type ErrorContext, type Failure, property, readFailure, shorten } from './failure.ts';

export type { ErrorContext } from './failure.ts';

const ROWS: readonly ErrorRow[] = [
  ...CONNECTION_ROWS,
  ...CREDENTIAL_ROWS,
  ...ACCESS_ROWS,
  ...MODEL_ROWS,
  ...SERVICE_ROWS,
  ...STATUS_ROWS,
];

const PATTERN_REDACT = createRedact();
// Bytes. Message and fix together stay below the 2 kB that a tool error may have.
const LONGEST_MESSAGE = 950;
const LONGEST_FIX = 800;

/** The error of a call that its caller gave up. */
export function cancelledError(operation: string): BedrockError {
  return new BedrockError('cancelled', {
    message: `${operation} was cancelled by the caller.`,
    fix: 'Nothing to do; call again if the answer is still wanted.',
  });
}

function fallback(failure: Failure): ErrorRow {
  if (failure.status !== undefined && failure.status >= 400) {
    return {
      code: failure.status >= 500 ? 'service_error' : 'rejected_request',
      message: (f) =>
        `AWS answered ${f.operation} with ${f.awsName ?? 'an error'} (HTTP ${f.status}). ${f.words}`,
      fix: 'Correct what AWS names in the message.',
      retryable: failure.status >= 500,
    };
  }
  // Exceptions inside a stream have a name but no status.
  if (failure.requestId !== undefined || failure.httpStatus !== undefined) {
    return {
      code: 'service_error',
      message: (f) => `Bedrock broke off ${f.operation} with ${f.awsName ?? 'an error'}. ${f.words}`,
      fix: 'Try again; if it stays, give the request ID to AWS Support.',
    };
  }
  if (failure.text.includes('no value provided for input http label')) {
    return {
      code: 'invalid_request',
      message: (f) => `${f.operation} needs a model ID. ${f.words}`,
      fix: 'Name a model.',
    };
  }
  return {
    code: 'internal',
    message: (f) => `${f.operation} failed inside this server: ${f.awsName ?? 'error'}. ${f.words}`,
    fix: 'Report it with this text.',
  };
}

/**
 * Turns whatever an AWS call threw into a BedrockError: code, what happened, the next step, `retryAfterMs`,
 * `requestId`, `httpStatus`, AWS's name and untouched words. A BedrockError passes unchanged.
 * `accepted` is true when Bedrock had answered 200 and the connection broke after that; an exception that Bedrock
 * itself reports, also inside a stream, leaves it false, and the caller decides by what had already been delivered.
 */
export function toBedrockError(error: unknown, context: ErrorContext): BedrockError {
  if (error instanceof BedrockError) return error;
  if (context.signal?.aborted === true) return cancelledError(context.operation);
  if (property(error, 'name') === 'AbortError') return cancelledError(context.operation);
  const failure = readFailure(error, { ...context, redact: context.redact ?? PATTERN_REDACT });
  const row = ROWS.find((candidate) => fits(candidate, failure)) ?? fallback(failure);
  const redact = context.redact ?? PATTERN_REDACT;
  const answered = context.httpStatus !== undefined && context.httpStatus < 300;
  const accepted = answered && (row.code === 'network' || row.code === 'incomplete');
  const fix = typeof row.fix === 'string' ? row.fix : row.fix(failure);
  return new BedrockError(row.code, {
    message: shorten(redact(row.message(failure)), LONGEST_MESSAGE),
    fix: shorten(redact(fix), LONGEST_FIX),
    retryable: !accepted && (row.retryable ?? false),
    accepted,
    ...defined({ retryAfterMs: failure.retryAfterMs, requestId: failure.requestId }),
    // An exception inside a stream comes after a 200, which is not its status.
    ...(failure.status === undefined || failure.status < 300 ? {} : { httpStatus: failure.status }),
    ...defined({ awsName: failure.awsName }),
    ...(failure.raw === '' ? {} : { awsMessage: failure.raw }),
    cause: error,
  });
}
