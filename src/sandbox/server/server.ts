/**
 * The embedded Bedrock: an HTTP/1.1 server on 127.0.0.1 that the real AWS SDK takes for Bedrock's runtime and
 * control plane. It needs no account, calls no model, and refuses what Bedrock refuses in Bedrock's words.
 */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { loadCatalog } from '../../catalog/models/catalog.ts';
import { isDeeperThan, type JsonObject, type JsonValue, parseJson } from '../../json.ts';
import {
  getFoundationModel,
  getInferenceProfile,
  listFoundationModels,
  listInferenceProfiles,
} from '../models/control-plane.ts';
import { createModelDirectory, type ModelDirectory } from '../models/model-directory.ts';
import { constraint, Refusal, unknownOperation } from '../refusal.ts';
import type { Sandbox, SandboxOptions, SandboxRequest } from '../types.ts';
import { authenticate, authorize } from './auth.ts';
import { createFaultPlan, type FaultPlan } from './faults.ts';
import { type Reply, runInvocation } from './invocation.ts';
import type { Magic } from './magic.ts';
import { createRequestLog, type RequestLog } from './request-log.ts';
import { iamAction, isModelCall, isStreaming, type Route, routeOf } from './routes.ts';
import { type Delivery, sendRefusal, sendReply } from './sending.ts';

const BODY_LIMIT = 36_000_000;
const BODY_KEPT = 1_000_000;
const DEFAULT_REGION = 'us-east-1';
const DEFAULT_ACCOUNT = '123456789012';
/** Longer than any client keeps a socket, so that the sandbox never closes one under a new request. */
const KEEP_ALIVE_MS = 120_000;
const DEFAULT_PROFILES = { sandboxapp01: 'anthropic.claude-haiku-4-5-20251001-v1:0' };

interface Context {
  readonly options: SandboxOptions;
  readonly account: string;
  readonly region: string;
  /** All that there are. */
  readonly regions: readonly string[];
  readonly directory: ModelDirectory;
  readonly faults: FaultPlan;
  readonly log: RequestLog;
  readonly cache: Set<string>;
}

interface Received {
  readonly request: SandboxRequest;
  readonly route: Route;
  readonly message: IncomingMessage;
  readonly query: URLSearchParams;
  readonly text: string;
}

async function readBody(message: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of message) {
    if (!Buffer.isBuffer(part)) continue;
    size += part.length;
    if (size > BODY_LIMIT) throw constraint('...', 'body', 'have length less than or equal to 25000000');
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

/** Nesting beyond this would exhaust the stack of whoever walks it. */
const DEEPEST = 200;

function parseBody(text: string): JsonValue | undefined {
  const value = parseJson(text);
  return isDeeperThan(value, DEEPEST) ? undefined : value;
}

/** The ARN that IAM names for an operation on no single model. */
function controlResource(context: Context, { operation, identifier }: Route, region: string): string {
  const id = identifier === '' ? '*' : identifier.slice(identifier.lastIndexOf('/') + 1);
  return operation.endsWith('Models') || operation === 'GetFoundationModel'
    ? `arn:aws:bedrock:${region}::foundation-model/${id}`
    : `arn:aws:bedrock:${region}:${context.account}:inference-profile/${id}`;
}

function controlBody(context: Context, { route, query }: Received, region: string): JsonObject {
  const { directory } = context;
  switch (route.operation) {
    case 'ListInferenceProfiles':
      return listInferenceProfiles(directory, region, query);
    case 'GetInferenceProfile':
      return getInferenceProfile(directory, region, route.identifier);
    case 'ListFoundationModels':
      return listFoundationModels(directory, region, query);
    default:
      return getFoundationModel(directory, region, route.identifier);
  }
}

/** Authentication, model, permission, faults, then the operation itself; throws refusals. */
function answer(context: Context, received: Received): { reply: Reply; magic: Magic | undefined } {
  const { request, route, message, text } = received;
  const { operation, identifier } = route;
  const caller = authenticate(message.headers, Date.now(), context.regions);
  const region = caller.region ?? context.region;
  request.auth = caller.kind;
  request.region = region;
  if (caller.kind === 'sigv4') request.accessKeyId = caller.key;
  const body = parseBody(text);
  if (body !== undefined && text.length <= BODY_KEPT) request.body = body;
  if (!isModelCall(operation)) {
    authorize(caller, iamAction(operation), controlResource(context, route, region), context.account);
    const magic = context.faults.magicOf(request, '');
    const reply = { kind: 'json', headers: { 'content-type': 'application/json' } } as const;
    return { reply: { ...reply, body: controlBody(context, received, region) }, magic };
  }
  request.modelId = identifier;
  const resolved = context.directory.resolve(identifier, region, operation === 'CountTokens');
  request.model = resolved.record.id;
  authorize(caller, iamAction(operation), resolved.resourceArn, context.account);
  context.faults.throttle(context.log.modelCalls());
  let magic: Magic | undefined;
  const magicOf = (spoken: string): Magic | undefined => {
    magic = context.faults.magicOf(request, spoken);
    return magic;
  };
  const { cache } = context;
  const tier = message.headers['x-amzn-bedrock-service-tier'];
  const serviceTier = typeof tier === 'string' ? tier : undefined;
  const latency = message.headers['x-amzn-bedrock-performanceconfig-latency'];
  const reply = runInvocation({
    operation,
    modelId: identifier,
    resolved,
    body,
    magicOf,
    cache,
    serviceTier,
    latency: typeof latency === 'string' ? latency : '',
    region,
  });
  return { reply, magic };
}

async function handle(context: Context, message: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = message.url ?? '/';
  const mark = url.indexOf('?');
  const path = mark < 0 ? url : url.slice(0, mark);
  const method = message.method ?? 'GET';
  const requestId = randomUUID();
  const request: SandboxRequest = {
    time: Date.now(),
    requestId,
    method,
    path,
    auth: 'none',
    state: 'in-flight',
  };
  context.log.add(request);

  const gone = new AbortController();
  const fail = (error: string): void => {
    request.error = error;
    if (response.headersSent) request.status = response.statusCode;
    context.log.end(request, 'failed');
  };
  response.on('error', () => gone.abort());
  response.on('close', () => {
    gone.abort();
    context.log.end(request, 'aborted');
  });
  response.on('finish', () => {
    request.status = response.statusCode;
    context.log.end(request, 'completed');
  });
  response.setHeader('x-amzn-requestid', requestId);

  let delivery: Delivery = {
    response,
    signal: gone.signal,
    magic: undefined,
    chunkDelayMs: context.options.chunkDelayMs ?? 0,
    fail,
  };
  const route = routeOf(method, path);
  try {
    if (route) request.operation = route.operation;
    const text = await readBody(message);
    if (!route) throw unknownOperation();
    const query = new URLSearchParams(mark < 0 ? '' : url.slice(mark + 1));
    const { reply, magic } = answer(context, { request, route, message, query, text });
    if (reply.usage) request.usage = reply.usage;
    delivery = { ...delivery, magic };
    await sendReply(delivery, reply);
  } catch (error) {
    if (gone.signal.aborted || response.headersSent) return;
    const refusal =
      error instanceof Refusal
        ? error
        : new Refusal(500, 'InternalServerException', `Sandbox: ${String(error)}`);
    sendRefusal(delivery, refusal, route !== undefined && isStreaming(route.operation));
  }
}

/**
 * Starts the embedded Bedrock on 127.0.0.1. Use `url` as the endpoint of both AWS clients, with any access key
 * (words in it such as EXPIRED, INVALID, DENIED, DENYSTREAM, DENYLIST change what AWS says) or any bearer token.
 * Rejects when the port is taken. The process stays alive until `close`.
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const { models, regions } = await loadCatalog();
  const records = options.models ?? models;
  const account = options.account ?? DEFAULT_ACCOUNT;
  const region = options.region ?? DEFAULT_REGION;
  const withProfiles = { applicationProfiles: DEFAULT_PROFILES, ...options };
  const directory = createModelDirectory(records, withProfiles, account);
  const log = createRequestLog();
  const faults = createFaultPlan(options);
  const context: Context = { options, account, region, regions, directory, faults, log, cache: new Set() };

  const server = createServer((message, response) => {
    // Everything that can go wrong inside is answered there; what is left is a socket that is already gone.
    handle(context, message, response).catch(() => response.destroy());
  });
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.requestTimeout = 0;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', () => {
      server.removeListener('error', reject);
      resolve();
    });
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    record: log.record,
    inject: faults.inject,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
