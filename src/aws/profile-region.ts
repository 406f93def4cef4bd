/** The Region that the shared AWS files give, for callers that configure a profile and no Region. */
import type { AwsSettings } from './types.ts';

/** Reads the profile's Region the way the SDK does; undefined when the files name none. No network. */
export async function profileRegion(settings: AwsSettings): Promise<string | undefined> {
  const { BedrockRuntimeClient } = await import('@aws-sdk/client-bedrock-runtime');
  const client = new BedrockRuntimeClient(
    settings.profile === undefined ? {} : { profile: settings.profile },
  );
  try {
    return await client.config.region();
  } catch {
    // "Region is missing" is the only failure here; the caller says it with what to do about it.
    return undefined;
  } finally {
    client.destroy();
  }
}
