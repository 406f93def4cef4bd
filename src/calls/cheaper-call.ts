/** Which other model the very same call could be made to for less, for the refusals that propose one. */
import { BedrockError } from '../bedrock-error.ts';
import { resolveModel } from '../inference/resolve/resolve-model.ts';
import {
  type InferenceCall,
  type InferenceDeps,
  type PlannedCall,
  planInference,
} from '../inference/send/plan-call.ts';
import type { InferenceRequest } from '../messages/types.ts';
import { type Capability, cheaperModels, type Place } from '../spend/estimate/cheaper-models.ts';
import type { MostUsed } from '../spend/estimate/worst-case.ts';
import type { Services } from './services.ts';

/** Where a model would be called from `region`; undefined when it is not offered there or not allowed by this server. */
export async function placeOf(
  modelId: string,
  region: string,
  deps: InferenceDeps,
  signal: AbortSignal,
): Promise<Place | undefined> {
  const resolution = await unlessRefused(resolveModel(modelId, region, deps, { network: 'none', signal }));
  return resolution?.targets[0];
}

/**
 * The cheapest model that this call can be made to as it is, by its content and the operator's lists, and that `fits`
 * admits; undefined when there is none.
 */
export async function cheapestThatFits(
  planned: PlannedCall,
  call: InferenceCall,
  usage: MostUsed,
  services: Pick<Services, 'inference' | 'prices' | 'today'>,
  fits: (other: PlannedCall, call: InferenceCall) => Promise<boolean>,
): Promise<string | undefined> {
  const { request } = call;
  // Only its own family understands it.
  if (request.rawBody !== undefined) return undefined;
  const deps = await services.inference();
  const found = await cheaperModels(planned.target.model, usage, null, Number.POSITIVE_INFINITY, {
    catalog: deps.catalog,
    prices: await services.prices(),
    place: (modelId) => placeOf(modelId, call.region, deps, call.signal),
    today: services.today(),
    region: call.region,
    query: { inputTokens: usage.inputTokens },
    needs: usedBy(request, call.stream !== false),
  });
  for (const { model } of found) {
    const same = { ...call, asked: model };
    const other = await unlessRefused(planInference(same, deps, 'none'));
    // What is adapted with a warning of its own would not be the same call.
    if (other?.warnings.every((warning) => planned.warnings.includes(warning)) && (await fits(other, same)))
      return model;
  }
  return undefined;
}

function usedBy(request: InferenceRequest, streams: boolean): ReadonlySet<Capability> {
  const blocks = request.messages.flatMap(({ content }) => content);
  const has = (kind: string) => blocks.some((block) => kind in block);
  const tools = request.toolConfig !== undefined || has('toolUse') || has('toolResult');
  const uses: readonly (readonly [Capability, boolean])[] = [
    ['tools', tools],
    ['streamingTools', tools && streams],
    ['system', (request.system?.length ?? 0) > 0],
    ['images', has('image')],
    ['documents', has('document')],
    ['video', has('video')],
    ['audio', has('audio')],
    ['structuredOutput', request.outputSchema !== undefined],
    ['reasoning', request.reasoning !== undefined],
    ['caching', request.cache !== undefined || has('cachePoint')],
  ];
  return new Set(uses.flatMap(([name, used]) => (used ? [name] : [])));
}

/** A refusal is the answer "not this one"; whoever cancelled has no use for any. */
async function unlessRefused<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof BedrockError && error.code !== 'cancelled') return undefined;
    throw error;
  }
}
