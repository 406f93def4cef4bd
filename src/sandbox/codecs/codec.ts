/** What every family's native format provides: InvokeModel bodies in, answers and stream chunks out. */
import type { ModelRecord } from '../../catalog/types.ts';
import type { JsonObject } from '../../json.ts';
import type { Answer, Turn } from '../answers/turn.ts';

export interface Chunk {
  readonly payload: JsonObject;
  /** Part of the answer: paced, and where faults strike. */
  readonly delta?: boolean;
  /** From here on the client knows that the answer is complete. */
  readonly end?: boolean;
}

export interface NativeContext {
  readonly model: ModelRecord;
  /** The model identifier as sent. */
  readonly modelId: string;
  readonly body: JsonObject;
  readonly streaming: boolean;
  /** Twenty-four letters and digits that depend on the request only. */
  readonly id: string;
}

export interface NativeCodec {
  /** Reads and checks the body; throws the refusal that Bedrock gives. */
  read(context: NativeContext): Turn;
  whole(answer: Answer, context: NativeContext): JsonObject;
  /** The stream; the caller adds `amazon-bedrock-invocationMetrics` to the last chunk. */
  chunks(answer: Answer, context: NativeContext): Iterable<Chunk>;
}

/** Seconds since the epoch that every answer carries, so that answers stay the same. */
export const CREATED = 1_767_225_600;

export const totalTokens = ({ usage }: Answer): number => usage.inputTokens + usage.outputTokens;
export const textOfAnswer = (answer: Answer): string =>
  answer.blocks.map((block) => (block.kind === 'text' ? block.text : '')).join('');
