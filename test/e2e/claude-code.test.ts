/** The real Claude Code calls this server, and its model sees everything that it needs. Run by scripts/claude-code.mjs. */
import { afterEach, describe, expect, it } from 'vitest';
import { isJsonObject, type JsonObject } from '../../src/json.ts';
import { CLAUDE_CODE, runClaudeCode, type Session, stopClaudeCode } from './claude-code-binary.ts';
import {
  type ModelRequest,
  type Script,
  type SeenResult,
  startFakeMessagesApi,
  type ToolUse,
} from './fake-messages-api.ts';
import { CLIENTS } from './mcp-clients.ts';
import { cleanEnvironment } from './server-process.ts';

/** A binary of 380 MB on a loaded machine: an upper bound, never a measurement. */
const PATIENCE_MS = 180_000;

type ToolName = 'invoke_model' | 'get_result';
type Talk<T> = Generator<ToolUse, T, ModelRequest>;

const named = (tool: ToolName): string => `mcp__bedrock__${tool}`;

/** Claude Code keeps the tools of MCP servers out of the first request; its model loads those that it wants by name. */
function* load(first: ModelRequest, ...tools: readonly ToolName[]): Talk<void> {
  const wanted = tools.map(named).filter((tool) => !first.tools.includes(tool));
  if (wanted.length === 0) return;
  const next = yield { tool: 'ToolSearch', input: { query: `select:${wanted.join(',')}`, max_results: 5 } };
  expect(next.tools).toEqual(expect.arrayContaining(wanted));
}

function* use(tool: ToolName, input: JsonObject): Talk<SeenResult> {
  const { results } = yield { tool: named(tool), input };
  const [result] = results;
  expect(results).toHaveLength(1);
  if (result === undefined) throw new Error(`Claude Code sent no result of ${tool}.`);
  return result;
}

/** The structured answer: Claude Code shows its model nothing but the JSON. */
function answerOf(result: SeenResult): JsonObject {
  expect(result.isError, result.text).toBe(false);
  // What is too long for it goes to a file, and the model is shown the beginning and a path.
  expect(result.text.slice(0, 300), 'shown whole').toMatch(/^\{/);
  const value: unknown = JSON.parse(result.text);
  if (!isJsonObject(value)) throw new Error(`Not a structured answer: ${result.text.slice(0, 200)}`);
  return value;
}

/** Text and number members of an answer; a member of another type fails the test by its name. */
function textOf(answer: JsonObject, member: string): string {
  const value = answer[member];
  if (typeof value !== 'string') throw new Error(`${member} is no text: ${JSON.stringify(value)}`);
  return value;
}

const callIdOf = (answer: JsonObject): string =>
  textOf(isJsonObject(answer['receipt']) ? answer['receipt'] : answer, 'call_id');

/** The same call in one piece, through the v1 SDK: the sandbox gives the same answer to the same request. */
async function wholeAnswer(args: JsonObject): Promise<string> {
  const [kind] = CLIENTS;
  if (kind === undefined) throw new Error('No client to ask with.');
  const client = await kind.connect({ stdio: cleanEnvironment(), args: ['--sandbox'] });
  try {
    const reply = await client.call('invoke_model', { ...args, max_output_chars: 1_000_000 });
    expect(reply.isError, reply.text).toBe(false);
    expect(reply.structured).not.toHaveProperty('next_offset');
    expect(reply.structured).toHaveProperty('text');
    return isJsonObject(reply.structured) ? textOf(reply.structured, 'text') : '';
  } finally {
    await client.close();
  }
}

const LAST_WORDS = 'I have seen it all.';

/** Runs a conversation to its end: Claude Code is content, and its model came to its last words. */
async function converse(script: Script): Promise<Session> {
  const session = await runClaudeCode(CLAUDE_CODE ?? '', script);
  expect(session.exitCode, `${session.stderr}\nIt also asked for: ${session.others.join(', ')}`).toBe(0);
  expect(session.lastWords).toBe(LAST_WORDS);
  return session;
}

// Runs everywhere, so that the script's side is known to work where Claude Code is absent.
it('plays a model that calls a tool and sees its result', async () => {
  const api = await startFakeMessagesApi(function* (first) {
    expect(first.tools).toEqual(['look']);
    const { results } = yield { tool: 'look', input: { at: 'it' } };
    expect(results).toMatchObject([{ isError: true, text: 'too dark' }]);
    return LAST_WORDS;
  });
  const ask = async (content: unknown): Promise<string> => {
    const messages = [{ role: 'user', content }];
    const body = JSON.stringify({ stream: true, tools: [{ name: 'look' }], messages });
    return (await fetch(`${api.url}/v1/messages`, { method: 'POST', body })).text();
  };
  try {
    expect(await ask('go')).toMatch(/^event: message_start\n.*\n\nevent: content_block_start\n.*"look"/);
    expect(await ask([{ type: 'tool_result', is_error: true, content: 'too dark' }])).toContain(LAST_WORDS);
    expect(api.failure()).toBeUndefined();
  } finally {
    await api.close();
  }
});

describe.skipIf(CLAUDE_CODE === undefined)('Claude Code', { timeout: PATIENCE_MS }, () => {
  afterEach(stopClaudeCode);

  it('gives its model the whole answer and the receipt', async () => {
    expect.hasAssertions();
    await converse(function* (first) {
      yield* load(first, 'invoke_model');
      const answer = answerOf(yield* use('invoke_model', { prompt: 'hello from claude code' }));
      expect(answer['text']).toBe(
        '[sandbox] Claude Haiku 4.5 was asked: "hello from claude code". This answer comes from the embedded Bedrock sandbox; no model was called.',
      );
      expect(answer['receipt']).toMatchObject({
        model_id: 'us.anthropic.claude-haiku-4-5-20251001-v1:0',
        cost_usd: expect.stringMatching(/^0\.000\d+$/),
      });
      return LAST_WORDS;
    });
  });

  it('gives its model an error with its code and what to do', async () => {
    await converse(function* (first) {
      yield* load(first, 'invoke_model');
      const refused = yield* use('invoke_model', { prompt: 'sandbox:no-access' });
      expect(refused.isError).toBe(true);
      expect(refused.text).toMatch(/^Error model_access: \S/);
      expect(refused.text).toMatch(/\nWhat to do: \S/);
      const again = answerOf(yield* use('invoke_model', { prompt: 'hello again' }));
      expect(again['text']).toContain('hello again');
      return LAST_WORDS;
    });
  });

  it('brings its model an answer of any length, piece by piece', async () => {
    const call = { prompt: 'sandbox:long 40000', max_tokens: 60_000 };
    const whole = await wholeAnswer(call);
    expect(whole.length).toBeGreaterThan(100_000);

    const pieces: string[] = [];
    await converse(function* (first) {
      yield* load(first, 'invoke_model', 'get_result');
      const begin = answerOf(yield* use('invoke_model', { ...call, max_output_chars: 20_000 }));
      expect(begin).toMatchObject({ next_offset: 20_000, total_chars: whole.length });
      pieces.push(textOf(begin, 'text'));
      const call_id = callIdOf(begin);
      let offset = begin['next_offset'];
      while (typeof offset === 'number') {
        // No length is asked for: what the server gives by itself is what this host shows whole.
        const piece = answerOf(yield* use('get_result', { call_id, offset }));
        expect(piece).toMatchObject({ call_id, status: 'done', total_chars: whole.length });
        // A piece without text would be asked for again for ever.
        expect(textOf(piece, 'text')).not.toBe('');
        pieces.push(textOf(piece, 'text'));
        offset = piece['next_offset'];
      }
      return LAST_WORDS;
    });
    expect(pieces.length).toBeGreaterThan(2);
    expect(pieces.join('') === whole, 'the pieces are the whole answer').toBe(true);
  });

  it('lets its model go on while a slow call runs, and collect it later', async () => {
    const call = { prompt: 'sandbox:slow 8' };
    const seen: JsonObject[] = [];
    const session = converse(function* (first) {
      yield* load(first, 'invoke_model', 'get_result');
      const begun = answerOf(yield* use('invoke_model', { ...call, wait_seconds: 1 }));
      expect(begun).toMatchObject({ status: 'running', call_id: expect.any(String) });
      seen.push(answerOf(yield* use('get_result', { call_id: callIdOf(begun), wait_seconds: 120 })));
      return LAST_WORDS;
    });
    const [whole] = await Promise.all([wholeAnswer(call), session]);
    expect(seen).toMatchObject([{ status: 'done', text: whole }]);
    expect(seen[0]).not.toHaveProperty('next_offset');
  });
});
