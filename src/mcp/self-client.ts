/** A real MCP client for this very program, spawned over stdio: the demo and the self-checks are honest only from outside. */
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';

export interface ToolReply {
  readonly isError: boolean;
  readonly text: string;
  readonly structured: Readonly<Record<string, unknown>>;
}

export interface SelfClient {
  readonly serverName: string;
  tools(): Promise<readonly { readonly name: string; readonly description: string }[]>;
  call(
    name: string,
    args: Readonly<Record<string, unknown>>,
    onProgress?: (message: string) => void,
  ): Promise<ToolReply>;
  close(): Promise<void>;
}

/** Starts `node <script> <args>` and connects to it. */
export async function connectToSelf(
  script: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<SelfClient> {
  const client = new Client({ name: 'bedrock-mcp-demo', version: '1.0.0' });
  await client.connect(
    new StdioClientTransport({
      command: process.execPath,
      args: [script, ...args],
      env: { ...environment },
      stderr: 'inherit',
    }),
  );
  return {
    serverName: client.getServerVersion()?.title ?? 'the server',
    tools: async () =>
      (await client.listTools()).tools.map((tool) => ({
        name: tool.name,
        description: tool.description ?? '',
      })),
    call: async (name, args, onProgress) => {
      const reply = await client.callTool(
        { name, arguments: { ...args } },
        onProgress === undefined
          ? {}
          : { onprogress: (step) => onProgress(step.message ?? String(step.progress)) },
      );
      const text = reply.content.flatMap((block) => (block.type === 'text' ? [block.text] : [])).join('\n');
      return {
        isError: reply.isError === true,
        text,
        structured: isRecord(reply.structuredContent) ? reply.structuredContent : {},
      };
    },
    close: () => client.close(),
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
