/** The text models that somebody can name here and now, as completions offer them. */

import { BedrockError } from '../bedrock-error.ts';
import { regionOrCommon } from '../calls/call-region.ts';
import type { Services } from '../calls/services.ts';
import { lifecycleOn } from '../catalog/models/lifecycle.ts';
import type { LifecycleStatus } from '../catalog/types.ts';
import { type Resolution, resolveModel } from '../inference/resolve/resolve-model.ts';
import { isServed } from '../messages/apis.ts';

/** What most people look for, of each well-known maker. A name that cannot be called any more is left out by itself. */
export const WELL_KNOWN: readonly string[] = [
  'claude-haiku-4-5',
  'claude-sonnet-5',
  'claude-opus-5',
  'nova-2-lite',
  'nova-pro',
  'nova-lite',
  'nova-micro',
  'gpt-oss-120b',
  'llama4-maverick',
  'mistral-large-3',
  'deepseek-v3.2',
  'qwen3-32b',
  'kimi-k2.5',
];

const ENDED: ReadonlySet<LifecycleStatus> = new Set<LifecycleStatus>(['end-of-life', 'unlisted']);

/**
 * By what is known without asking AWS: the default model, the user's own, the well-known ones, the other short names,
 * those that retire soon, and the IDs of all at the end.
 */
export async function callableNames(
  services: Pick<Services, 'catalog' | 'config' | 'defaultModel' | 'inference' | 'region' | 'today'>,
): Promise<string[]> {
  const [catalog, deps, region] = await Promise.all([
    services.catalog(),
    services.inference(),
    regionOrCommon(services),
  ]);
  const statusOf = ({ model }: Resolution) => lifecycleOn(model, services.today(), region).status;
  const callable = async (name: string) => {
    const found = await resolveModel(name, region, deps, { network: 'none' }).catch((error: unknown) => {
      // The operator's lists forbid it, or nothing is called so.
      if (error instanceof BedrockError) return undefined;
      throw error;
    });
    return found !== undefined && takesText(found) && !ENDED.has(statusOf(found)) ? found : undefined;
  };
  const named: string[] = [];
  for (const name of [services.defaultModel, ...services.config.models.flatMap(({ alias }) => alias ?? [])])
    if ((await callable(name)) !== undefined) named.push(name);
  const active: string[] = [];
  const retiring: string[] = [];
  for (const { id, kind, runtimeId } of catalog.models) {
    const found = kind === 'text' && runtimeId === undefined ? await callable(id) : undefined;
    if (found === undefined || found.targets[0].via === 'as given') continue;
    (statusOf(found) === 'legacy' ? retiring : active).push(id);
  }
  const short = (ids: readonly string[]) => ids.flatMap((id) => catalog.aliasOf(id) ?? []).sort();
  const current = short(active);
  return [
    ...new Set([
      ...named,
      ...WELL_KNOWN.filter((name) => current.includes(name)),
      ...current,
      ...short(retiring),
      ...active,
      ...retiring,
    ]),
  ];
}

function takesText({ model: { kind, family, apis } }: Resolution): boolean {
  // Pegasus answers about a video, and nothing that names a model by a completion has one.
  return kind === 'text' && family !== 'pegasus' && isServed(apis);
}
