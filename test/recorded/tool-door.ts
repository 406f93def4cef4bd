/** The real `invoke_model` tool, whose every request to Bedrock is answered with one recorded row. */
import type { ModelRecord } from '../../src/catalog/types.ts';
import type { InferenceDeps } from '../../src/inference/send/plan-call.ts';
import { answering, type Told } from '../tools/answering.ts';
import { answerWith, regionOf } from './replay.ts';
import { asksForStream, type Row } from './row.ts';

export interface Door {
  /** Calls the tool with these arguments beside the model, the API and the Region of the row. */
  ask(row: Row, args: Record<string, unknown>): Promise<Told>;
  close(): Promise<void>;
}

/** One call at a time: whatever is sent meanwhile is answered with its row. */
export async function openDoor(): Promise<Door> {
  let row: Row | undefined;
  const tool = await answering(
    (_path, _body, response) => {
      if (row === undefined) response.destroy();
      else answerWith(row, response);
    },
    (deps) => whenRecorded(deps, row),
  );
  return {
    ask(wanted, args) {
      row = wanted;
      const api = wanted.operation.startsWith('Converse') ? 'converse' : 'native';
      return tool.ask({ model: wanted.model_id, api, region: regionOf(wanted), ...args });
    },
    close: () => tool.close(),
  };
}

/** Models as they were when their answer was recorded: alive, on both APIs, streaming where the row is a stream. */
function whenRecorded(deps: InferenceDeps, row: Row | undefined): InferenceDeps {
  const { learned } = deps;
  const alive = (model: ModelRecord): ModelRecord => ({
    ...model,
    apis: { converse: true, converseStream: true, invoke: true, invokeStream: true },
    features: { ...model.features, streamingTools: true },
    lifecycle: { status: 'active' },
  });
  const isStream = row !== undefined && asksForStream(row);
  return {
    ...deps,
    learned: {
      ...learned,
      apply: (model) => alive(learned.apply(model)),
      wholeBecause: () => (isStream ? undefined : 'buffered:recorded — the row is one whole answer'),
    },
  };
}
