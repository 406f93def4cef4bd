/** The whole inference floor over the real AWS SDK, pointed at an embedded Bedrock or any other loopback server. */
import { createBedrockControl, createBedrockRuntime } from '../../src/aws/clients.ts';
import type { AwsSettings } from '../../src/aws/types.ts';
import { loadCatalog } from '../../src/catalog/models/catalog.ts';
import { createLearned } from '../../src/inference/resolve/learned-capabilities.ts';
import type { ModelPolicy } from '../../src/inference/resolve/resolve-model.ts';
import type { InferenceCall, InferenceDeps } from '../../src/inference/send/plan-call.ts';
import { type InferenceOutcome, runInference } from '../../src/inference/send/run-call.ts';
import { createTargetHealth } from '../../src/inference/send/target-health.ts';
import type { InferenceResult } from '../../src/messages/types.ts';
import { OPERATIONS, type Operation, type Sandbox, type SandboxRequest } from '../../src/sandbox/types.ts';

export const TODAY = '2026-11-21';

export const OPEN_POLICY: ModelPolicy = {
  allowGlobal: false,
  allowGeos: [],
  allowRegions: [],
  allowModels: [],
  denyModels: [],
};

export interface RigOptions {
  readonly key?: string;
  readonly policy?: Partial<ModelPolicy>;
  readonly maxRetries?: number;
  readonly fallbackModels?: readonly string[];
}

export interface Rig {
  readonly deps: InferenceDeps;
  call(asked: string, more?: Partial<InferenceCall>): InferenceCall;
  run(asked: string, more?: Partial<InferenceCall>): Promise<InferenceOutcome>;
  close(): void;
}

/** Everything a call needs, fresh: nothing learned, no target resting. */
export async function rigOf(url: string, options: RigOptions = {}): Promise<Rig> {
  const aws: AwsSettings = {
    accessKeyId: options.key ?? 'AKIDSANDBOX',
    secretAccessKey: 'secret',
    runtimeEndpoint: url,
    controlEndpoint: url,
    connectTimeoutMs: 2_000,
    idleTimeoutMs: 10_000,
    maxSockets: 256,
  };
  const runtime = createBedrockRuntime(aws);
  const control = createBedrockControl(aws);
  const deps: InferenceDeps = {
    catalog: await loadCatalog(),
    control,
    runtime,
    learned: createLearned(),
    health: createTargetHealth(() => performance.now()),
    policy: { ...OPEN_POLICY, ...options.policy },
    maxRetries: options.maxRetries ?? 2,
    fallbackModels: options.fallbackModels ?? [],
    today: () => TODAY,
  };
  const call = (asked: string, more: Partial<InferenceCall> = {}): InferenceCall => ({
    asked,
    request: { messages: [{ role: 'user', content: [{ text: 'Hello' }] }] },
    region: 'us-east-1',
    defaultMaxTokens: 1_000,
    timeoutMs: 60_000,
    idleTimeoutMs: 10_000,
    signal: new AbortController().signal,
    ...more,
  });
  return {
    deps,
    call,
    run: (asked, more) => runInference(call(asked, more), deps),
    close: () => {
      runtime.close();
      control.close();
    },
  };
}

/** One user turn. */
export function asks(text: string): Pick<InferenceCall, 'request'> {
  return { request: { messages: [{ role: 'user', content: [{ text }] }] } };
}

export function textOf(result: InferenceResult): string {
  return result.content.map((block) => ('text' in block ? block.text : '')).join('');
}

const MODEL_OPERATIONS: ReadonlySet<Operation | undefined> = new Set(
  OPERATIONS.filter((name) => name.startsWith('Converse') || name.startsWith('Invoke')),
);

/** Model calls that the sandbox received, listings aside. */
export function modelCalls(sandbox: Sandbox, from = 0): SandboxRequest[] {
  return sandbox.record.requests.slice(from).filter(({ operation }) => MODEL_OPERATIONS.has(operation));
}

/** The answer of a call that must succeed. */
export function answered(outcome: InferenceOutcome): Extract<InferenceOutcome, { ok: true }> {
  if (outcome.ok) return outcome;
  throw new Error(`The call failed: ${outcome.error.code} ${outcome.error.message}`, {
    cause: outcome.error,
  });
}

/** The failure of a call that must fail after it was sent. */
export function failed(outcome: InferenceOutcome): Extract<InferenceOutcome, { ok: false }> {
  if (!outcome.ok) return outcome;
  throw new Error('The call succeeded.');
}
