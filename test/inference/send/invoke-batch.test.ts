/** Bodies for models that do not answer prompts: the same healing, waiting and deadline as a text call. */
import { afterEach, describe, expect, it } from 'vitest';
import { BedrockError } from '../../../src/bedrock-error.ts';
import { loadCatalog } from '../../../src/catalog/models/catalog.ts';
import { resolveModel } from '../../../src/inference/resolve/resolve-model.ts';
import { type NativeBatch, nativeSender } from '../../../src/inference/send/invoke-batch.ts';
import { startSandbox } from '../../../src/sandbox/server/server.ts';
import type { Sandbox, SandboxOptions } from '../../../src/sandbox/types.ts';
import { modelCalls, type Rig, type RigOptions, rigOf } from '../rig.ts';

const COHERE = 'cohere.embed-v4:0';
const TITAN = 'amazon.titan-embed-text-v2:0';
const titan = (text: string) => ({ inputText: text });
const cohere = (text: string) => ({
  texts: [text],
  input_type: 'search_document',
  embedding_types: ['float'],
});

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
});

async function start(
  options: SandboxOptions,
  rigOptions: RigOptions = {},
): Promise<{ sandbox: Sandbox; rig: Rig }> {
  const sandbox = await startSandbox(options);
  open.push(sandbox);
  const rig = await rigOf(sandbox.url, rigOptions);
  open.push(rig);
  return { sandbox, rig };
}

async function senderFor(rig: Rig, asked: string, more: Partial<NativeBatch> = {}) {
  const region = 'us-east-1';
  const batch: NativeBatch = {
    requested: asked,
    region,
    resolution: await resolveModel(asked, region, rig.deps, { network: 'cached' }),
    timeoutMs: 60_000,
    idleTimeoutMs: 10_000,
    signal: new AbortController().signal,
    ...more,
  };
  return nativeSender(batch, rig.deps);
}

async function failureOf(work: Promise<unknown>): Promise<BedrockError> {
  const error: unknown = await work.then(
    () => undefined,
    (cause: unknown) => cause,
  );
  if (error instanceof BedrockError) return error;
  throw new Error('it did not fail', { cause: error });
}

describe('a batch', () => {
  it('goes to a profile when the bare ID is refused, and once that is known, straight there', async () => {
    // The listing says on demand, the service says no.
    const known = (await loadCatalog()).record(COHERE);
    const model = { ...known, onDemandRegions: ['us-east-1'] };
    const { sandbox, rig } = await start({ models: [model], onDemandRefused: 'all' });
    const send = await senderFor(rig, COHERE);
    const first = await send(cohere('one'));
    expect(first.target.modelId).toBe(`us.${COHERE}`);
    expect(first.attempts).toBe(2);
    const before = sandbox.record.requests.length;
    expect((await send(cohere('two'))).attempts).toBe(1);
    const next = await senderFor(rig, COHERE);
    expect((await next(cohere('three'))).attempts).toBe(1);
    expect(modelCalls(sandbox, before).map(({ modelId }) => modelId)).toEqual([
      `us.${COHERE}`,
      `us.${COHERE}`,
    ]);
  });

  it('waits and tries again when it is throttled, max_retries times', async () => {
    const { sandbox, rig } = await start({ throttle: { first: 1 } }, { maxRetries: 1 });
    const send = await senderFor(rig, TITAN);
    expect((await send(titan('one'))).attempts).toBe(2);
    expect(modelCalls(sandbox)).toHaveLength(2);
    sandbox.inject({ prompt: 'sandbox:throttle' });
    expect((await failureOf(send(titan('two')))).code).toBe('throttled');
    expect(modelCalls(sandbox)).toHaveLength(4);
  });

  it('moves to the next target of a throttled one', async () => {
    const { rig } = await start(
      { faults: [{ prompt: 'sandbox:503', region: 'us-east-1' }] },
      { policy: { allowRegions: ['us-west-2'] } },
    );
    const answer = await (await senderFor(rig, TITAN))(titan('one'));
    expect(answer.target.region).toBe('us-west-2');
  });

  it('does not send again after a time-out of its own', async () => {
    const { sandbox, rig } = await start({});
    const send = await senderFor(rig, TITAN, { idleTimeoutMs: 200 });
    expect((await failureOf(send(titan('sandbox:hang')))).code).toBe('timeout');
    expect(modelCalls(sandbox)).toHaveLength(1);
  });

  it('does not repeat what waiting cannot mend', async () => {
    const { sandbox, rig } = await start({});
    const send = await senderFor(rig, TITAN);
    expect((await failureOf(send({ nonsense: true }))).code).toBe('unsupported_feature');
    expect((await failureOf(send(titan('sandbox:throttle-daily')))).code).toBe('quota_exceeded');
    expect(modelCalls(sandbox)).toHaveLength(2);
  });

  it('ends a pause at once when the caller gives up', async () => {
    const { sandbox, rig } = await start({ throttle: { first: 10, retryAfterSeconds: 30 } });
    const controller = new AbortController();
    const send = await senderFor(rig, TITAN, { signal: controller.signal });
    const running = failureOf(send(titan('one')));
    while (rig.deps.health.restingFor(`us-east-1 ${TITAN}`) === 0)
      await new Promise((resolve) => setImmediate(resolve));
    controller.abort();
    expect((await running).code).toBe('cancelled');
    expect(modelCalls(sandbox)).toHaveLength(1);
  });
});
