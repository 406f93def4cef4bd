/** A comparison as any door hands it down. */
import type { ContentBlock } from '../../messages/types.ts';
import type { RequestParts, TurnRead } from '../text/request.ts';

/** What all models are asked. */
export interface QuestionRead extends TurnRead {
  /** The files alone. */
  readonly files: readonly ContentBlock[];
}

export interface ComparisonRequest {
  readonly callId: string;
  /** The tool or wire that it came by. */
  readonly tool: string;
  /** As asked for; one may be there several times. */
  readonly models: readonly string[];
  readonly region?: string;
  /** ms, for one answer; absent = the configured time. */
  readonly timeoutMs?: number;
  readonly parts: RequestParts;
  /** The words of the question; absent when it is in the files. */
  readonly question?: string;
  /** Reads the question. @throws BedrockError about what is wrong with it. */
  read(signal: AbortSignal): Promise<QuestionRead>;
  /** Model that ranks the answers. */
  readonly judge?: string;
  readonly criteria?: string;
  /** USD for everything together. */
  readonly maxUsd?: number;
  /** USD that somebody agreed to. */
  readonly confirmedUsd?: number;
}
