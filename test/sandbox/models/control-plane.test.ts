import {
  GetFoundationModelCommand,
  GetGuardrailCommand,
  GetInferenceProfileCommand,
  ListFoundationModelsCommand,
  ListInferenceProfilesCommand,
  paginateListInferenceProfiles,
} from '@aws-sdk/client-bedrock';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSandbox } from '../../../src/sandbox/server/server.ts';
import type { Sandbox } from '../../../src/sandbox/types.ts';
import { controlClient, refusalOf } from '../clients.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(() => sandbox.close());

async function profileIds(region: string): Promise<string[]> {
  const ids: string[] = [];
  const config = { client: controlClient(sandbox.url, { region }), pageSize: 7 };
  for await (const page of paginateListInferenceProfiles(config, { typeEquals: 'SYSTEM_DEFINED' })) {
    for (const summary of page.inferenceProfileSummaries ?? []) ids.push(summary.inferenceProfileId ?? '');
  }
  return ids;
}

describe('the control plane of the sandbox', () => {
  it('pages through the profiles of the source Region only', async () => {
    const us = await profileIds('us-east-1');
    const eu = await profileIds('eu-west-1');
    expect(us.length).toBeGreaterThan(20);
    expect(new Set(us).size).toBe(us.length);
    expect(us.some((id) => id.startsWith('us.'))).toBe(true);
    expect(us.some((id) => id.startsWith('eu.'))).toBe(false);
    expect(eu.some((id) => id.startsWith('eu.'))).toBe(true);
    expect(eu.some((id) => id.startsWith('us.'))).toBe(false);
  });

  it('names a region-less model ARN first for global profiles', async () => {
    const { inferenceProfileSummaries = [] } = await controlClient(sandbox.url).send(
      new ListInferenceProfilesCommand({ maxResults: 1000 }),
    );
    const haiku = inferenceProfileSummaries.find(
      ({ inferenceProfileId }) => inferenceProfileId === 'global.anthropic.claude-haiku-4-5-20251001-v1:0',
    );
    expect(haiku?.models?.[0]?.modelArn).toBe(
      'arn:aws:bedrock:::foundation-model/anthropic.claude-haiku-4-5-20251001-v1:0',
    );
    expect(haiku).toMatchObject({ status: 'ACTIVE', type: 'SYSTEM_DEFINED' });
  });

  it('resolves an application profile by ID and by ARN', async () => {
    const client = controlClient(sandbox.url);
    const arn = 'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/sandboxapp01';
    for (const inferenceProfileIdentifier of ['sandboxapp01', arn]) {
      const profile = await client.send(new GetInferenceProfileCommand({ inferenceProfileIdentifier }));
      expect(profile).toMatchObject({ inferenceProfileArn: arn, type: 'APPLICATION' });
      expect(profile.models?.[0]?.modelArn).toContain('claude-haiku-4-5');
    }
    const said = await refusalOf(
      client.send(new GetInferenceProfileCommand({ inferenceProfileIdentifier: 'nope' })),
    );
    expect(said).toContain('404 ResourceNotFoundException');
  });

  it('lists foundation models with their inference types', async () => {
    const client = controlClient(sandbox.url);
    const { modelSummaries = [] } = await client.send(new ListFoundationModelsCommand({}));
    const find = (id: string) => modelSummaries.find(({ modelId }) => modelId === id);
    expect(find('amazon.titan-embed-text-v2:0')).toMatchObject({
      inferenceTypesSupported: ['ON_DEMAND'],
      outputModalities: ['EMBEDDING'],
      modelLifecycle: { status: 'ACTIVE' },
    });
    expect(find('anthropic.claude-haiku-4-5-20251001-v1:0')?.inferenceTypesSupported).toEqual([
      'INFERENCE_PROFILE',
    ]);
    expect(find('openai.gpt-5.5')).toBeUndefined();
    const images = await client.send(new ListFoundationModelsCommand({ byOutputModality: 'EMBEDDING' }));
    expect(images.modelSummaries?.every((model) => model.outputModalities?.includes('EMBEDDING'))).toBe(true);
    const one = await client.send(
      new GetFoundationModelCommand({ modelIdentifier: 'amazon.nova-lite-v1:0' }),
    );
    expect(one.modelDetails?.modelId).toBe('amazon.nova-lite-v1:0');
  });

  it('knows no other operation', async () => {
    const said = await refusalOf(
      controlClient(sandbox.url).send(new GetGuardrailCommand({ guardrailIdentifier: 'a' })),
    );
    expect(said).toContain('404 UnknownOperationException');
  });
});
