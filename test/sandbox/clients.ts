/** The real AWS clients, pointed at a sandbox, with the HTTP/1.1 handler and without the SDK's own retries. */
import { BedrockClient } from '@aws-sdk/client-bedrock';
import { BedrockRuntimeClient } from '@aws-sdk/client-bedrock-runtime';
import { NodeHttpHandler } from '@smithy/node-http-handler';

export interface ClientOptions {
  readonly region?: string;
  readonly accessKeyId?: string;
  readonly bearer?: string;
  readonly maxAttempts?: number;
  readonly clockOffset?: number;
}

function settings(endpoint: string, options: ClientOptions) {
  const { region = 'us-east-1', accessKeyId = 'AKIDSANDBOX', bearer, maxAttempts = 1 } = options;
  return {
    endpoint,
    region,
    maxAttempts,
    requestHandler: new NodeHttpHandler({ connectionTimeout: 5000 }),
    ...(bearer === undefined
      ? { credentials: { accessKeyId, secretAccessKey: 'secret' }, authSchemePreference: ['sigv4'] }
      : { token: { token: bearer }, authSchemePreference: ['httpBearerAuth'] }),
    ...(options.clockOffset === undefined ? {} : { systemClockOffset: options.clockOffset }),
  };
}

export const runtimeClient = (endpoint: string, options: ClientOptions = {}): BedrockRuntimeClient =>
  new BedrockRuntimeClient(settings(endpoint, options));

export const controlClient = (endpoint: string, options: ClientOptions = {}): BedrockClient =>
  new BedrockClient(settings(endpoint, options));

/** What a rejected call says: `status name: message`. */
export async function refusalOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const metadata: unknown = Reflect.get(error, '$metadata');
    const status =
      typeof metadata === 'object' && metadata !== null ? Reflect.get(metadata, 'httpStatusCode') : '';
    return `${String(status ?? '')} ${error.name}: ${error.message}`;
  }
  throw new Error('The call was not refused.');
}
