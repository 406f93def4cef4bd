/** Names resolved over the real catalogue, what AWS has listed as given, and no network. */
import type { BedrockControl, LiveCatalog, LiveModel, LiveProfile } from '../../src/aws/types.ts';
import { BedrockError } from '../../src/bedrock-error.ts';
import { loadCatalog } from '../../src/catalog/models/catalog.ts';
import type { UserModel } from '../../src/catalog/types.ts';
import { createLearned, type Learned } from '../../src/inference/resolve/learned-capabilities.ts';
import {
  type ModelPolicy,
  type Resolution,
  resolveModel,
} from '../../src/inference/resolve/resolve-model.ts';
import { OPEN_POLICY, TODAY } from './rig.ts';

export const HAIKU = 'anthropic.claude-haiku-4-5-20251001-v1:0';
export const NOVA = 'amazon.nova-lite-v1:0';
export const ACCOUNT = '123456789012';

export interface Given {
  readonly policy?: Partial<ModelPolicy>;
  readonly live?: Readonly<Record<string, Partial<LiveCatalog>>>;
  readonly learned?: Learned;
  readonly users?: readonly UserModel[];
}

/** A control plane that has answered before, or never will. Any request fails the test. */
function controlOf(live: Given['live'] = {}): BedrockControl {
  const never = () => {
    throw new Error('a request was made');
  };
  return {
    cached: (region) => {
      const known = live[region];
      return known === undefined ? undefined : { region, errors: [], fetchedAt: 0, ...known };
    },
    live: never,
    modelsBehind: never,
    close: () => undefined,
  };
}

export async function resolve(asked: string, region: string, given: Given = {}): Promise<Resolution> {
  const deps = {
    catalog: await loadCatalog(given.users),
    control: controlOf(given.live),
    policy: { ...OPEN_POLICY, ...given.policy },
    learned: given.learned ?? createLearned(),
    today: () => TODAY,
  };
  return resolveModel(asked, region, deps, { network: 'none' });
}

export async function refusal(asked: string, region: string, given: Given = {}): Promise<BedrockError> {
  try {
    await resolve(asked, region, given);
  } catch (error) {
    if (error instanceof BedrockError) return error;
    throw error;
  }
  throw new Error(`${asked} was not refused`);
}

export const sent = ({ targets }: Resolution) => targets.map(({ region, modelId }) => `${region} ${modelId}`);

export const profile = (
  id: string,
  regions: readonly string[],
  more: Partial<LiveProfile> = {},
): LiveProfile => ({
  id,
  arn: `arn:aws:bedrock:us-east-1:${ACCOUNT}:inference-profile/${id}`,
  name: id,
  type: 'SYSTEM_DEFINED',
  status: 'ACTIVE',
  modelIds: [id.slice(id.indexOf('.') + 1)],
  regions,
  ...more,
});
export const model = (id: string, ...inferenceTypes: string[]): LiveModel => ({
  id,
  inferenceTypes,
  inputModalities: ['TEXT'],
  outputModalities: ['TEXT'],
});
