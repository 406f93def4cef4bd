/** Which base models stand behind an identifier that does not show it: application profiles, provisioned models ... */
import type { BedrockClient } from '@aws-sdk/client-bedrock';
import { BedrockError } from '../../bedrock-error.ts';
import { type ModelIdentifier, parseModelId } from '../../catalog/models/model-id.ts';
import type { ClientPool, Tie } from '../client-pool.ts';
import { toBedrockError } from '../errors/errors.ts';
import type { ControlSdk } from './control-sdk.ts';
import { createExpiringCache } from './expiring-cache.ts';
import { createSingleFlight } from './single-flight.ts';

const DAY_MS = 86_400_000;
/** How long a refusal is believed, ms. */
const REFUSAL_MS = 60_000;
/** Refusals that will most likely be repeated; faults and expired credentials are looked up again at once. */
const LASTING: ReadonlySet<string> = new Set(['access_denied', 'unknown_model', 'rejected_request']);
const MOST_ENTRIES = 1_000;
/** Longest time for one look-up, ms. */
const LOOKUP_TIMEOUT_MS = 15_000;

/** One request of a look-up: what it is called and the ARNs (or names) it answers with. */
interface Question {
  readonly operation: string;
  readonly ask: (
    sdk: ControlSdk,
    client: BedrockClient,
    tie: Tie,
  ) => Promise<readonly (string | undefined)[]>;
}

function questionFor(identifier: ModelIdentifier): Question | undefined {
  const id = identifier.invokeId;
  switch (identifier.kind) {
    case 'application-inference-profile':
    case 'inference-profile':
      return {
        operation: 'GetInferenceProfile',
        ask: async (sdk, client, tie) => {
          const command = new sdk.GetInferenceProfileCommand({ inferenceProfileIdentifier: id });
          const { models } = await client.send(tie(command));
          return models?.map((model) => model.modelArn) ?? [];
        },
      };
    case 'provisioned-model':
      return {
        operation: 'GetProvisionedModelThroughput',
        ask: async (sdk, client, tie) => {
          const command = new sdk.GetProvisionedModelThroughputCommand({ provisionedModelId: id });
          const answer = await client.send(tie(command));
          return [answer.foundationModelArn ?? answer.modelArn];
        },
      };
    case 'custom-model-deployment':
      return {
        operation: 'GetCustomModelDeployment',
        ask: async (sdk, client, tie) => {
          const command = new sdk.GetCustomModelDeploymentCommand({ customModelDeploymentIdentifier: id });
          return [(await client.send(tie(command))).modelArn];
        },
      };
    case 'custom-model':
      return {
        operation: 'GetCustomModel',
        ask: async (sdk, client, tie) => {
          const command = new sdk.GetCustomModelCommand({ modelIdentifier: id });
          return [(await client.send(tie(command))).baseModelArn];
        },
      };
    case 'imported-model':
      return {
        operation: 'GetImportedModel',
        ask: async (sdk, client, tie) => {
          const command = new sdk.GetImportedModelCommand({ modelIdentifier: id });
          return [(await client.send(tie(command))).modelArchitecture];
        },
      };
    case 'prompt-router':
    case 'default-prompt-router':
      return {
        operation: 'GetPromptRouter',
        ask: async (sdk, client, tie) => {
          const command = new sdk.GetPromptRouterCommand({ promptRouterArn: id });
          const { models, fallbackModel } = await client.send(tie(command));
          return [...(models?.map((model) => model.modelArn) ?? []), fallbackModel?.modelArn];
        },
      };
    default:
      return undefined;
  }
}

function notFound(arnOrId: string): BedrockError {
  return new BedrockError('unknown_model', {
    message: `AWS does not tell which model is behind ${arnOrId.slice(0, 200)}.`,
    fix: 'Name its base model in the config file (models: arn and base).',
  });
}

/**
 * Makes the look-up: identifier and Region in, bare model IDs out, unique, in AWS's order. What the identifier itself
 * shows needs no request. For an imported model the answer is its architecture (such as `llama`), because no Bedrock
 * model is behind it. The Region of an ARN wins over the given one. Answers are cached 24 hours, refusals one minute.
 * Throws BedrockError (`unknown_model` when there is nothing to ask).
 */
export function createModelLookup(
  pool: ClientPool<BedrockClient>,
  load: () => Promise<ControlSdk>,
  now: () => number,
): (arnOrId: string, region: string, signal: AbortSignal | undefined) => Promise<readonly string[]> {
  const cached = createExpiringCache<readonly string[] | BedrockError>(MOST_ENTRIES);
  const flights = createSingleFlight<readonly string[]>('GetInferenceProfile');

  const resolve = async (
    identifier: ModelIdentifier,
    region: string,
    signal: AbortSignal,
    depth: number,
  ): Promise<readonly string[]> => {
    const question = questionFor(identifier);
    if (question === undefined || depth > 3) throw notFound(identifier.text);
    const sdk = await load();
    const { value, guard } = await pool.call(
      { operation: question.operation, region: identifier.region ?? region, modelId: identifier.text },
      { signal, totalTimeoutMs: LOOKUP_TIMEOUT_MS },
      (client, tie) => question.ask(sdk, client, tie),
    );
    guard.done();
    const names = value.flatMap((name) => (name === undefined || name === '' ? [] : [name]));
    const found = identifier.kind === 'imported-model' ? names : await follow(names, region, signal, depth);
    if (found.length === 0) throw notFound(identifier.text);
    return [...new Set(found)];
  };

  // A deployment answers with a custom model, a router with profiles: follow until a base model shows.
  const follow = async (names: readonly string[], region: string, signal: AbortSignal, depth: number) => {
    const found: string[] = [];
    for (const name of names) {
      const next = parseModelId(name);
      if (next.modelId !== undefined) found.push(next.modelId);
      else found.push(...(await resolve(next, region, signal, depth + 1)));
    }
    return found;
  };

  return async (arnOrId, region, signal) => {
    const identifier = parseModelId(arnOrId);
    if (identifier.modelId !== undefined) return [identifier.modelId];
    const key = `${identifier.region ?? region} ${identifier.invokeId}`;
    const known = cached.get(key, now());
    if (known instanceof BedrockError) throw known;
    if (known !== undefined) return known;
    return flights.join(key, signal, async (own) => {
      try {
        const models = await resolve(identifier, region, own, 0);
        cached.set(key, models, now() + DAY_MS);
        return models;
      } catch (cause) {
        const error = toBedrockError(cause, { operation: 'GetInferenceProfile', modelId: arnOrId });
        if (LASTING.has(error.code)) cached.set(key, error, now() + REFUSAL_MS);
        throw error;
      }
    });
  };
}
