/** Makes model records: from a row of our data, from an ID alone, and with the user's own entry laid over. */
import { defined } from '../../defined.ts';
import { flagOf, type ModelRow } from '../data-file.ts';
import type { Lifecycle, ModelApis, ModelFeatures, ModelRecord, UserModel } from '../types.ts';
import { familyOf, kindOf, providerOf } from './families.ts';
import { apisByRule, featuresByRule } from './features.ts';
import { successorOf } from './lifecycle.ts';

/** A record of the dated catalogue. Rules win over the row's own values; see `features.ts`. */
export function recordFromRow(row: ModelRow): ModelRecord {
  return {
    id: row.id,
    provider: providerOf(row.id),
    family: familyOf(row.id),
    kind: row.kind,
    apis: { ...apisOfRow(row), ...apisByRule(row.id) },
    features: { ...featuresOfRow(row), ...featuresByRule(row.id) },
    lifecycle: lifecycleOfRow(row),
    profiles: row.profiles.map((profile) => ({
      id: `${profile.geo}.${row.id}`,
      geo: profile.geo,
      ...defined({ sourceRegions: profile.sources, destinationRegions: profile.destinations }),
    })),
    source: 'catalog',
    ...defined({
      name: row.name,
      runtimeId: row.runtimeId,
      contextWindow: row.context,
      maxOutput: row.output,
      onDemandRegions: row.onDemand,
      embedding: row.embedding,
    }),
  };
}

/** A record for an ID that the catalogue does not hold: what its name tells, nothing else. */
export function inferredRecord(modelId: string): ModelRecord {
  return {
    id: modelId,
    provider: providerOf(modelId),
    family: familyOf(modelId),
    kind: kindOf(modelId),
    apis: apisByRule(modelId),
    features: featuresByRule(modelId),
    lifecycle: { status: 'unknown', ...defined({ successor: successorOf(modelId) }) },
    profiles: [],
    source: 'inferred',
  };
}

/** The record with what the user's entry states laid over it, member by member. */
export function withUserFacts(record: ModelRecord, user: UserModel): ModelRecord {
  if (user.features === undefined && user.apis === undefined) {
    return record;
  }
  return {
    ...record,
    apis: { ...record.apis, ...user.apis },
    features: { ...record.features, ...user.features },
    source: 'user',
  };
}

function apisOfRow(row: ModelRow): ModelApis {
  return defined({
    converse: flagOf(row.apis, 'C'),
    converseStream: flagOf(row.apis, 'S'),
    invoke: flagOf(row.apis, 'I'),
    mantle: row.mantle,
  });
}

function featuresOfRow(row: ModelRow): ModelFeatures {
  return defined({
    tools: flagOf(row.features, 'T'),
    system: flagOf(row.features, 'Y'),
    images: flagOf(row.features, 'I'),
    documents: flagOf(row.features, 'D'),
    video: flagOf(row.features, 'V'),
    audio: flagOf(row.features, 'A'),
    // The data only says whether a model reasons at all; how it is told to is a rule.
    reasoning: flagOf(row.features, 'R') === false ? ('none' as const) : undefined,
  });
}

function lifecycleOfRow(row: ModelRow): Lifecycle {
  const successor = row.status === 'active' || row.status === 'unknown' ? undefined : successorOf(row.id);
  return {
    status: row.status,
    ...defined({
      legacyDate: row.legacyDate,
      endOfLifeDate: row.endOfLifeDate,
      regional: row.regional ? true : undefined,
      successor,
    }),
  };
}
