/** The tools over the real AWS SDK against a Bedrock whose answers a test writes, byte by byte where it matters. */
import { mkdtempSync, rmSync } from 'node:fs';
import type http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServices, type Services } from '../../src/calls/services.ts';
import { configSchema } from '../../src/config/schema.ts';
import type { InferenceDeps } from '../../src/inference/send/plan-call.ts';
import { createLogger, createRedact } from '../../src/log.ts';
import { invokeModel } from '../../src/tools/invoke-model.ts';
import { loopback, refuse } from '../aws/loopback.ts';
import type { Raw } from '../inference/codecs/recorded-rows.ts';

export interface Told {
  readonly structured: Raw;
  /** For hosts that show only text. */
  readonly text: string;
  /** What reached Bedrock: path and body. */
  readonly sent: readonly { readonly path: string; readonly body: Raw }[];
}

export interface Answering {
  /** Calls `invoke_model`. One call at a time. */
  ask(args: Record<string, unknown>): Promise<Told>;
  close(): Promise<void>;
}

/**
 * @param answer gets each request to the runtime; the control plane is refused, so the catalogue's word counts.
 * @param adapt what a call is planned with.
 */
export async function answering(
  answer: (path: string, body: string, response: http.ServerResponse) => void,
  adapt: (deps: InferenceDeps) => InferenceDeps = (deps) => deps,
): Promise<Answering> {
  let sent: { path: string; body: Raw }[] = [];
  const bedrock = await loopback((request, response, _number, body) => {
    if (request.method === 'GET')
      return refuse(response, 403, 'AccessDeniedException', 'not authorized to perform this');
    const path = decodeURIComponent(request.url ?? '');
    sent.push({ path, body: JSON.parse(body) });
    answer(path, body, response);
  });
  const dataDir = mkdtempSync(join(tmpdir(), 'bedrock-mcp-answering-'));
  const redact = createRedact();
  const config = { region: 'us-east-1', data_dir: dataDir, max_retries: 0, allow_global: true };
  const services = createServices({
    config: configSchema.parse(config),
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
  const adapted: Services = { ...services, inference: async () => adapt(await services.inference()) };
  return {
    async ask(args) {
      sent = [];
      const { structured, text } = await invokeModel.call(
        { max_output_chars: 1_000_000, ...args },
        { services: adapted, signal: new AbortController().signal },
      );
      return { structured, text, sent };
    },
    async close() {
      services.close();
      await bedrock.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
