/** What the sandbox throws when Bedrock would answer with an error. */

/** Which part of AWS answers: it decides the suffix of `x-amzn-errortype` and the key of the message. */
type Origin = 'bedrock' | 'coral' | 'plain' | 'iam';

const SUFFIX: Record<Origin, string> = {
  bedrock: ':http://internal.amazon.com/coral/com.amazon.bedrock/',
  coral: ':http://internal.amazon.com/coral/com.amazon.coral.service/',
  plain: '',
  iam: '',
};

interface RefusalDetails {
  readonly origin?: Origin;
  readonly extra?: Readonly<Record<string, string | number>>;
  readonly retryAfterSeconds?: number;
  /** True when a streaming operation reports it in its first frame, after HTTP 200. */
  readonly inStream?: boolean;
}

export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;
  /** The AWS exception name. */
  readonly type: string;
  readonly details: RefusalDetails;

  constructor(status: number, type: string, message: string, details: RefusalDetails = {}) {
    super(message);
    this.status = status;
    this.type = type;
    this.details = details;
  }

  headers(): Record<string, string> {
    const { origin = 'bedrock', retryAfterSeconds } = this.details;
    return {
      'content-type': 'application/json',
      'x-amzn-errortype': this.type + SUFFIX[origin],
      ...(retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }),
    };
  }

  /** IAM denials carry `Message`, every other error `message` (recorded answers agree). */
  body(): Record<string, string | number> {
    const key = this.details.origin === 'iam' ? 'Message' : 'message';
    return { [key]: this.message, ...this.details.extra };
  }
}

export const invalid = (message: string): Refusal => new Refusal(400, 'ValidationException', message);

/** On Converse, what the model itself says is wrapped in this sentence. */
export const fromModel = (message: string): Refusal =>
  invalid(`The model returned the following errors: ${message}`);

export const malformed = (problem: string): Refusal =>
  invalid(`Malformed input request: ${problem}, please reformat your input and try again.`);

/** A violated constraint of the service model. */
export const constraint = (value: string, path: string, rule: string): Refusal =>
  invalid(
    `1 validation error detected: Value '${value}' at '${path}' failed to satisfy constraint: Member must ${rule}`,
  );

export const unknownOperation = (): Refusal =>
  new Refusal(404, 'UnknownOperationException', 'The requested operation is not recognized by the service.', {
    origin: 'plain',
  });
