/** The control-plane operations that a client needs to find its models. */
import type { ModelRecord } from '../../catalog/types.ts';
import type { JsonObject } from '../../json.ts';
import { constraint, invalid, Refusal } from '../refusal.ts';
import type { ModelDirectory, ProfileEntry } from './model-directory.ts';

const CREATED = '2026-01-01T00:00:00Z';
const DEFAULT_PAGE = 100;

function profileJson(entry: ProfileEntry): JsonObject {
  return {
    inferenceProfileName: entry.name,
    description: `Routes requests to ${entry.name}.`,
    createdAt: CREATED,
    updatedAt: CREATED,
    inferenceProfileArn: entry.arn,
    models: entry.modelArns.map((modelArn) => ({ modelArn })),
    inferenceProfileId: entry.id,
    status: 'ACTIVE',
    type: entry.type,
  };
}

/** `GET /inference-profiles?maxResults=&nextToken=&type=`; `type` is what the SDK calls `typeEquals`. */
export function listInferenceProfiles(
  directory: ModelDirectory,
  region: string,
  query: URLSearchParams,
): JsonObject {
  const size = Number(query.get('maxResults') ?? DEFAULT_PAGE);
  if (!Number.isInteger(size) || size < 1) {
    throw constraint(String(query.get('maxResults')), 'maxResults', 'have value greater than or equal to 1');
  }
  if (size > 1000) throw constraint(String(size), 'maxResults', 'have value less than or equal to 1000');
  const type = query.get('type');
  if (type !== null && type !== 'SYSTEM_DEFINED' && type !== 'APPLICATION') {
    throw constraint(type, 'typeEquals', 'satisfy enum value set: [SYSTEM_DEFINED, APPLICATION]');
  }
  const token = query.get('nextToken');
  const start = token === null ? 0 : Number(Buffer.from(token, 'base64url').toString());
  if (!Number.isInteger(start) || start < 0) throw invalid('The provided nextToken is invalid.');
  const entries = directory.profiles(region).filter((entry) => type === null || entry.type === type);
  const page = entries.slice(start, start + size).map(profileJson);
  const end = start + size;
  return {
    inferenceProfileSummaries: page,
    ...(end < entries.length ? { nextToken: Buffer.from(String(end)).toString('base64url') } : {}),
  };
}

export function getInferenceProfile(
  directory: ModelDirectory,
  region: string,
  identifier: string,
): JsonObject {
  const entry = directory.profiles(region).find(({ id, arn }) => id === identifier || arn === identifier);
  if (entry) return profileJson(entry);
  throw new Refusal(404, 'ResourceNotFoundException', 'Inference Profile not found');
}

function modelJson(record: ModelRecord, region: string): JsonObject {
  const { kind, features, lifecycle, onDemandRegions } = record;
  const input = ['TEXT', ...(features.images ? ['IMAGE'] : []), ...(features.video ? ['VIDEO'] : [])];
  const output: Partial<Record<ModelRecord['kind'], string>> = {
    embedding: 'EMBEDDING',
    image: 'IMAGE',
    video: 'VIDEO',
    speech: 'SPEECH',
  };
  const onDemand = onDemandRegions?.includes(region) ?? record.profiles.length === 0;
  const types = [
    ...(onDemand ? ['ON_DEMAND'] : []),
    ...(record.profiles.length > 0 ? ['INFERENCE_PROFILE'] : []),
  ];
  return {
    modelArn: `arn:aws:bedrock:${region}::foundation-model/${record.id}`,
    modelId: record.id,
    modelName: record.name ?? record.id,
    providerName: record.provider,
    inputModalities: input,
    outputModalities: [output[kind] ?? 'TEXT'],
    responseStreamingSupported: record.apis.converseStream ?? record.apis.invokeStream ?? false,
    customizationsSupported: [],
    inferenceTypesSupported: types,
    modelLifecycle: { status: lifecycle.status === 'legacy' ? 'LEGACY' : 'ACTIVE' },
  };
}

/** `GET /foundation-models` with the SDK's four filters. */
export function listFoundationModels(
  directory: ModelDirectory,
  region: string,
  query: URLSearchParams,
): JsonObject {
  const provider = query.get('byProvider')?.toLowerCase();
  const output = query.get('byOutputModality');
  const inference = query.get('byInferenceType');
  const customization = query.get('byCustomizationType');
  const summaries = directory
    .listed(region)
    .filter((record) => provider === undefined || record.provider.toLowerCase() === provider)
    .map((record) => modelJson(record, region))
    .filter((summary) => has(summary, 'outputModalities', output))
    .filter((summary) => has(summary, 'inferenceTypesSupported', inference))
    .filter((summary) => has(summary, 'customizationsSupported', customization));
  return { modelSummaries: summaries };
}

function has(summary: JsonObject, key: string, wanted: string | null): boolean {
  const values = summary[key];
  return wanted === null || (Array.isArray(values) && values.includes(wanted));
}

export function getFoundationModel(
  directory: ModelDirectory,
  region: string,
  identifier: string,
): JsonObject {
  const id = identifier.startsWith('arn:') ? identifier.slice(identifier.indexOf('/') + 1) : identifier;
  const record = directory.listed(region).find((entry) => entry.id === id);
  if (!record) throw invalid('The provided model identifier is invalid.');
  return { modelDetails: modelJson(record, region) };
}
