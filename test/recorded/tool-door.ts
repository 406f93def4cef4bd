/** The real `invoke_model` tool, whose every request to Bedrock is answered with one recorded row. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServices } from '../../src/calls/services.ts';
import type { ModelRecord } from '../../src/catalog/types.ts';
import { configSchema } from '../../src/config/schema.ts';
import type { InferenceDeps } from '../../src/inference/send/plan-call.ts';
import { createLogger, createRedact } from '../../src/log.ts';
import { invokeModel } from '../../src/tools/invoke-model.ts';
import { loopback, refuse } from '../aws/loopback.ts';
import type { Raw } from '../inference/codecs/recorded-rows.ts';
import { asksForStream, type Row } from './corpus.ts';
import { regionOf, startForwarder } from './replay.ts';

export interface Told {
  readonly structured: Raw;
  /** For hosts that show only text. */
  readonly text: string;
  /** What reached Bedrock: path and body. */
  readonly sent: readonly { readonly path: string; readonly body: Raw }[];
}

export interface Door {
  /** Calls the tool with these arguments beside the model, the API and the Region of the row. */
  ask(row: Row, args: Record<string, unknown>): Promise<Told>;
  close(): Promise<void>;
}

export function apiOf({ operation }: Row): 'converse' | 'native' {
  return operation.startsWith('Converse') ? 'converse' : 'native';
}

/** One call at a time: whatever is sent meanwhile is answered with its row. */
export async function openDoor(): Promise<Door> {
  const forwarder = await startForwarder();
  let row: Row | undefined;
  let sent: { path: string; body: Raw }[] = [];
  const bedrock = await loopback((request, response, _number, body) => {
    // The control plane: this account may look up nothing, so the catalogue's word counts.
    if (row === undefined || request.method === 'GET')
      return refuse(response, 403, 'AccessDeniedException', 'not authorized to perform this');
    const path = decodeURIComponent(request.url ?? '');
    sent.push({ path, body: JSON.parse(body) });
    forwarder.forward(path.slice(1), body, { 'x-replay-id': row.id }, response);
  });
  const dataDir = mkdtempSync(join(tmpdir(), 'bedrock-mcp-door-'));
  const redact = createRedact();
  const services = createServices({
    config: configSchema.parse({
      region: 'us-east-1',
      data_dir: dataDir,
      max_retries: 0,
      allow_global: true,
    }),
    aws: {
      region: 'us-east-1',
      runtimeEndpoint: bedrock.url,
      controlEndpoint: bedrock.url,
      accessKeyId: 'AKIDEXAMPLE',
      secretAccessKey: 'secret-example-value',
      connectTimeoutMs: 5_000,
      idleTimeoutMs: 10_000,
      maxSockets: 8,
    },
    log: createLogger('error', redact),
    redact,
  });
  const asRecorded = {
    ...services,
    inference: async () => whenRecorded(await services.inference(), () => row),
  };
  return {
    async ask(wanted, args) {
      row = wanted;
      sent = [];
      const given = { model: wanted.model_id, api: apiOf(wanted), region: regionOf(wanted), ...args };
      const signal = new AbortController().signal;
      const options = { max_output_chars: 1_000_000 };
      const { structured, text } = await invokeModel.call(
        { ...given, ...options },
        { services: asRecorded, signal },
      );
      return { structured, text, sent };
    },
    async close() {
      services.close();
      await Promise.all([bedrock.close(), forwarder.close()]);
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** Models as they were when their answer was recorded: alive, on both APIs, streaming where the row is a stream. */
function whenRecorded(deps: InferenceDeps, rowOf: () => Row | undefined): InferenceDeps {
  const alive = (model: ModelRecord): ModelRecord => ({
    ...model,
    apis: { converse: true, converseStream: true, invoke: true, invokeStream: true },
    features: { ...model.features, streamingTools: true },
    lifecycle: { status: 'active' },
  });
  const { learned } = deps;
  return {
    ...deps,
    learned: {
      ...learned,
      apply: (model) => alive(learned.apply(model)),
      wholeBecause: () => {
        const row = rowOf();
        return row === undefined || asksForStream(row)
          ? undefined
          : 'buffered:recorded — the row is one whole answer';
      },
    },
  };
}
