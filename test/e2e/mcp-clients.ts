/** The official clients behind one face: the 2025 era through both SDKs, and the 2026 era. */
import {
  Client as ModernClient,
  StreamableHTTPClientTransport as ModernHttp,
} from '@modelcontextprotocol/client';
import { StdioClientTransport as ModernStdio } from '@modelcontextprotocol/client/stdio';
import { Client as OldClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport as OldStdio } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport as OldHttp } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { CallToolResultSchema } from '@modelcontextprotocol/sdk/types.js';
import type * as z from 'zod';
import { type Environment, MAIN } from './server-process.ts';

export interface ListedTool {
  readonly name: string;
  readonly title?: string | undefined;
  readonly description?: string | undefined;
  readonly inputSchema: Record<string, unknown>;
  readonly outputSchema?: Record<string, unknown> | undefined;
  readonly annotations?: Record<string, unknown> | undefined;
}

export interface Reply {
  readonly isError: boolean;
  readonly text: string;
  readonly structured: unknown;
}

export interface ProgressNote {
  readonly progress: number;
  readonly message?: string | undefined;
}

export interface CallOptions {
  readonly signal?: AbortSignal;
  readonly onprogress?: (note: ProgressNote) => void;
}

export interface ConnectedClient {
  readonly protocolVersion: string | undefined;
  listTools(): Promise<readonly ListedTool[]>;
  call(name: string, args: Record<string, unknown>, options?: CallOptions): Promise<Reply>;
  /** tools/call with params as they are, right or wrong. */
  callRaw(params: Record<string, unknown>): Promise<Reply>;
  close(): Promise<void>;
}

export type Door =
  | { readonly stdio: Environment; readonly args?: readonly string[] }
  | { readonly url: string };

export interface ClientKind {
  readonly name: string;
  readonly protocolVersion: string;
  connect(door: Door): Promise<ConnectedClient>;
}

const INFO = { name: 'bedrock-mcp-tests', version: '1.0.0' };
const LIMIT = { timeout: 30_000 };

interface AnyResult {
  readonly isError?: boolean | undefined;
  readonly content?: readonly { readonly type: string; readonly text?: unknown }[] | undefined;
  readonly structuredContent?: unknown;
}

function toReply(result: AnyResult): Reply {
  const texts = (result.content ?? []).map((block) => (typeof block.text === 'string' ? block.text : ''));
  return {
    isError: result.isError === true,
    text: texts.join('\n'),
    structured: result.structuredContent,
  };
}

function parameters(door: Extract<Door, { stdio: Environment }>) {
  return {
    command: process.execPath,
    args: [MAIN, ...(door.args ?? [])],
    env: { ...door.stdio },
    stderr: 'ignore' as const,
  };
}

const oldSdk: ClientKind = {
  name: '@modelcontextprotocol/sdk 1.32',
  protocolVersion: '2025-11-25',
  async connect(door) {
    const client = new OldClient(INFO);
    const transport = 'url' in door ? new OldHttp(new URL(door.url)) : new OldStdio(parameters(door));
    await client.connect(transport);
    const result: z.ZodType<AnyResult> = CallToolResultSchema;
    return {
      // It keeps what was negotiated to itself on stdio; it connects only to what it asked for.
      protocolVersion: transport instanceof OldHttp ? transport.protocolVersion : '2025-11-25',
      listTools: async () => (await client.listTools()).tools,
      call: async (name, args, options) =>
        toReply(
          result.parse(await client.callTool({ name, arguments: args }, undefined, { ...LIMIT, ...options })),
        ),
      callRaw: async (params) =>
        toReply(await client.request({ method: 'tools/call', params }, CallToolResultSchema, LIMIT)),
      close: () => client.close(),
    };
  },
};

function newSdk(name: string, protocolVersion: string, mode: 'legacy' | { pin: string }): ClientKind {
  return {
    name,
    protocolVersion,
    async connect(door) {
      const client = new ModernClient(INFO, { versionNegotiation: { mode } });
      await client.connect(
        'url' in door ? new ModernHttp(new URL(door.url)) : new ModernStdio(parameters(door)),
      );
      return {
        protocolVersion: client.getNegotiatedProtocolVersion(),
        listTools: async () => (await client.listTools()).tools,
        call: async (toolName, args, options) =>
          toReply(await client.callTool({ name: toolName, arguments: args }, { ...LIMIT, ...options })),
        callRaw: async (params) => toReply(await client.request({ method: 'tools/call', params }, LIMIT)),
        close: () => client.close(),
      };
    },
  };
}

export const CLIENTS: readonly ClientKind[] = [
  oldSdk,
  newSdk('@modelcontextprotocol/client 2.4, 2025 era', '2025-11-25', 'legacy'),
  newSdk('@modelcontextprotocol/client 2.4, 2026 era', '2026-07-28', { pin: '2026-07-28' }),
];
