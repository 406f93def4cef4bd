/**
 * The Anthropic Messages API on loopback, with a script in place of a model: it says what the model does next and sees
 * what the model would see. A host that is given its URL runs its real loop of tools against it.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/json.ts';

export interface ToolUse {
  readonly tool: string;
  readonly input: JsonObject;
}

/** What the host answered to a tool use, as it stands in the request: the model sees this and nothing else. */
export interface SeenResult {
  readonly isError: boolean;
  /** The text blocks, joined; a string as it is. */
  readonly text: string;
  readonly blocks: readonly JsonObject[];
}

export interface ModelRequest {
  readonly body: JsonObject;
  /** Names of the tools whose definitions this request holds. */
  readonly tools: readonly string[];
  /** The results of the last turn's tool uses, in their order. */
  readonly results: readonly SeenResult[];
}

/**
 * The model: yields tool uses, is resumed with the request that follows, and returns its last words.
 * It is started by the first request of the conversation.
 */
export type Script = (first: ModelRequest) => Generator<ToolUse, string, ModelRequest>;

export interface FakeMessagesApi {
  readonly url: string;
  /** Every request of the conversation, oldest first. */
  readonly requests: readonly ModelRequest[];
  /** "METHOD /path" of everything else that was asked for. */
  readonly others: readonly string[];
  /** Why the script ended before its last words, if it did. */
  failure(): unknown;
  close(): Promise<void>;
}

export async function startFakeMessagesApi(script: Script): Promise<FakeMessagesApi> {
  const requests: ModelRequest[] = [];
  const others: string[] = [];
  let running: ReturnType<Script> | undefined;
  let failure: unknown;

  /** One turn of the model. A script that throws ends the conversation, and the test learns why. */
  const turn = (request: ModelRequest): ToolUse | string => {
    requests.push(request);
    try {
      if (running === undefined) {
        running = script(request);
        return running.next(request).value;
      }
      // A script that is over has nothing more to say, whatever the host still asks.
      const { value } = running.next(request);
      return value ?? 'The script is over.';
    } catch (error) {
      failure = error;
      return 'The script failed.';
    }
  };

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await readJson(request);
    const path = (request.url ?? '/').replace(/\?.*$/, '');
    if (request.method === 'POST' && path === '/v1/messages') {
      const asked = toModelRequest(body);
      const message = toMessage(isConversation(asked) ? turn(asked) : 'ok', body['model'] ?? 'fake');
      if (body['stream'] === true) sendStream(response, message);
      else sendJson(response, 200, message);
      return;
    }
    others.push(`${request.method} ${path}`);
    if (path === '/v1/messages/count_tokens') sendJson(response, 200, { input_tokens: countTokens(body) });
    else if (request.method === 'HEAD') response.writeHead(200).end();
    else
      sendJson(response, 404, {
        type: 'error',
        error: { type: 'not_found_error', message: 'No such page.' },
      });
  };

  const server = createServer((request, response) => {
    handle(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The fake API has no port.');
  return {
    url: `http://127.0.0.1:${address.port}`,
    requests,
    others,
    failure: () => failure,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Hosts also ask small questions on the side (a title, a summary): those come without tools. */
const isConversation = (request: ModelRequest): boolean => request.tools.length > 0;

/** Roughly what the API would count: hosts decide by it whether a result is too long for the model. */
const countTokens = (body: JsonObject): number =>
  Math.ceil(JSON.stringify(body['messages'] ?? '').length / 4);

async function readJson(request: IncomingMessage): Promise<JsonObject> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  if (chunks.length === 0) return {};
  const value: unknown = JSON.parse(Buffer.concat(chunks).toString());
  return isJsonObject(value) ? value : {};
}

const objects = (value: JsonValue | undefined): JsonObject[] =>
  Array.isArray(value) ? value.filter(isJsonObject) : [];

function toModelRequest(body: JsonObject): ModelRequest {
  const last = objects(body['messages']).findLast((message) => message['role'] === 'user');
  return {
    body,
    tools: objects(body['tools']).map((tool) => String(tool['name'])),
    results: objects(last?.['content'])
      .filter((block) => block['type'] === 'tool_result')
      .map(toSeenResult),
  };
}

function toSeenResult(block: JsonObject): SeenResult {
  const content = block['content'];
  const blocks = typeof content === 'string' ? [{ type: 'text', text: content }] : objects(content);
  return {
    isError: block['is_error'] === true,
    text: blocks.map((part) => (typeof part['text'] === 'string' ? part['text'] : '')).join(''),
    blocks,
  };
}

let ids = 0;

function toMessage(turn: ToolUse | string, model: JsonValue): JsonObject {
  ids += 1;
  return {
    id: `msg_fake_${ids}`,
    type: 'message',
    role: 'assistant',
    model,
    content: [
      typeof turn === 'string'
        ? { type: 'text', text: turn }
        : { type: 'tool_use', id: `toolu_fake_${ids}`, name: turn.tool, input: turn.input },
    ],
    stop_reason: typeof turn === 'string' ? 'end_turn' : 'tool_use',
    stop_sequence: null,
    usage: { input_tokens: 10, output_tokens: 5 },
  };
}

function sendJson(response: ServerResponse, status: number, body: JsonObject): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function sendStream(response: ServerResponse, message: JsonObject): void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
  const send = (type: string, rest: JsonObject): void => {
    response.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...rest })}\n\n`);
  };
  send('message_start', { message: { ...message, content: [], stop_reason: null } });
  objects(message['content']).forEach((block, index) => {
    const isText = block['type'] === 'text';
    const start: JsonObject = isText ? { ...block, text: '' } : { ...block, input: {} };
    send('content_block_start', { index, content_block: start });
    const delta: JsonObject = isText
      ? { type: 'text_delta', text: block['text'] ?? '' }
      : { type: 'input_json_delta', partial_json: JSON.stringify(block['input']) };
    send('content_block_delta', { index, delta });
    send('content_block_stop', { index });
  });
  send('message_delta', {
    delta: { stop_reason: message['stop_reason'] ?? null, stop_sequence: null },
    usage: { output_tokens: 5 },
  });
  send('message_stop', {});
  response.end();
}
