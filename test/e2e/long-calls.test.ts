/** Calls that take longer than their request: through every client, over a restart, across processes. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/json.ts';
import { startSandbox } from '../../src/sandbox/server/server.ts';
import type { Sandbox } from '../../src/sandbox/types.ts';
import { collectWhole, slowAnswer } from './collect-whole.ts';
import { CLIENTS } from './mcp-clients.ts';
import {
  eventually,
  modelCalls,
  type ServerProcess,
  sandboxEnvironment,
  startHttpServer,
  startServer,
  stopServers,
  upstreamCall,
} from './server-process.ts';

let sandbox: Sandbox;
let dataDir: string;
beforeAll(async () => {
  sandbox = await startSandbox();
});
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'bedrock-mcp-long-'));
});
afterEach(() => {
  stopServers();
  rmSync(dataDir, { recursive: true, force: true });
});
afterAll(() => sandbox.close());

const environment = () => sandboxEnvironment(sandbox, { BEDROCK_MCP_DATA_DIR: dataDir });
const at = (value: JsonValue | undefined, name: string) => (isJsonObject(value) ? value[name] : undefined);

async function open(): Promise<ServerProcess> {
  const server = startServer([], environment());
  await server.initialize();
  return server;
}

let asked = 0;
/** The result of one call of a tool. */
async function ask(server: ServerProcess, name: string, args: JsonObject): Promise<JsonObject> {
  asked += 1;
  server.call(`ask ${asked}`, name, args);
  const { result } = await server.answer(`ask ${asked}`);
  return isJsonObject(result) ? result : {};
}
const structured = async (server: ServerProcess, name: string, args: JsonObject) =>
  (await ask(server, name, args))['structuredContent'];
const collect = (server: ServerProcess, callId: string, args: JsonObject = {}) =>
  structured(server, 'get_result', { call_id: callId, wait_seconds: 0, ...args });

/** Begins a call that goes on; resolves when some of its text has come. */
async function detach(server: ServerProcess, seconds: number): Promise<string> {
  const prompt = `sandbox:slow ${seconds} ${dataDir}`;
  const begun = await structured(server, 'invoke_model', { model: 'nova-lite', prompt, wait_seconds: 0 });
  const callId = String(at(begun, 'call_id'));
  let state = begun;
  while (at(state, 'text') === '') state = await collect(server, callId, { wait_seconds: 0.2 });
  expect(state).toMatchObject({ status: 'running', text: expect.stringMatching(/^one/) });
  return callId;
}

/** How the call stands in the data folder. */
function statusOnDisk(callId: string): unknown {
  const value: unknown = JSON.parse(readFileSync(join(dataDir, 'results', `${callId}.json`), 'utf8'));
  return isJsonObject(value) ? value['status'] : undefined;
}

describe('an answer that takes longer than the client waits', () => {
  const CLIENT_TIMEOUT_MS = 5_000;
  const SECONDS = 7;
  const waits = { timeout: CLIENT_TIMEOUT_MS, wait: 1 };

  it('is lost to a client that does not collect it', async () => {
    const client = await CLIENTS[0]?.connect({ stdio: environment() });
    const options = { timeout: 1_500, onprogress: () => undefined };
    const call = client?.call('invoke_model', { prompt: 'sandbox:slow 20 too long' }, options);
    await expect(call).rejects.toThrow(/timed out/i);
    const upstream = await upstreamCall(sandbox, 'too long');
    await eventually('the upstream abort', () => upstream.state === 'aborted');
    await client?.close();
  });

  it('comes whole over stdio, to every client', async () => {
    await Promise.all(
      CLIENTS.map(async (kind) => {
        const client = await kind.connect({ stdio: environment() });
        const since = performance.now();
        const { text, end, requests } = await collectWhole(client, `sandbox:slow ${SECONDS}`, waits);
        expect(performance.now() - since).toBeGreaterThan(CLIENT_TIMEOUT_MS);
        expect(text, kind.name).toBe(slowAnswer(SECONDS));
        expect(end).toMatchObject({ status: 'done', stop_reason: 'end_turn', receipt: {} });
        expect(requests).toBeGreaterThan(3);
        await client.close();
      }),
    );
  });

  it('comes whole over HTTP, to every client of one server', async () => {
    const { url, stderr } = await startHttpServer([], environment());
    await Promise.all(
      CLIENTS.map(async (kind) => {
        const client = await kind.connect({ url });
        const { text } = await collectWhole(client, `sandbox:slow ${SECONDS}`, waits);
        expect(text, kind.name).toBe(slowAnswer(SECONDS));
        await client.close();
      }),
    );
    expect(stderr()).not.toContain('Warning');
  });

  it.each([
    ['2025', '2026', CLIENTS.at(0), CLIENTS.at(-1)],
    ['2026', '2025', CLIENTS.at(-1), CLIENTS.at(1)],
  ])('begun over HTTP in the era of %s is collected by another client in that of %s', async (_, __, a, b) => {
    const { url } = await startHttpServer([], environment());
    const first = await a?.connect({ url });
    const prompt = `sandbox:slow 6 handed over ${url}`;
    const begun = await first?.call('invoke_model', { model: 'nova-lite', prompt, wait_seconds: 0 });
    expect(begun?.structured).toMatchObject({ status: 'running' });
    await first?.close();
    const second = await b?.connect({ url });
    const call_id = isJsonObject(begun?.structured) ? begun.structured['call_id'] : undefined;
    const early = await second?.call('get_result', { call_id, wait_seconds: 0 });
    expect(early?.structured).toMatchObject({ status: 'running', call_id });
    const end = await second?.call('get_result', { call_id, wait_seconds: 20 });
    expect(end?.structured).toMatchObject({ status: 'done', text: slowAnswer(6) });
    expect(
      modelCalls(sandbox).filter(({ body }) => JSON.stringify(body ?? null).includes(prompt)),
    ).toHaveLength(1);
    await second?.close();
  });
});

describe('a new server on the same data folder', () => {
  it('has the whole answer of a call that had ended, and the part of one that was interrupted', async () => {
    const first = await open();
    const ended = await detach(first, 2);
    const interrupted = await detach(first, 60);
    await eventually('the end on the disk', () => statusOnDisk(ended) === 'done');
    first.child.stdin.end();
    expect((await first.exited).code).toBe(0);

    const second = await open();
    expect(await collect(second, ended)).toMatchObject({
      status: 'done',
      text: slowAnswer(2),
      stop_reason: 'end_turn',
      receipt: { call_id: ended },
    });
    const { content, ...part } = await ask(second, 'get_result', { call_id: interrupted });
    expect(part).toMatchObject({
      structuredContent: {
        status: 'cancelled',
        incomplete: true,
        text: expect.stringMatching(/^one/),
        error: { code: 'cancelled' },
      },
    });
    expect(part).not.toHaveProperty('isError', true);
    expect(JSON.stringify(content)).toMatch(/one.*Incomplete\. cancelled/);
    expect(at(await structured(second, 'get_result', {}), 'calls')).toMatchObject([
      { call_id: interrupted, status: 'cancelled' },
      { call_id: ended, status: 'done' },
    ]);
    expect(await structured(second, 'get_usage', {})).not.toHaveProperty('open_spend');
  });

  it('says that a call is lost whose process was killed', async () => {
    const first = await open();
    const lost = await detach(first, 60);
    expect(statusOnDisk(lost)).toBe('running');
    first.child.kill('SIGKILL');
    await first.exited;
    const second = await open();
    for (const args of [{}, { cancel: true }, { wait_seconds: 5 }]) {
      const reply = await ask(second, 'get_result', { call_id: lost, ...args });
      expect(JSON.stringify(reply)).toMatch(/The call was lost/);
      expect(JSON.stringify(reply)).toMatch(/"incomplete"|Error incomplete/);
    }
    expect(at(await structured(second, 'get_result', {}), 'calls')).toMatchObject([
      { call_id: lost, status: 'failed' },
    ]);
    expect(await structured(second, 'get_usage', {})).toMatchObject({ open_spend: { calls: 1 } });
  });

  it('has what had come of a call that was killed while its request waited', async () => {
    const first = await open();
    first.call('killed', 'invoke_model', { model: 'nova-lite', prompt: `sandbox:slow 60 ${dataDir}` });
    const kept = () => (existsSync(join(dataDir, 'results')) ? readdirSync(join(dataDir, 'results')) : []);
    const isThere = () => kept().some((name) => name.endsWith('.json'));
    await eventually('the text so far on the disk', isThere);
    first.child.kill('SIGKILL');
    await first.exited;
    const second = await open();
    const calls = at(await structured(second, 'get_result', {}), 'calls');
    expect(calls).toMatchObject([{ status: 'failed', model: 'nova-lite' }]);
    const callId = String(at(Array.isArray(calls) ? calls[0] : undefined, 'call_id'));
    expect(await collect(second, callId)).toMatchObject({
      status: 'failed',
      incomplete: true,
      text: expect.stringMatching(/^one word/),
      error: { code: 'incomplete' },
    });
  });

  it('has the rest of an answer that was delivered in part', async () => {
    const first = await open();
    const prompt = 'sandbox:long 2000';
    const cut = await structured(first, 'invoke_model', {
      model: 'nova-lite',
      prompt,
      max_output_chars: 5_000,
    });
    const [offset, receipt] = [at(cut, 'next_offset'), at(cut, 'receipt')];
    first.child.kill('SIGKILL');
    await first.exited;
    const second = await open();
    const rest = await collect(second, String(at(receipt, 'call_id')), { offset: Number(offset) });
    expect(`${String(at(cut, 'text'))}${String(at(rest, 'text'))}`).toBe(slowAnswer(1_000));
  });
});

describe('two servers on one data folder', () => {
  it('know of each other: the call runs elsewhere, cannot be stopped from here, and is collected at its end', async () => {
    const [maker, other] = await Promise.all([open(), open()]);
    const call = await detach(maker, 8);
    expect(await collect(other, call)).toMatchObject({
      status: 'running',
      next: expect.stringContaining('Another process'),
    });
    const refused = await ask(other, 'get_result', { call_id: call, cancel: true });
    expect(refused).toMatchObject({ isError: true });
    expect(JSON.stringify(refused)).toMatch(
      /Error invalid_request: Another process .* can only be stopped there/,
    );
    expect(await collect(maker, call), 'it was not disturbed').toMatchObject({ status: 'running' });
    expect(await collect(other, call, { wait_seconds: 25 })).toMatchObject({
      status: 'done',
      text: slowAnswer(8),
      receipt: { call_id: call },
    });
    expect(await collect(maker, call)).toMatchObject({ status: 'done', text: slowAnswer(8) });
  });

  it('show progress while one waits for the other', async () => {
    const [maker, other] = await Promise.all([open(), open()]);
    const call = await detach(maker, 4);
    other.call('wait', 'get_result', { call_id: call, wait_seconds: 25 }, 'waiting');
    expect((await other.answer('wait'))['result']).toMatchObject({ structuredContent: { status: 'done' } });
    const steps = other
      .messages()
      .filter(({ params }) => at(params, 'progressToken') === 'waiting')
      .map(({ params }) => Number(at(params, 'progress')));
    expect(steps.length).toBeGreaterThan(0);
    expect(steps).toEqual([...new Set(steps)].sort((a, b) => a - b));
  });
});
