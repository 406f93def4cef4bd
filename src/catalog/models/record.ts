/** Makes model records: from a row of our data, from an ID alone, and with the user's own entry laid over. */
import { flagOf, type ModelRow, member } from '../data-file.ts';
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
      ...member('sourceRegions', profile.sources),
      ...member('destinationRegions', profile.destinations),
    })),
    source: 'catalog',
    ...member('name', row.name),
    ...member('runtimeId', row.runtimeId),
    ...member('contextWindow', row.context),
    ...member('maxOutput', row.output),
    ...member('onDemandRegions', row.onDemand),
    ...member('embedding', row.embedding),
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
    lifecycle: { status: 'unknown', ...member('successor', successorOf(modelId)) },
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
  return {
    ...member('converse', flagOf(row.apis, 'C')),
    ...member('converseStream', flagOf(row.apis, 'S')),
    ...member('invoke', flagOf(row.apis, 'I')),
    ...member('mantle', row.mantle),
  };
}

function featuresOfRow(row: ModelRow): ModelFeatures {
  return {
    ...member('tools', flagOf(row.features, 'T')),
    ...member('system', flagOf(row.features, 'Y')),
    ...member('images', flagOf(row.features, 'I')),
    ...member('documents', flagOf(row.features, 'D')),
    ...member('video', flagOf(row.features, 'V')),
    ...member('audio', flagOf(row.features, 'A')),
    // The data only says whether a model reasons at all; how it is told to is a rule.
    ...member('reasoning', flagOf(row.features, 'R') === false ? ('none' as const) : undefined),
  };
}

function lifecycleOfRow(row: ModelRow): Lifecycle {
  const successor = row.status === 'active' || row.status === 'unknown' ? undefined : successorOf(row.id);
  return {
    status: row.status,
    ...member('legacyDate', row.legacyDate),
    ...member('endOfLifeDate', row.endOfLifeDate),
    ...member('regional', row.regional ? true : undefined),
    ...member('successor', successor),
  };
}
