/** One billed embedding request of any size: resolved, planned, its worst case reserved, sent, settled, receipted. Every door that embeds does it here. */
import { BedrockError } from '../bedrock-error.ts';
import { defined } from '../defined.ts';
import { type EmbeddingResult, embedTexts } from '../embedding/embed.ts';
import { planEmbeddings } from '../embedding/plan.ts';
import type { EmbeddingPlan, EmbeddingRequest } from '../embedding/types.ts';
import { type Resolution, resolveModel } from '../inference/resolve/resolve-model.ts';
import { factsOf } from '../inference/send/attempt.ts';
import { nativeSender } from '../inference/send/invoke-batch.ts';
import type { Receipt } from './answer.ts';
import { reserveTexts, settleTexts } from './billing.ts';
import type { CallContext } from './call-context.ts';
import { callRegion } from './call-region.ts';
import { nativeReceipt } from './receipt.ts';

export const DEFAULT_EMBEDDING_MODEL = 'amazon.titan-embed-text-v2:0';
const DEFAULT_DIMENSIONS = 1024;

export interface EmbeddingJob {
  readonly callId: string;
  /** Alias, ID or ARN; absent = the default model. */
  readonly model?: string;
  /** Absent = the configured one. */
  readonly region?: string;
  readonly request: EmbeddingRequest;
  /** Embedded as a query beside the texts. */
  readonly query?: string;
  /** Refuses what could not be delivered, before it is paid for. */
  checkSize(dimensions: number): void;
}

export interface Embedded {
  readonly result: EmbeddingResult;
  readonly query?: EmbeddingResult;
  readonly receipt: Receipt;
}

/**
 * Embeds the texts. Whatever happens after the first send is in the ledger before this settles.
 * @throws BedrockError of resolution, planning, budget and sending.
 */
export async function embedBilled(job: EmbeddingJob, context: CallContext): Promise<Embedded> {
  const { services, signal } = context;
  const requested = job.model ?? DEFAULT_EMBEDDING_MODEL;
  const region = await callRegion(job.region, requested, services);
  const deps = await services.inference();
  const resolution = await resolveModel(requested, region, deps, { network: 'cached', signal });
  const { model } = resolution;
  if (model.kind !== 'embedding' && model.family !== 'unknown') throw notEmbedding(requested, model.kind);
  const plans = plansOf(job, resolution);
  job.checkSize(job.request.dimensions ?? model.embedding?.defaultDimensions ?? DEFAULT_DIMENSIONS);

  const started = performance.now();
  const texts = job.query === undefined ? job.request.texts : [...job.request.texts, job.query];
  const batch = createBatch(requested, region, resolution, context, deps);
  const reservation = await reserveTexts(job.callId, texts, requested, batch.target(), context);
  const settle = (inputTokens: number | undefined, error?: unknown) =>
    settleTexts(
      reservation,
      {
        requested,
        target: batch.target(),
        texts,
        attempts: batch.attempts(),
        durationMs: performance.now() - started,
        ...defined({ inputTokens, error }),
      },
      services,
    );
  const [result, query] = await embedAll(plans, batch.send, resolution, context).catch(
    async (error: unknown) => {
      await settle(undefined, error);
      throw error;
    },
  );
  const settled = await settle(sum(result.inputTokens, query === undefined ? 0 : query.inputTokens));
  const receipt = nativeReceipt({
    requested,
    target: batch.target(),
    callId: job.callId,
    attempts: batch.attempts(),
    durationMs: Math.round(performance.now() - started),
    warnings: [...resolution.warnings, ...result.warnings, ...reservation.warnings, ...settled.warnings],
    cost: settled.cost,
  });
  return { result, receipt, ...defined({ query }) };
}

interface Planned {
  readonly request: EmbeddingRequest;
  readonly plan: EmbeddingPlan;
}

/** Everything that can be refused is refused before money is spent. */
function plansOf({ request, query }: EmbeddingJob, { model }: Resolution): readonly Planned[] {
  const planned = (each: EmbeddingRequest) => ({ request: each, plan: planEmbeddings(each, model) });
  return query === undefined
    ? [planned(request)]
    : [planned(request), planned({ ...request, texts: [query], inputType: 'query' })];
}

async function embedAll(
  plans: readonly Planned[],
  send: ReturnType<typeof createBatch>['send'],
  { model }: Resolution,
  { signal, progress }: CallContext,
): Promise<[EmbeddingResult, EmbeddingResult | undefined]> {
  const [texts, query] = plans;
  if (texts === undefined) throw new Error('no plan');
  const onProgress =
    progress === undefined
      ? undefined
      : (done: number, total: number) =>
          progress({ progress: done, total, message: `${done} of ${total} texts embedded` });
  const embed = ({ request, plan }: Planned) =>
    embedTexts(request, { model, send, signal, plan, ...defined({ onProgress }) });
  const result = await embed(texts);
  return [result, query === undefined ? undefined : await embed(query)];
}

/** The sending of one request's bodies, and what it has come to so far. */
function createBatch(
  requested: string,
  region: string,
  resolution: Resolution,
  { services, signal }: CallContext,
  deps: Parameters<typeof nativeSender>[1],
) {
  const { timeout: timeoutMs, idle_timeout: idleTimeoutMs } = services.config;
  const batch = { requested, region, resolution, timeoutMs, idleTimeoutMs, signal };
  const sender = nativeSender(batch, deps);
  let attempts = 0;
  let target = resolution.targets[0];
  return {
    attempts: () => attempts,
    /** Where the last body went. */
    target: () => target,
    send: async (body: Parameters<typeof sender>[0]) => {
      const answer = await services.gate.run(batch, () => sender(body));
      attempts += answer.attempts;
      target = answer.target;
      return { output: answer.output, facts: factsOf(answer.headers), attempts: answer.attempts };
    },
  };
}

function sum(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : a + b;
}

function notEmbedding(requested: string, kind: string): BedrockError {
  return new BedrockError('unsupported_model', {
    message: `${requested} is a ${kind} model; it does not make embeddings.`,
    fix: `Use an embedding model such as ${DEFAULT_EMBEDDING_MODEL} or cohere.embed-v4:0${kind === 'text' ? ', or invoke_model for this one' : ''}.`,
    field: 'model',
  });
}
