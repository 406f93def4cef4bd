/** The tools over the real AWS SDK against the embedded Bedrock, without a protocol in between. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ProgressUpdate } from '../../src/calls/progress-update.ts';
import { createServices, type Services } from '../../src/calls/services.ts';
import { configSchema } from '../../src/config/schema.ts';
import { createLogger, createRedact } from '../../src/log.ts';
import { startSandbox } from '../../src/sandbox/server/server.ts';
import type { Sandbox, SandboxOptions } from '../../src/sandbox/types.ts';
import type { AnyTool } from '../../src/tools/definition/tool.ts';

export interface Bench {
  readonly sandbox: Sandbox;
  readonly services: Services;
  call(
    tool: AnyTool,
    args: Record<string, unknown>,
    options?: { signal?: AbortSignal; progress?: (update: ProgressUpdate) => void },
  ): Promise<{ structured: Record<string, unknown>; text: string }>;
  close(): Promise<void>;
}

export interface BenchOptions {
  readonly sandbox?: SandboxOptions;
  readonly config?: Record<string, unknown>;
  readonly accessKeyId?: string;
}

export async function bench(options: BenchOptions = {}): Promise<Bench> {
  const sandbox = await startSandbox(options.sandbox);
  const dataDir = mkdtempSync(join(tmpdir(), 'bedrock-mcp-tools-'));
  const redact = createRedact();
  const services = createServices({
    config: configSchema.parse({ region: 'us-east-1', data_dir: dataDir, ...options.config }),
    aws: {
      region: 'us-east-1',
      runtimeEndpoint: sandbox.url,
      controlEndpoint: sandbox.url,
      accessKeyId: options.accessKeyId ?? 'SANDBOXKEY',
      secretAccessKey: 'sandbox-secret',
      connectTimeoutMs: 5_000,
      idleTimeoutMs: 60_000,
      maxSockets: 512,
    },
    log: createLogger('error', redact),
    redact,
  });
  return {
    sandbox,
    services,
    call: (tool, args, { signal, progress } = {}) =>
      tool.call(args, {
        services,
        signal: signal ?? new AbortController().signal,
        ...(progress === undefined ? {} : { progress }),
      }),
    close: async () => {
      services.close();
      await sandbox.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
