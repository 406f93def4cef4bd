/** What every row of the repair table is made of. */
import type { ModelFeatures } from '../../../catalog/types.ts';
import type { CodecModel, InferenceRequest, ReasoningBlock } from '../../../messages/types.ts';

export interface Repair {
  /** Key of the row; each is tried at most once per call. */
  readonly cause: string;
  /** The changed request; absent when the same one is to be sent in another way. */
  readonly request?: InferenceRequest;
  /** Repeat without streaming. */
  readonly stream?: false;
  /** The bare model ID was refused: send to an inference profile. */
  readonly needsProfile?: true;
  /** One sentence for the caller. */
  readonly warning: string;
  /** Reasoning that this model did not make, so that the next call leaves it out. */
  readonly foreignReasoning?: readonly ReasoningBlock[];
  /** What the refusal taught about the model, so that the next call goes straight. */
  readonly learned?: Partial<ModelFeatures>;
}

export interface Row {
  readonly cause: string;
  /** `said` is AWS's message in lower case with ASCII apostrophes. */
  readonly matches: (said: string) => boolean;
  /**
   * undefined when the request has nothing of the kind, so that a repeat would fail the same way.
   * `sent` is what was made of `request` and refused.
   */
  readonly repair: (
    request: InferenceRequest,
    said: string,
    model: CodecModel,
    sent: InferenceRequest,
  ) => Omit<Repair, 'cause'> | undefined;
}

/** True of a message that has all the words. */
export const has =
  (...words: readonly string[]) =>
  (said: string): boolean =>
    words.every((word) => said.includes(word));

/** Thinking and a forced tool do not go together (recorded). */
export const isForcedWhileThinking = has('thinking', 'tool_choice', 'forces tool use');

/** A changed request, or undefined when the change found nothing to do. */
export function changed(
  before: InferenceRequest,
  request: InferenceRequest,
  warning: string,
  learned?: Partial<ModelFeatures>,
): Omit<Repair, 'cause'> | undefined {
  if (request === before) return undefined;
  return { request, warning, ...(learned === undefined ? {} : { learned }) };
}

/** Words with which a field is refused, and not its value. */
export const REFUSALS: readonly string[] = [
  "doesn't support",
  'does not support',
  'not supported',
  'unsupported',
  'deprecated',
  'unknown parameter',
  'unrecognized request argument',
  'not permitted',
  'may only be set',
  'must be unset',
  'or unset',
];
