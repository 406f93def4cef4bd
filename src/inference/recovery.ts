/** What to do after a failed attempt: a pure decision, kept apart from the loop that carries it out. */
import type { BedrockError, ErrorCode } from '../bedrock-error.ts';
import type { ModelFeatures } from '../catalog/types.ts';
import { repairFor } from './repair.ts';
import type { Route } from './route.ts';
import type { Target } from './target.ts';
import type { CodecModel, InferenceRequest } from './types.ts';

export type Step =
  | { readonly kind: 'fail' }
  /** Send the changed request once more. */
  | {
      readonly kind: 'repair';
      readonly cause: string;
      readonly warning: string;
      readonly request?: InferenceRequest;
      readonly stream?: false;
      readonly learned?: Partial<ModelFeatures>;
    }
  /** The IAM policy refuses the streaming action: take the whole answer. */
  | { readonly kind: 'whole'; readonly cause: string; readonly warning: string }
  /** The name itself was refused: look for a profile. */
  | { readonly kind: 'heal'; readonly cause: string; readonly warning: string }
  /** The same request again, here or at the next target. */
  | { readonly kind: 'retry'; readonly rest: boolean; readonly restMs?: number };

export interface Situation {
  /** As it was sent. */
  readonly request: InferenceRequest;
  /** As the caller gave it; repairs work on this one. */
  readonly original: InferenceRequest;
  readonly model: CodecModel;
  readonly target: Target;
  readonly route: Pick<Route, 'api' | 'stream'>;
  /** Causes that were repaired already: each at most once. */
  readonly repaired: ReadonlySet<string>;
  /** Output has reached the caller. */
  readonly produced: boolean;
  readonly aborted: boolean;
}

/** Lack of capacity: the target should rest, others may still have some. */
const CAPACITY: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['throttled', 'overloaded']);
/** Worth another try, here or elsewhere, as long as nothing was produced. */
const TRANSIENT: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'throttled',
  'overloaded',
  'service_error',
  'model_error',
  'model_not_ready',
  'network',
  'clock_skew',
  'model_timeout',
]);

/** Decides the next step. Never sends again what was accepted before a time-out of our own, or what produced output. */
export function nextStep(error: BedrockError, at: Situation): Step {
  if (at.aborted || at.produced || error.accepted || error.code === 'cancelled') return { kind: 'fail' };
  if (isStreamingDenied(error) && at.route.stream && !at.repaired.has('iam-streaming')) {
    return {
      kind: 'whole',
      cause: 'iam-streaming',
      warning:
        'The IAM policy refuses bedrock:InvokeModelWithResponseStream, so the answer came whole, without progress.',
    };
  }
  const repair = repairFor(error, at.original, at.model, at.repaired);
  if (repair !== undefined && repair.needsProfile !== true) return { kind: 'repair', ...repair };
  if ((error.code === 'profile_required' || repair?.needsProfile === true) && !at.repaired.has('profile')) {
    return {
      kind: 'heal',
      cause: 'profile',
      warning: `Bedrock takes ${at.target.modelId} only through an inference profile:`,
    };
  }
  if (error.code === 'unknown_model' && at.target.via !== 'arn' && !at.repaired.has('identifier')) {
    return {
      kind: 'heal',
      cause: 'identifier',
      warning: `Bedrock does not know ${at.target.modelId} in ${at.target.region}:`,
    };
  }
  if (TRANSIENT.has(error.code) && error.retryable) {
    const rest = CAPACITY.has(error.code);
    return {
      kind: 'retry',
      rest,
      ...(error.retryAfterMs === undefined ? {} : { restMs: error.retryAfterMs }),
    };
  }
  return { kind: 'fail' };
}

function isStreamingDenied(error: BedrockError): boolean {
  return error.code === 'access_denied' && (error.awsMessage ?? '').includes('InvokeModelWithResponseStream');
}
