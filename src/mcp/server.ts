/** The adapter between the tools and the protocol. One low-level server per connection or HTTP request, both eras alike. */

import { channel } from 'node:diagnostics_channel';
import {
  ProtocolError,
  ProtocolErrorCode,
  ResourceNotFoundError,
  type Server,
  type ServerContext,
  type StandardSchemaV1,
} from '@modelcontextprotocol/server';
import { asBedrockError, BedrockError } from '../bedrock-error.ts';
import { defined } from '../defined.ts';
import { isJsonObject, type JsonObject } from '../json.ts';
import type { Logger, Redact } from '../log.ts';
import { mappedStack } from '../mapped-stack.ts';
import { once } from '../once.ts';
import { promptsFor, promptText } from '../prompts/prompts.ts';
import { RESOURCE_TEMPLATES, RESOURCE_TYPE, RESOURCES } from '../resources/resource-list.ts';
import type { ToolHost } from '../tools/tool-set.ts';
import { LONG_ANSWER_META, traitsOf } from './client-quirks.ts';
import type { Confirmation } from './cost-elicitation.ts';
import { EraServer } from './era-server.ts';
import { errorText } from './error-text.ts';
import { paced } from './progress.ts';
import { mayHoldHalfPair, wellFormedObject } from './well-formed.ts';

export interface ServerFacts {
  readonly version: string;
  readonly host: ToolHost;
  readonly log: Logger;
  readonly redact: Redact;
  /** Aborted when the whole process stops. */
  readonly stopping: AbortSignal;
}

/** A reply line above 10 MiB closes the official clients' transport, so larger answers are refused before they are sent. */
const REPLY_LIMIT_BYTES = 8 * 1024 * 1024;
const LIST_TTL_MS = 3_600_000;

const INSTRUCTIONS = [
  'Calls Amazon Bedrock models.',
  'invoke_model asks any text model; name a model by alias (claude-haiku-4-5, nova-lite), model ID, profile ID or ARN.',
  'estimate_cost before a large call; dry_run shows what would be sent without sending it.',
  'list_inference_profiles shows what this account and Region can call.',
  'An answer with status "running" goes on while you stay connected: collect it with get_result.',
].join(' ');

/** Long enough after the list for a host to go on, short enough to be ready for a person's first question. */
const WARM_AFTER_MS = 250;

/** For parameters whose reader checks them itself: the SDK answers wrong ones with an internal error and a list of issues. */
const UNCHECKED: StandardSchemaV1<unknown, JsonObject> = {
  '~standard': {
    version: 1,
    vendor: 'bedrock-mcp',
    validate: (value) => ({ value: isJsonObject(value) ? value : {} }),
  },
};

/** Makes servers that all offer the same tools and resources. */
export function createServerFactory(facts: ServerFacts): () => Server {
  const offer = offerOf(facts);
  return () => {
    const server = new EraServer(
      { name: 'bedrock-mcp', title: 'Bedrock MCP', version: facts.version },
      {
        capabilities: {
          tools: { listChanged: false },
          resources: { listChanged: false },
          prompts: { listChanged: false },
          completions: {},
        },
        instructions: INSTRUCTIONS,
        requestState: { verify: async (state, ctx) => (await offer.confirmation()).verify(state, ctx) },
        cacheHints: {
          'tools/list': { ttlMs: LIST_TTL_MS, cacheScope: 'public' },
          'prompts/list': { ttlMs: LIST_TTL_MS, cacheScope: 'public' },
          'resources/list': { ttlMs: LIST_TTL_MS, cacheScope: 'public' },
          'resources/templates/list': { ttlMs: LIST_TTL_MS, cacheScope: 'public' },
          'server/discover': { ttlMs: LIST_TTL_MS, cacheScope: 'public' },
        },
      },
    );
    handleTools(server, offer, facts);
    handleResources(server, facts);
    handlePrompts(server, offer);
    handleCompletion(server, offer, facts);
    return server;
  };
}

/** What all servers of a process share. */
type Offer = ReturnType<typeof offerOf>;

function offerOf({ host }: ServerFacts) {
  const tools = host.listed.map(({ sets: _, longAnswer, ...tool }) => ({
    ...tool,
    annotations: { title: tool.title, ...tool.annotations },
    ...(longAnswer === true ? { _meta: LONG_ANSWER_META } : {}),
  }));
  const names = new Set(tools.map((tool) => tool.name));
  const offers = (tool: string) => names.has(tool);
  return {
    tools,
    names,
    offers,
    prompts: promptsFor(offers),
    // Only calls need it, and with it comes node:crypto.
    confirmation: once(async () => (await import('./cost-elicitation.ts')).createConfirmation()),
    warm: once(() => setTimeout(() => host.warm(), WARM_AFTER_MS).unref()),
  };
}

function handleTools(server: Server, { tools, names, confirmation, warm }: Offer, facts: ServerFacts): void {
  server.setRequestHandler('tools/list', () => {
    warm();
    // The loader of the built server waits for it to keep V8's code cache of the start.
    channel('bedrock-mcp:listed').publish(undefined);
    return { tools };
  });
  server.setRequestHandler('tools/call', async (request, ctx) => {
    const { name } = request.params;
    if (!names.has(name)) {
      throw new ProtocolError(
        ProtocolErrorCode.InvalidParams,
        `Unknown tool "${name.slice(0, 64)}". Tools are: ${[...names].join(', ')}.`,
      );
    }
    const call = { server, ctx, facts, confirmation: await confirmation() };
    return callTool(name, request.params.arguments, call);
  });
}

function handleResources(server: Server, facts: ServerFacts): void {
  server.setRequestHandler('resources/list', () => ({
    resources: RESOURCES.map((resource) => ({ ...resource, mimeType: RESOURCE_TYPE })),
  }));
  server.setRequestHandler('resources/templates/list', () => ({
    resourceTemplates: RESOURCE_TEMPLATES.map((template) => ({ ...template, mimeType: RESOURCE_TYPE })),
  }));
  server.setRequestHandler('resources/read', (request, ctx) => readResource(request.params.uri, ctx, facts));
}

function handlePrompts(server: Server, { prompts, offers }: Offer): void {
  server.setRequestHandler('prompts/list', () => ({
    prompts: prompts.map((prompt) => ({ ...prompt, arguments: [...prompt.arguments] })),
  }));
  server.setRequestHandler('prompts/get', { params: UNCHECKED }, (params) => {
    const made = promptText(params['name'], params['arguments'], offers);
    if ('problem' in made) throw new ProtocolError(ProtocolErrorCode.InvalidParams, made.problem);
    const { description, text } = made;
    return { description, messages: [{ role: 'user', content: { type: 'text', text } }] };
  });
}

function handleCompletion(server: Server, { prompts }: Offer, facts: ServerFacts): void {
  server.setRequestHandler('completion/complete', async (request, ctx) => {
    const { argument, ref } = request.params;
    const isKnown =
      ref.type === 'ref/prompt'
        ? prompts.some(({ name }) => name === ref.name)
        : RESOURCE_TEMPLATES.some(({ uriTemplate }) => uriTemplate === ref.uri);
    if (!isKnown) {
      const what =
        ref.type === 'ref/prompt'
          ? `prompt "${ref.name.slice(0, 64)}"`
          : `template "${ref.uri.slice(0, 100)}"`;
      throw new ProtocolError(ProtocolErrorCode.InvalidParams, `There is no ${what} to complete.`);
    }
    const context = { signal: signalOf(ctx, facts) };
    const { values, total } = await facts.host.complete(argument.name, argument.value, context);
    return { completion: { values, total, hasMore: total > values.length } };
  });
}

function signalOf(ctx: ServerContext, facts: ServerFacts): AbortSignal {
  return AbortSignal.any([ctx.mcpReq.signal, facts.stopping]);
}

interface ToolCall {
  readonly server: Server;
  readonly ctx: ServerContext;
  readonly facts: ServerFacts;
  readonly confirmation: Confirmation;
}

async function callTool(name: string, args: unknown, { server, ctx, facts, confirmation }: ToolCall) {
  const signal = signalOf(ctx, facts);
  const token = ctx.mcpReq._meta?.progressToken;
  const progress =
    token === undefined
      ? undefined
      : paced((update) => {
          if (signal.aborted) return;
          // A client that has gone away is noticed by its signal; a lost progress note is not worth an error.
          ctx.mcpReq
            .notify({
              method: 'notifications/progress',
              params: { progressToken: token, ...update, message: update.message.toWellFormed() },
            })
            .catch(() => undefined);
        });
  const answered = async (confirmedUsd: number | undefined) => {
    const context = {
      signal,
      ...traitsOf(server, ctx),
      ...defined({ confirmedUsd }),
      ...(progress === undefined ? {} : { progress: progress.report }),
    };
    const answer = await facts.host.call(name, args, context);
    const result = {
      content: [{ type: 'text' as const, text: answer.text }],
      structuredContent: answer.structured,
    };
    const json = JSON.stringify(result);
    const bytes = Buffer.byteLength(json);
    if (bytes > REPLY_LIMIT_BYTES) throw tooLarge(bytes, callIdOf(answer.structured));
    if (!mayHoldHalfPair(json)) return result;
    return {
      content: [{ type: 'text' as const, text: answer.text.toWellFormed() }],
      structuredContent: wellFormedObject(answer.structured),
    };
  };
  try {
    return await answered(confirmation.agreed(name, args, ctx)).catch(async (error: unknown) => {
      const isQuestion = error instanceof BedrockError && error.code === 'confirmation_required';
      if (!isQuestion || ctx.mcpReq.inputResponses !== undefined) throw error;
      const reply = await confirmation.ask(error, name, args, server, ctx);
      if (reply === undefined) throw error;
      return 'agreedUsd' in reply ? answered(reply.agreedUsd) : reply.question;
    });
  } catch (error) {
    return errorResult(error, facts);
  } finally {
    progress?.stop();
  }
}

async function readResource(uri: string, ctx: ServerContext, facts: ServerFacts) {
  let text: string | undefined;
  try {
    text = await facts.host.read(uri, { signal: signalOf(ctx, facts) });
  } catch (error) {
    // Resources have no isError results, so the same text travels as a protocol error.
    const known = asBedrockError(error, 'The tool');
    throw new ProtocolError(ProtocolErrorCode.InternalError, errorText(known, facts.redact));
  }
  if (text === undefined) throw new ResourceNotFoundError(uri.slice(0, 200));
  return { contents: [{ uri, mimeType: RESOURCE_TYPE, text: text.toWellFormed() }] };
}

function errorResult(error: unknown, { log, redact }: ServerFacts) {
  const known = asBedrockError(error, 'The tool');
  const fields = { code: known.code, requestId: known.requestId };
  if (known.code === 'internal') {
    log.error(known.message, {
      ...fields,
      stack: known.cause === undefined ? undefined : mappedStack(known.cause),
    });
  } else log.debug(known.message, fields);
  return {
    content: [{ type: 'text' as const, text: errorText(known, redact).toWellFormed() }],
    isError: true,
    _meta: {
      'bedrock-mcp/error': {
        code: known.code,
        retryable: known.retryable,
        ...defined({ retry_after_ms: known.retryAfterMs, request_id: known.requestId }),
      },
    },
  };
}

function tooLarge(bytes: number, callId: string | undefined): BedrockError {
  return new BedrockError('invalid_request', {
    message: `The answer is ${Math.ceil(bytes / 1_048_576)} MiB, more than one protocol message may carry.`,
    fix:
      callId === undefined
        ? 'Ask for less at once, for example fewer texts per call.'
        : `It is kept: get_result ${JSON.stringify({ call_id: callId, max_output_chars: 100_000 })} gives it in pieces.`,
  });
}

/** The call's own ID, or that of its receipt. */
function callIdOf(structured: Readonly<Record<string, unknown>>): string | undefined {
  const { call_id, receipt } = structured;
  const id = call_id ?? (isJsonObject(receipt) ? receipt['call_id'] : undefined);
  return typeof id === 'string' ? id : undefined;
}
