/** What to do after a failed attempt: a pure decision, kept apart from the loop that carries it out. */
import type { BedrockError, ErrorCode } from '../../bedrock-error.ts';
import type { ModelFeatures } from '../../catalog/types.ts';
import type { CodecModel, InferenceRequest, ReasoningBlock } from '../../messages/types.ts';
import type { Target } from '../resolve/target.ts';
import type { Route } from '../route/route.ts';
import { repairFor } from './repairs/repair.ts';

export type Step =
  | { readonly kind: 'fail' }
  /** Send the changed request once more. */
  | {
      readonly kind: 'repair';
      readonly cause: string;
      readonly warning: string;
      readonly request?: InferenceRequest;
      readonly foreignReasoning?: readonly ReasoningBlock[];
      readonly learned?: Partial<ModelFeatures>;
    }
  /** Streaming itself was refused: take the whole answer. `remember` is what this target will be asked for from now on. */
  | {
      readonly kind: 'whole';
      readonly cause: string;
      readonly warning: string;
      readonly remember?: string;
      readonly learned?: Partial<ModelFeatures>;
    }
  /** The identifier was refused: find another one for the same model. */
  | { readonly kind: 'heal'; readonly cause: string; readonly warning: string }
  | { readonly kind: 'retry'; readonly patience: Patience };

/** How a failure that may pass is waited for. */
export interface Patience {
  /** Another target at once, or this one again after a pause. */
  readonly where: 'elsewhere' | 'here';
  /** Base of the pause, ms. */
  readonly pauseMs: number;
  /** Most attempts at one target; the setting when absent. */
  readonly tries?: number;
  /** Another target would answer the same. */
  readonly alone?: true;
  /** Lack of capacity: the target rests, so that other calls leave it alone. */
  readonly rests?: true;
}

export interface Situation {
  /** As the caller gave it, with earlier repairs; the next repair works on this one. */
  readonly request: InferenceRequest;
  /** What was made of it and sent; the same when absent. */
  readonly sent?: InferenceRequest;
  readonly model: CodecModel;
  readonly target: Target;
  readonly route: Pick<Route, 'api' | 'stream'>;
  /** Causes that were dealt with already: each at most once. */
  readonly repaired: ReadonlySet<string>;
  /** Output has reached the caller. */
  readonly produced: boolean;
  readonly aborted: boolean;
}

/**
 * What may pass by itself. Quotas are counted per minute, so throttling waits longer than the 0.8 s that the AWS SDK
 * spends on all its retries; an imported model is loaded for up to minutes; 408 and 424 are worth one more try, since
 * the AWS SDK leaves both alone.
 */
const TRANSIENT: ReadonlyMap<ErrorCode, Patience> = new Map<ErrorCode, Patience>([
  ['throttled', { where: 'elsewhere', pauseMs: 1_000, rests: true }],
  ['overloaded', { where: 'elsewhere', pauseMs: 1_000, rests: true }],
  ['unreachable_region', { where: 'elsewhere', pauseMs: 400, tries: 1 }],
  ['model_not_ready', { where: 'here', pauseMs: 5_000 }],
  ['model_error', { where: 'here', pauseMs: 400, tries: 2 }],
  ['model_timeout', { where: 'here', pauseMs: 400, tries: 2 }],
  ['service_error', { where: 'here', pauseMs: 400 }],
  ['network', { where: 'here', pauseMs: 400 }],
]);

/** Nova failed to write a call. Once more may do, at a price; other targets are the same model. */
const INVALID_CALL: Patience = { where: 'here', pauseMs: 400, tries: 2, alone: true };

/** How a failure is waited for; undefined when waiting does not help or the request must not be sent again. */
export function patienceFor(error: BedrockError): Patience | undefined {
  if (error.accepted) return undefined;
  const patience = isInvalidCall(error) ? INVALID_CALL : TRANSIENT.get(error.code);
  // A Region that cannot be reached stays so for this call, but others may serve it.
  return error.retryable || patience?.tries === 1 ? patience : undefined;
}

/** True when Bedrock refused the identifier, so that another one for the same model may be taken. */
export function isIdentifierRefused(error: BedrockError, target: Pick<Target, 'via'>): boolean {
  if (target.via === 'arn') return false;
  return error.code === 'profile_required' || error.code === 'unknown_model';
}

/** Decides the next step. Never sends again what was accepted before a time-out of our own, or what produced output. */
export function nextStep(error: BedrockError, at: Situation): Step {
  if (at.aborted || at.produced || error.accepted || error.code === 'cancelled') return { kind: 'fail' };
  const sent = at.target.modelId;
  const denied = `iam-streaming ${sent}`;
  if (at.route.stream && isStreamingDenied(error) && !at.repaired.has(denied)) {
    return {
      kind: 'whole',
      cause: denied,
      remember: 'buffered:iam — the IAM policy refuses streaming for this model',
      warning:
        'The IAM policy refuses bedrock:InvokeModelWithResponseStream, so the answer came whole, without progress.',
    };
  }
  if (isIdentifierRefused(error, at.target)) {
    const cause = `identifier ${at.target.region} ${sent}`;
    if (at.repaired.has(cause)) return { kind: 'fail' };
    return {
      kind: 'heal',
      cause,
      warning:
        error.code === 'profile_required'
          ? `Bedrock takes ${sent} only through an inference profile:`
          : `Bedrock does not know ${sent} in ${at.target.region}:`,
    };
  }
  const repair = repairFor(error, at.request, at.model, at.repaired, at.sent);
  if (repair?.stream === false) {
    if (!at.route.stream) return { kind: 'fail' };
    const { cause, warning, learned } = repair;
    // A model that streams, but not with tools, is remembered by that capability alone.
    if (learned !== undefined) return { kind: 'whole', cause, warning, learned };
    return { kind: 'whole', cause, warning, remember: 'buffered:learned — the model refused to stream' };
  }
  if (repair !== undefined && repair.needsProfile !== true) return { kind: 'repair', ...repair };
  const patience = patienceFor(error);
  return patience === undefined ? { kind: 'fail' } : { kind: 'retry', patience };
}

function isInvalidCall({ code, awsMessage = '' }: BedrockError): boolean {
  return code === 'model_error' && awsMessage.includes('invalid sequence as part of ToolUse');
}

function isStreamingDenied(error: BedrockError): boolean {
  return error.code === 'access_denied' && (error.awsMessage ?? '').includes('InvokeModelWithResponseStream');
}
