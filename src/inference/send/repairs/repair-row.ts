/** What every row of the repair table is made of. */
import type { RefusedMember } from '../../../aws/errors/refused-member.ts';
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

/** What to do after a refusal; the cause is the table's. */
export type Healing = Omit<Repair, 'cause'>;

/** The member that AWS names, in its own words and in those of the request. */
export interface Refused extends RefusedMember {
  readonly member: string | undefined;
}

/** A refusal that names a member. */
export interface Refusal {
  /** As the caller gave it. */
  readonly request: InferenceRequest;
  /** What was made of it and refused. */
  readonly sent: InferenceRequest;
  readonly refused: Refused;
  /** AWS's message in lower case with ASCII apostrophes. */
  readonly said: string;
  readonly model: CodecModel;
}

export interface Row {
  readonly cause: string;
  /** `said` is AWS's message in lower case with ASCII apostrophes. */
  readonly matches: (said: string, refused?: Refused) => boolean;
  /**
   * undefined when the request has nothing of the kind, so that a repeat would fail the same way.
   * `sent` is what was made of `request` and refused.
   */
  readonly repair: (
    request: InferenceRequest,
    said: string,
    model: CodecModel,
    sent: InferenceRequest,
    refused?: Refused,
  ) => Healing | undefined;
}

/** True of a message that has all the words. */
export const has =
  (...words: readonly string[]) =>
  (said: string): boolean =>
    words.every((word) => said.includes(word));

/** A changed request, or undefined when the change found nothing to do. */
export function changed(
  before: InferenceRequest,
  request: InferenceRequest,
  warning: string,
  learned?: Partial<ModelFeatures>,
): Healing | undefined {
  if (request === before) return undefined;
  return { request, warning, ...(learned === undefined ? {} : { learned }) };
}

/** The same request where the next plan sees to what was learned; undefined where it has nothing of the kind. */
export function again(
  isSent: boolean,
  request: InferenceRequest,
  warning: string,
  learned: Partial<ModelFeatures>,
): Healing | undefined {
  return isSent ? { request, warning, learned } : undefined;
}
