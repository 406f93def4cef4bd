/**
 * SDK clients of one identity, one per Region, and the one way in which calls go through them: limits, headers,
 * errors, credentials read again after a rotation. Knows neither of the two APIs.
 */
import { Readable } from 'node:stream';
import type { NodeHttpHandler } from '@smithy/node-http-handler';
import type { Pluggable } from '@smithy/types';
import { BedrockError } from '../bedrock-error.ts';
import { defined } from '../defined.ts';
import { createRedact, type Logger } from '../log.ts';
import { type AuthConfig, type AuthPlan, authConfig, planAuth } from './credentials.ts';
import { type ErrorContext, toBedrockError } from './errors/errors.ts';
import { profileRegion } from './profile-region.ts';
import { checkRegion, missingRegion } from './regions.ts';
import { type CallGuard, guardCall } from './transport/call-guard.ts';
import { createTransport, type HttpRequest, isHttpRequest, type Transport } from './transport/transport.ts';
import { refuseUnknownOperation } from './transport/unknown-operation.ts';
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
    message: `A stream was requested, but something answered with ${type ?? 'no content type'} (HTTP ${status}).`,
    fix: 'A gateway or proxy in between does not pass Bedrock event streams on: check the endpoint override and HTTPS_PROXY / NO_PROXY.',
    httpStatus: status,
  });
}

interface GuardedCall {
  readonly guard: CallGuard;
  readonly streaming: boolean;
}

interface Pool<C> {
  readonly settings: AwsSettings;
  readonly options: PoolOptions<C>;
  /** By Region. */
  readonly clients: Map<string, Promise<C>>;
  /** By the input of a command: the SDK caches only calls without per-call options, so the guard travels beside them. */
  readonly calls: WeakMap<object, GuardedCall>;
  transport: Promise<Transport> | undefined;
  ownRegion: Promise<string | undefined> | undefined;
  /** Set when credentials failed: the next client reads the shared files again instead of the process-wide cache. */
  readFresh: boolean;
  /** Of the identity that a file or role gave last; settings hold none of it, and a service may repeat it. */
  resolvedSecrets: readonly string[];
}

/** Makes no client yet. */
export function createClientPool<C>(settings: AwsSettings, options: PoolOptions<C>): ClientPool<C> {
  const pool: Pool<C> = {
    settings,
    options,
    clients: new Map(),
    calls: new WeakMap(),
    transport: undefined,
    ownRegion: undefined,
    readFresh: false,
    resolvedSecrets: [],
  };
  return {
    call: (subject, limits, send) => callThrough(pool, subject, limits, send),
    close: () => {
      pool.clients.clear();
      pool.transport?.then(
        (through) => through.close(),
        () => {},
      );
      pool.transport = undefined;
    },
  };
}

async function callThrough<C, T>(
  pool: Pool<C>,
  subject: CallSubject,
  limits: CallLimits,
  send: (client: C, tie: Tie) => Promise<T>,
): Promise<Exchange<T>> {
  const { operation } = subject;
  const { settings, options } = pool;
  const plan = planAuth(settings);
  const guard = guardCall(operation, limits, settings.idleTimeoutMs);
  let region = subject.region;
  const toError = (error: unknown): BedrockError =>
    guard.failure ?? toBedrockError(error, contextOf(pool, { ...subject, region }, plan, guard));
  const tie: Tie = (command) => {
    pool.calls.set(command.input, { guard, streaming: subject.streaming === true });
    return command;
  };
  const attempt = (client: Promise<C>) => guard.race(client.then((ready) => send(ready, tie)));
  try {
    region = await guard.race(regionFor(pool, subject.region));
    const client = clientFor(pool, plan, region);
    try {
      return { value: await attempt(client), guard, warnings: [], toError };
    } catch (cause) {
      const error = toError(cause);
      const again = secondChance(error, plan);
      if (again === undefined) throw error;
      guard.rest();
      options.log?.warn(again, { operation, region, code: error.code, source: plan.source });
      const renewed = error.code === 'clock_skew' ? client : clientFor(pool, plan, region, client);
      return { value: await attempt(renewed), guard, warnings: [again], toError };
    }
  } catch (cause) {
    const error = toError(cause);
    if (isCredentialProblem(error) && plan.rereadable) {
      pool.readFresh = true;
      pool.clients.clear();
    }
    // A refusal was read to its end and leaves its connection usable; anything else is cut.
    if ((guard.head?.status ?? 0) >= 300) guard.done();
    else guard.abandon();
    throw error;
  }
}

function contextOf<C>(
  { options, resolvedSecrets }: Pool<C>,
  { operation, region, modelId }: CallSubject,
  plan: AuthPlan,
  { head }: CallGuard,
): ErrorContext {
  return {
    operation,
    region,
    modelId,
    authMode: plan.mode,
    authSource: plan.source,
    profile: plan.profile,
    endpoint: options.endpoint,
    requestId: head?.headers['x-amzn-requestid'],
    httpStatus: head?.status,
    headers: head?.headers,
    redact: createRedact([...plan.secrets, ...resolvedSecrets]),
  };
}

async function regionFor<C>(pool: Pool<C>, requested: string): Promise<string> {
  const configured = requested.trim() || pool.settings.region?.trim() || '';
  if (configured !== '') return checkRegion(configured);
  pool.ownRegion ??= profileRegion(pool.settings);
  const found = await pool.ownRegion.catch((error: unknown) => {
    // The shared files may be mended while the server runs.
    pool.ownRegion = undefined;
    throw error;
  });
  if (found !== undefined) return checkRegion(found);
  pool.ownRegion = undefined;
  throw missingRegion();
}

/** @param failed a client of this Region that must not be given again. */
function clientFor<C>(pool: Pool<C>, plan: AuthPlan, region: string, failed?: Promise<C>): Promise<C> {
  const { clients } = pool;
  const known = clients.get(region);
  if (known !== undefined && known !== failed) return known;
  const made = buildClient(pool, plan, region, pool.readFresh || failed !== undefined);
  pool.readFresh = false;
  clients.set(region, made);
  made.catch(() => {
    if (clients.get(region) === made) clients.delete(region);
  });
  return made;
}

async function buildClient<C>(pool: Pool<C>, plan: AuthPlan, region: string, fresh: boolean): Promise<C> {
  const { settings, options } = pool;
  const endpoint = options.endpoint === undefined ? undefined : checkEndpoint(options.endpoint);
  pool.transport ??= createTransport(settings, options.log);
  const onSecrets = (secrets: readonly string[]) => {
    pool.resolvedSecrets = secrets;
  };
  const [through, auth] = await Promise.all([pool.transport, authConfig(plan, settings, fresh, onSecrets)]);
  const config: ClientConfig = {
    ...auth,
    region,
    ...defined({ endpoint, profile: plan.profile }),
    maxAttempts: 1,
    retryMode: 'standard',
    cacheMiddleware: true,
    requestHandler: through.direct,
  };
  return options.build(config, pluginFor(pool.calls, through));
}

function pluginFor<C>(calls: Pool<C>['calls'], through: Transport): CallPlugin {
  return <I extends object, O extends object>(): Pluggable<I, O> => ({
    applyToStack: (stack) => {
      stack.add(
        (next) => async (args) => {
          const call = calls.get(args.input);
          if (call === undefined || !isHttpRequest(args.request)) return next(args);
          return { response: await sendGuarded(through, args.request, call) };
        },
        { step: 'deserialize', priority: 'low', name: 'callTransport' },
      );
    },
  });
}

/** Sends one request under the guard of its call; the response is one that the SDK can read. */
async function sendGuarded(through: Transport, request: HttpRequest, { guard, streaming }: GuardedCall) {
  guard.sent();
  const { response } = await through.send(request, guard.signal);
  guard.answered(response.statusCode, response.headers);
  if (response.body instanceof Readable)
    response.body = await refuseUnknownOperation(response, response.body);
  const body: unknown = response.body;
  if (!streaming && body instanceof Readable) {
    // Explicitly paused, so that listening does not start the flow before the SDK reads.
    body.pause();
    body.on('data', guard.alive);
  }
  const type = response.headers['content-type'];
  // The SDK would read anything as frames and allocate whatever length the bytes spell.
  if (streaming && response.statusCode < 300 && type?.startsWith(EVENT_STREAM) !== true)
    throw notAStream(response.statusCode, type);
  return response;
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
