/** The adapter between the tools and the protocol. One low-level server per connection or HTTP request, both eras alike. */
import { ProtocolError, ProtocolErrorCode, Server, type ServerContext } from '@modelcontextprotocol/server';
import { BedrockError } from '../bedrock-error.ts';
import { publishedSchema } from '../tools/published-schema.ts';
import type { Services } from '../tools/services.ts';
import type { AnyTool, ToolContext } from '../tools/tool.ts';
import { errorText } from './error-text.ts';
import { paced } from './progress.ts';

export interface ServerFacts {
  readonly version: string;
  readonly tools: readonly AnyTool[];
  readonly services: Services;
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
].join(' ');

/** Makes servers that all offer the same tools; what is costly is computed once and shared. */
export function createServerFactory(facts: ServerFacts): () => Server {
  const tools = [...facts.tools].sort((a, b) => (a.name < b.name ? -1 : 1));
  const byName = new Map(tools.map((tool) => [tool.name, tool]));
  let listed: ReturnType<typeof listTools> | undefined;
  return () => {
    const server = new Server(
      { name: 'bedrock-mcp', title: 'Bedrock MCP', version: facts.version },
      {
        capabilities: { tools: { listChanged: false } },
        instructions: INSTRUCTIONS,
        cacheHints: {
          'tools/list': { ttlMs: LIST_TTL_MS, cacheScope: 'public' },
          'server/discover': { ttlMs: LIST_TTL_MS, cacheScope: 'public' },
        },
      },
    );
    server.setRequestHandler('tools/list', () => {
      listed ??= listTools(tools);
      return { tools: listed };
    });
    server.setRequestHandler('tools/call', async (request, ctx) => {
      const tool = byName.get(request.params.name);
      if (tool === undefined) {
        throw new ProtocolError(
          ProtocolErrorCode.InvalidParams,
          `Unknown tool "${request.params.name.slice(0, 64)}". Tools are: ${tools.map((each) => each.name).join(', ')}.`,
        );
      }
      return callTool(tool, request.params.arguments, ctx, facts);
    });
    return server;
  };
}

async function callTool(tool: AnyTool, args: unknown, ctx: ServerContext, facts: ServerFacts) {
  const signal = AbortSignal.any([ctx.mcpReq.signal, facts.stopping]);
  const token = ctx.mcpReq._meta?.progressToken;
  const progress =
    token === undefined
      ? undefined
      : paced((update) => {
          if (signal.aborted) return;
          // A client that has gone away is noticed by its signal; a lost progress note is not worth an error.
          ctx.mcpReq
            .notify({ method: 'notifications/progress', params: { progressToken: token, ...update } })
            .catch(() => undefined);
        });
  const context: ToolContext = {
    services: facts.services,
    signal,
    ...(progress === undefined ? {} : { progress: progress.report }),
  };
  try {
    const answer = await tool.call(args, context);
    const result = {
      content: [{ type: 'text' as const, text: answer.text }],
      structuredContent: answer.structured,
    };
    const bytes = Buffer.byteLength(JSON.stringify(result));
    if (bytes > REPLY_LIMIT_BYTES) throw tooLarge(bytes);
    return result;
  } catch (error) {
    return errorResult(error, facts.services);
  } finally {
    progress?.stop();
  }
}

function errorResult(error: unknown, services: Services) {
  const known = error instanceof BedrockError ? error : unexpected(error);
  const log = { code: known.code, requestId: known.requestId };
  if (known.code === 'internal')
    services.log.error(known.message, {
      ...log,
      stack: known.cause instanceof Error ? known.cause.stack : undefined,
    });
  else services.log.debug(known.message, log);
  return {
    content: [{ type: 'text' as const, text: errorText(known, services.redact) }],
    isError: true,
    _meta: {
      'bedrock-mcp/error': {
        code: known.code,
        retryable: known.retryable,
        ...(known.retryAfterMs === undefined ? {} : { retry_after_ms: known.retryAfterMs }),
        ...(known.requestId === undefined ? {} : { request_id: known.requestId }),
      },
    },
  };
}

function unexpected(cause: unknown): BedrockError {
  return new BedrockError('internal', {
    message: 'The tool failed in a way that was not foreseen.',
    fix: 'Try again; if it stays so, report it with the line that the server wrote to stderr.',
    cause,
  });
}

function tooLarge(bytes: number): BedrockError {
  return new BedrockError('invalid_request', {
    message: `The answer is ${Math.ceil(bytes / 1_048_576)} MiB, more than one protocol message may carry.`,
    fix: 'Ask for less at once, for example fewer texts per call.',
  });
}

function listTools(tools: readonly AnyTool[]) {
  return tools.map((tool) => ({
    name: tool.name,
    title: tool.title,
    description: tool.description,
    inputSchema: publishedSchema(tool.input, 'input'),
    outputSchema: publishedSchema(tool.output, 'output'),
    annotations: { title: tool.title, ...tool.annotations },
  }));
}
