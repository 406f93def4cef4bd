/**
 * SDK clients of one identity, one per Region, and the one way in which calls go through them: limits, headers,
 * errors, credentials read again after a rotation. Knows neither of the two APIs.
 */
import { Readable } from 'node:stream';
import type { NodeHttpHandler } from '@smithy/node-http-handler';
import type { Pluggable } from '@smithy/types';
import { BedrockError } from '../bedrock-error.ts';
import { createRedact, type Logger } from '../log.ts';
import { type AuthConfig, type AuthPlan, authConfig, planAuth } from './credentials.ts';
import { type ErrorContext, toBedrockError } from './errors/errors.ts';
import { profileRegion } from './profile-region.ts';
import { checkRegion, missingRegion } from './regions.ts';
import { type CallGuard, guardCall } from './transport/call-guard.ts';
import { createTransport, isHttpRequest, type Transport } from './transport/transport.ts';
import type { AwsSettings, CallLimits } from './types.ts';

/** What every client of this server is built with. */
export interface ClientConfig extends AuthConfig {
  readonly region: string;
  readonly endpoint?: string;
  readonly profile?: string;
  readonly maxAttempts: 1;
  readonly retryMode: 'standard';
  readonly cacheMiddleware: true;
  readonly requestHandler: NodeHttpHandler;
}

/** Must be installed on every client that is built: it carries the request under the limits of its call. */
export type CallPlugin = <I extends object, O extends object>() => Pluggable<I, O>;

export interface PoolOptions<C> {
  readonly endpoint: string | undefined;
  /** Loads the SDK and makes a client. */
  readonly build: (config: ClientConfig, plugin: CallPlugin) => Promise<C>;
  readonly log: Logger | undefined;
}

export interface CallSubject {
  readonly operation: string;
  /** Empty = the Region of the profile. */
  readonly region: string;
  readonly modelId?: string;
  readonly streaming?: boolean;
}

export interface Exchange<T> {
  readonly value: T;
  readonly guard: CallGuard;
  /** What happened on the way that the caller should know. */
  readonly warnings: readonly string[];
  /** Turns a later failure of the same call (inside its stream) into a BedrockError. */
  readonly toError: (error: unknown) => BedrockError;
}

/** Marks a command as belonging to the call; returns the command. */
export type Tie = <K extends { readonly input: object }>(command: K) => K;

export interface ClientPool<C> {
  /**
   * One exchange under the limits. Sent once: only a rejected signature (expired or rotated credentials, wrong
   * clock), which AWS refuses before it accepts anything, is sent a second time, with a warning.
   * Throws BedrockError. The guard is still running: end it with `done` or `abandon`.
   */
  call<T>(
    subject: CallSubject,
    limits: CallLimits,
    send: (client: C, tie: Tie) => Promise<T>,
  ): Promise<Exchange<T>>;
  close(): void;
}

const EVENT_STREAM = 'application/vnd.amazon.eventstream';

/** The endpoint override without its trailing slashes (the SDK would double them). */
function checkEndpoint(endpoint: string): string {
  const protocol = URL.canParse(endpoint) ? new URL(endpoint).protocol : '';
  if (protocol === 'http:' || protocol === 'https:') {
    let end = endpoint.length;
    while (endpoint[end - 1] === '/') end -= 1;
    return endpoint.slice(0, end);
  }
  throw new BedrockError('config', {
    message: `The endpoint override ${JSON.stringify(endpoint.slice(0, 100))} is not an http or https URL.`,
    fix: 'Set AWS_ENDPOINT_URL_BEDROCK_RUNTIME / AWS_ENDPOINT_URL_BEDROCK / AWS_ENDPOINT_URL to a URL such as https://host/path, or unset it.',
  });
}

function notAStream(status: number, type: string | undefined): BedrockError {
  return new BedrockError('not_bedrock', {
    message: `A stream was asked for, but something answered with ${type ?? 'no content type'} (HTTP ${status}).`,
    fix: 'A gateway or proxy in between does not pass Bedrock event streams on: check the endpoint override and HTTPS_PROXY / NO_PROXY.',
    httpStatus: status,
  });
}

export function createClientPool<C>(settings: AwsSettings, options: PoolOptions<C>): ClientPool<C> {
  const clients = new Map<string, Promise<C>>();
  const calls = new WeakMap<object, { readonly guard: CallGuard; readonly streaming: boolean }>();
  let transport: Promise<Transport> | undefined;
  let ownRegion: Promise<string | undefined> | undefined;
  // Set when credentials failed: the next client reads the shared files again instead of the process-wide cache.
  let readFresh = false;
  // Of the identity that a file or role gave last; settings hold none of it, and a service may repeat it.
  let resolved: readonly string[] = [];
  const onSecrets = (secrets: readonly string[]) => {
    resolved = secrets;
  };

  const plugin =
    (through: Transport): CallPlugin =>
    <I extends object, O extends object>(): Pluggable<I, O> => ({
      applyToStack: (stack) => {
        stack.add(
          (next) => async (args) => {
            const call = calls.get(args.input);
            if (call === undefined || !isHttpRequest(args.request)) return next(args);
            const { guard, streaming } = call;
            guard.sent();
            const { response } = await through.send(args.request, guard.signal);
            guard.answered(response.statusCode, response.headers);
            const body: unknown = response.body;
            if (!streaming && body instanceof Readable) {
              // Explicitly paused, so that listening does not start the flow before the SDK reads.
              body.pause();
              body.on('data', guard.alive);
            }
            if (streaming && response.statusCode < 300) {
              const type = response.headers['content-type'];
              // The SDK would read anything as frames and allocate whatever length the bytes spell.
              if (type?.startsWith(EVENT_STREAM) !== true) throw notAStream(response.statusCode, type);
            }
            return { response };
          },
          { step: 'deserialize', priority: 'low', name: 'callTransport' },
        );
      },
    });

  const build = async (plan: AuthPlan, region: string, fresh: boolean): Promise<C> => {
    const endpoint = options.endpoint === undefined ? undefined : checkEndpoint(options.endpoint);
    transport ??= createTransport(settings, options.log);
    const [through, auth] = await Promise.all([transport, authConfig(plan, settings, fresh, onSecrets)]);
    const config: ClientConfig = {
      ...auth,
      region,
      ...(endpoint === undefined ? {} : { endpoint }),
      ...(plan.profile === undefined ? {} : { profile: plan.profile }),
      maxAttempts: 1,
      retryMode: 'standard',
      // The SDK caches only calls without per-call options; the guard therefore travels beside the command.
      cacheMiddleware: true,
      requestHandler: through.direct,
    };
    return options.build(config, plugin(through));
  };

  const clientFor = (plan: AuthPlan, region: string, failed?: Promise<C>): Promise<C> => {
    const known = clients.get(region);
    if (known !== undefined && known !== failed) return known;
    const made = build(plan, region, readFresh || failed !== undefined);
    readFresh = false;
    clients.set(region, made);
    made.catch(() => {
      if (clients.get(region) === made) clients.delete(region);
    });
    return made;
  };

  const regionFor = async (asked: string): Promise<string> => {
    const configured = asked.trim() || settings.region?.trim() || '';
    if (configured !== '') return checkRegion(configured);
    ownRegion ??= profileRegion(settings);
    const found = await ownRegion;
    if (found !== undefined) return checkRegion(found);
    ownRegion = undefined;
    throw missingRegion();
  };

  return {
    call: async (subject, limits, send) => {
      const { operation, modelId } = subject;
      const plan = planAuth(settings);
      const guard = guardCall(operation, limits, settings.idleTimeoutMs);
      let region = subject.region;
      const toError = (error: unknown): BedrockError => {
        if (guard.failure !== undefined) return guard.failure;
        const context: ErrorContext = {
          operation,
          region,
          modelId,
          authMode: plan.mode,
          authSource: plan.source,
          profile: plan.profile,
          endpoint: options.endpoint,
          requestId: guard.head?.headers['x-amzn-requestid'],
          httpStatus: guard.head?.status,
          headers: guard.head?.headers,
          redact: createRedact([...plan.secrets, ...resolved]),
        };
        return toBedrockError(error, context);
      };
      const tie: Tie = (command) => {
        calls.set(command.input, { guard, streaming: subject.streaming === true });
        return command;
      };
      const attempt = (client: Promise<C>) => guard.race(client.then((ready) => send(ready, tie)));

      try {
        region = await guard.race(regionFor(subject.region));
        const client = clientFor(plan, region);
        try {
          return { value: await attempt(client), guard, warnings: [], toError };
        } catch (cause) {
          const error = toError(cause);
          const again = secondChance(error, plan);
          if (again === undefined) throw error;
          guard.rest();
          options.log?.warn(again, { operation, region, code: error.code, source: plan.source });
          const renewed = error.code === 'clock_skew' ? client : clientFor(plan, region, client);
          return { value: await attempt(renewed), guard, warnings: [again], toError };
        }
      } catch (cause) {
        const error = toError(cause);
        if (isCredentialProblem(error) && plan.rereadable) {
          readFresh = true;
          clients.clear();
        }
        // A refusal was read to its end and leaves its connection usable; anything else is cut.
        if ((guard.head?.status ?? 0) >= 300) guard.done();
        else guard.abandon();
        throw error;
      }
    },
    close: () => {
      clients.clear();
      transport?.then(
        (through) => through.close(),
        () => {},
      );
      transport = undefined;
    },
  };
}

function isCredentialProblem(error: BedrockError): boolean {
  return (
    error.code === 'expired_credentials' ||
    error.code === 'invalid_credentials' ||
    error.code === 'no_credentials'
  );
}

/** Why a refused signature may be sent once more; undefined when it may not. */
function secondChance(error: BedrockError, plan: AuthPlan): string | undefined {
  if (plan.mode !== 'sigv4') return undefined;
  // The SDK has taken the time from the refusal's Date header by now.
  if (error.code === 'clock_skew')
    return 'The clock of this machine is wrong; the request was signed again with the time of AWS.';
  // Only what AWS itself refused: a source that gave nothing has just been read.
  if (plan.rereadable && error.httpStatus !== undefined && isCredentialProblem(error)) {
    return `AWS refused the credentials (${error.code}); they were read again from ${plan.source}.`;
  }
  return undefined;
}
