/**
 * The one error shape of the product. Every floor throws it, every door prints it.
 * It stands at the bottom of the house because the catalogue and the request rules refuse with it too;
 * `aws/errors/errors.ts` turns what AWS says into it.
 */

/** Every code that a caller can see. README's error table is generated from `ERROR_CODES`. */
export const ERROR_CODES = {
  invalid_request: 'The arguments cannot be sent to the model as they are.',
  unknown_model: 'No model, alias or profile has this name.',
  unsupported_model: 'The model exists, but this tool or these two APIs cannot call it.',
  unsupported_feature: 'The model or the chosen API cannot do what was asked.',
  not_in_region: 'The model is not offered in this Region.',
  not_allowed: 'A policy of this server (allowed models, Regions, geographies) forbids it.',
  end_of_life: 'The model was retired.',
  legacy_model: 'AWS closed this legacy model for accounts that have not used it lately.',
  profile_required: 'The model can only be called through an inference profile.',
  config: 'A setting of this server is wrong.',
  missing_region: 'No AWS Region is configured.',
  unreachable_region: 'The Region has no Bedrock endpoint, or it cannot be reached.',
  no_credentials: 'No AWS credentials were found.',
  expired_credentials: 'The AWS credentials have expired.',
  invalid_credentials: 'AWS does not accept the credentials.',
  clock_skew: 'The clock of this machine is wrong, so AWS refuses the signature.',
  access_denied: 'The identity lacks an IAM permission, or a policy denies it.',
  model_access: 'The account has not been given access to the model yet.',
  data_retention: 'The model needs an account-level data-retention setting.',
  throttled: 'Bedrock is throttling requests or tokens per minute.',
  quota_exceeded: 'A daily or fixed quota is used up; retrying does not help.',
  overloaded: 'Bedrock has no capacity for this model right now.',
  model_not_ready: 'The model is still being loaded.',
  model_error: 'The model failed while it was answering.',
  model_timeout: 'The model took longer than Bedrock allows.',
  content_too_long: 'The input (with the requested output) is longer than the model accepts.',
  rejected_request: 'Bedrock refused the request.',
  service_error: 'Bedrock failed internally.',
  network: 'The connection to Bedrock failed.',
  not_bedrock: 'Something that is not Bedrock answered (a proxy or a portal).',
  timeout: 'A time limit of this server ended the call.',
  cancelled: 'The caller cancelled the call.',
  incomplete: 'The answer ended before its end marker, or (in a comparison) it was refused or filtered.',
  file: 'A file cannot be read, or may not be.',
  unknown_thread: 'No conversation is kept under this thread ID.',
  unknown_call: 'No answer is kept under this call ID.',
  invalid_output: 'The answer does not match the response schema, also after one repair round.',
  budget_exceeded: 'A spending limit of this server would be exceeded.',
  confirmation_required: 'The call may cost more than may be spent without asking.',
  busy: 'This server is handling as many calls as it may.',
  internal: 'A bug in this server.',
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

export interface BedrockErrorDetails {
  /** What happened, in one or two sentences, safe to show: no secret, no stack. */
  readonly message: string;
  /** What the reader should do next: the exact command, IAM action, argument or setting. */
  readonly fix: string;
  /** True when the same request may succeed later or elsewhere. */
  readonly retryable?: boolean;
  /** Milliseconds to wait, when AWS said so. */
  readonly retryAfterMs?: number;
  /** AWS request ID, when the request reached AWS. */
  readonly requestId?: string;
  readonly httpStatus?: number;
  /** The AWS exception name, such as `ThrottlingException`. */
  readonly awsName?: string;
  /** AWS's own words, untouched: the repair and healing tables match on them. Shown only redacted. */
  readonly awsMessage?: string;
  /** True when Bedrock had accepted the request, so that sending it again would be billed twice. */
  readonly accepted?: boolean;
  /** Which field of the request is wrong, such as `messages[2].content[0]`. */
  readonly field?: string;
  /** Text that the model had already produced when the call broke. */
  readonly partialText?: string;
  /** All that the model had written by then, reasoning and tool calls too: it is billed. */
  readonly produced?: string;
  /** What the call may cost, plain decimal USD, when that is why it was refused. */
  readonly costUsd?: string;
  readonly cause?: unknown;
}

export class BedrockError extends Error {
  override readonly name = 'BedrockError';
  readonly code: ErrorCode;
  readonly fix: string;
  readonly retryable: boolean;
  readonly retryAfterMs: number | undefined;
  readonly requestId: string | undefined;
  readonly httpStatus: number | undefined;
  readonly awsName: string | undefined;
  readonly awsMessage: string | undefined;
  readonly accepted: boolean;
  readonly field: string | undefined;
  readonly partialText: string | undefined;
  readonly produced: string | undefined;
  readonly costUsd: string | undefined;

  constructor(code: ErrorCode, details: BedrockErrorDetails) {
    super(details.message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.fix = details.fix;
    this.retryable = details.retryable ?? false;
    this.retryAfterMs = details.retryAfterMs;
    this.requestId = details.requestId;
    this.httpStatus = details.httpStatus;
    this.awsName = details.awsName;
    this.awsMessage = details.awsMessage;
    this.accepted = details.accepted ?? false;
    this.field = details.field;
    this.partialText = details.partialText;
    this.produced = details.produced;
    this.costUsd = details.costUsd;
  }

  /** The same error with some details replaced; the original stays reachable as `cause`. */
  with(details: Partial<BedrockErrorDetails>): BedrockError {
    const kept = {
      retryable: this.retryable,
      retryAfterMs: this.retryAfterMs,
      requestId: this.requestId,
      httpStatus: this.httpStatus,
      awsName: this.awsName,
      awsMessage: this.awsMessage,
      accepted: this.accepted,
      field: this.field,
      partialText: this.partialText,
      produced: this.produced,
      costUsd: this.costUsd,
    };
    const present = Object.fromEntries(Object.entries(kept).filter(([, value]) => value !== undefined));
    return new BedrockError(this.code, {
      message: this.message,
      fix: this.fix,
      ...present,
      cause: this,
      ...details,
    });
  }
}

/** What was thrown, as an error that a caller can read; a bug of this server is one, too. @param what failed. */
export function asBedrockError(cause: unknown, what = 'The call'): BedrockError {
  if (cause instanceof BedrockError) return cause;
  return new BedrockError('internal', {
    message: `${what} failed in a way that was not foreseen.`,
    fix: 'Try again; if it stays so, report it with the line that the server wrote to stderr.',
    cause,
  });
}
