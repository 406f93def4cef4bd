/** The server without a process: the real tools over the embedded Bedrock, spoken to in JSON-RPC messages. */
import { InMemoryTransport, type JSONRPCMessage } from '@modelcontextprotocol/server';
import { isJsonObject, type JsonObject } from '../../src/json.ts';
import { createServerFactory } from '../../src/mcp/server.ts';
import { ALL_TOOLS } from '../../src/tools/registry.ts';
import { createToolHost } from '../../src/tools/tool-set.ts';
import { type Bench, type BenchOptions, bench } from '../tools/with-sandbox.ts';

export interface InProcess {
  readonly bench: Bench;
  /** The whole answer: `{result}` or `{error}`. */
  request(method: string, params: Record<string, unknown>): Promise<JsonObject>;
  close(): Promise<void>;
}

export async function connectInProcess(options: BenchOptions = {}): Promise<InProcess> {
  const made = await bench(options);
  const stopping = new AbortController();
  const factory = createServerFactory({
    version: '0.0.0',
    host: createToolHost(['all'], async () => ({ tools: ALL_TOOLS, services: made.services })),
    log: made.services.log,
    redact: made.services.redact,
    stopping: stopping.signal,
  });
  const [mine, theirs] = InMemoryTransport.createLinkedPair();
  const waiting = new Map<unknown, (message: JsonObject) => void>();
  mine.onmessage = (message: JSONRPCMessage) => {
    const json: unknown = JSON.parse(JSON.stringify(message));
    if (isJsonObject(json)) waiting.get(json['id'])?.(json);
  };
  await factory().connect(theirs);
  await mine.start();
  let last = 0;
  const request = (method: string, params: Record<string, unknown>): Promise<JsonObject> => {
    last += 1;
    const id = last;
    return new Promise((resolve, reject) => {
      waiting.set(id, resolve);
      mine.send({ jsonrpc: '2.0', id, method, params }).catch(reject);
    });
  };
  await request('initialize', {
    protocolVersion: '2025-11-25',
    capabilities: {},
    clientInfo: { name: 'in process', version: '1' },
  });
  await mine.send({ jsonrpc: '2.0', method: 'notifications/initialized' });
  return {
    bench: made,
    request,
    close: async () => {
      stopping.abort();
      await mine.close();
      await made.close();
    },
  };
}
