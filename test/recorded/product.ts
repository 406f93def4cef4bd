/** One recorded row through the product: runtime, codec, assembler, as one attempt of a call does it. */
import type { ResponseHeaders } from '../../src/aws/types.ts';
import { BedrockError } from '../../src/bedrock-error.ts';
import { parseModelId } from '../../src/catalog/models/model-id.ts';
import { inferredRecord } from '../../src/catalog/models/record.ts';
import type { ModelRecord } from '../../src/catalog/types.ts';
import { nativeCodecFor } from '../../src/inference/codecs/registry.ts';
import { prepareRequest } from '../../src/inference/prepare/prepare-request.ts';
import { attempt } from '../../src/inference/send/attempt.ts';
import type { InferenceRequest, InferenceResult, StreamDelta } from '../../src/messages/types.ts';
import { type Cut, type Replayed, regionOf } from './replay.ts';
import { asksForStream, kindOf, type Row } from './row.ts';

/** The replay answers whatever is asked; what was really asked is the matter of requests.test.ts. */
const QUESTION: InferenceRequest = { messages: [{ role: 'user', content: [{ text: 'Hello' }] }] };

/** The record that the product makes of the recorded model ID, without catalogue or network. */
export function modelOf(row: Row): ModelRecord {
  return inferredRecord(parseModelId(row.model_id).modelId ?? row.model_id);
}

export interface Answered {
  readonly result: InferenceResult;
  readonly deltas: readonly StreamDelta[];
}

/** Throws what the product throws. */
export async function answerOf(row: Row, replayed: Replayed, cut?: Cut): Promise<Answered> {
  const model = modelOf(row);
  const api = row.operation.startsWith('Converse') ? 'converse' : 'native';
  const deltas: StreamDelta[] = [];
  const result = await replayed.answering(row, cut, (runtime) =>
    attempt(
      {
        target: { modelId: row.model_id, region: regionOf(row), via: 'as given', model },
        route: { api, stream: asksForStream(row) },
        prepared: prepareRequest(QUESTION, model, api),
        model,
        codec: nativeCodecFor(model),
        limits: {},
        onAnswer: () => {},
        onDelta: (delta) => deltas.push(delta),
      },
      runtime,
    ),
  );
  return { result, deltas };
}

/** Sends the recorded request as it was: for embeddings, ranking and counting, which have no text codec. */
export async function sendAsRecorded(
  row: Row,
  replayed: Replayed,
): Promise<{ readonly output: unknown; readonly headers: ResponseHeaders }> {
  const at = { region: regionOf(row), modelId: row.model_id };
  return replayed.answering(row, undefined, async (runtime) =>
    kindOf(row) === 'count'
      ? { output: await runtime.countTokens({ ...at, input: row.request_body.input }, {}), headers: {} }
      : runtime.invoke({ ...at, body: row.request_body }, {}),
  );
}

/** The error that a promise ends with; anything but a BedrockError fails the test. */
export async function errorOf(promise: Promise<unknown>): Promise<BedrockError> {
  const outcome = await promise.then(
    () => 'it did not fail',
    (error: unknown) => error,
  );
  if (outcome instanceof BedrockError) return outcome;
  throw new Error(`no BedrockError: ${String(outcome)}`);
}
