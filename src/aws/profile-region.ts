/** The Region that the shared AWS files give, for callers that configure a profile and no Region. */
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { BedrockError } from '../bedrock-error.ts';
import type { AwsSettings } from './types.ts';

/** Names told of profiles that there are. */
const MOST_NAMED = 10;

/**
 * Reads the profile's Region the way the SDK does; undefined when the files name none. No network.
 * @throws BedrockError `config` when there is no such profile: that is why it has no Region.
 */
export async function profileRegion(settings: AwsSettings): Promise<string | undefined> {
  const { BedrockRuntimeClient } = await import('@aws-sdk/client-bedrock-runtime');
  const client = new BedrockRuntimeClient(
    settings.profile === undefined ? {} : { profile: settings.profile },
  );
  try {
    return await client.config.region();
  } catch {
    // "Region is missing" is the only failure here; the caller says it with what to do about it.
    if (settings.profile !== undefined) await checkProfile(settings.profile);
    return undefined;
  } finally {
    client.destroy();
  }
}

async function checkProfile(profile: string): Promise<void> {
  const { AWS_CONFIG_FILE, AWS_SHARED_CREDENTIALS_FILE } = process.env;
  const config = AWS_CONFIG_FILE ?? join(homedir(), '.aws', 'config');
  const credentials = AWS_SHARED_CREDENTIALS_FILE ?? join(homedir(), '.aws', 'credentials');
  const names = new Set([
    ...(await sectionsOf(config)).flatMap(
      (name) => /^profile\s+(.+)$/.exec(name)?.[1] ?? (name === 'default' ? name : []),
    ),
    ...(await sectionsOf(credentials)),
  ]);
  if (names.has(profile)) return;
  const known = [...names].slice(0, MOST_NAMED).join(', ');
  throw new BedrockError('config', {
    message: `The AWS profile ${JSON.stringify(profile.slice(0, 100))} does not exist: neither ${config} nor ${credentials} has it.`,
    fix: `Set AWS_PROFILE to ${known === '' ? 'a profile that exists (aws configure makes one)' : `one of: ${known}`}, or leave it out and set keys and AWS_REGION.`,
  });
}

/** Names in square brackets; none of a file that cannot be read. */
async function sectionsOf(path: string): Promise<string[]> {
  const text = await readFile(path, 'utf8').catch(() => '');
  return [...text.matchAll(/^\s*\[([^\]\n]+)\]/gm)].map(([, name = '']) => name.trim().replace(/["']/g, ''));
}
