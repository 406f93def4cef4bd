/** get_result after real calls over the AWS SDK: growing, cut, broken off, stopped. */
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { BedrockError } from '../../src/bedrock-error.ts';
import type { ProgressUpdate } from '../../src/calls/progress-update.ts';
import { isJsonObject } from '../../src/json.ts';
import { getResult } from '../../src/tools/get-result.ts';
import { getUsage } from '../../src/tools/get-usage.ts';
import { invokeModel } from '../../src/tools/invoke-model.ts';
import { type Bench, bench } from './with-sandbox.ts';

let on: Bench;
const warnings: string[] = [];
const hear = (warning: Error) => warnings.push(warning.message);
beforeAll(async () => {
  process.on('warning', hear);
  on = await bench();
  // The first call loads the AWS SDK, which has no place in the times below.
  await invoke('warm up');
});
afterAll(async () => {
  await on.close();
  process.off('warning', hear);
});

const invoke = (prompt: string, args: Record<string, unknown> = {}, where = on) =>
  where.call(invokeModel, { model: 'nova-lite', prompt, ...args });
/** Begins a call that answers with `running` at once. */
async function detached(prompt: string, args: Record<string, unknown> = {}, where = on): Promise<string> {
  const { structured } = await invoke(prompt, { wait_seconds: 0, ...args }, where);
  expect(structured).toMatchObject({ status: 'running', call_id: expect.stringMatching(/^[0-9a-f-]{36}$/) });
  return String(structured['call_id']);
}
const collect = async (args: Record<string, unknown>, where = on) =>
  (await where.call(getResult, args)).structured;
const textOf = ({ text }: Record<string, unknown>) => String(text);
const words = (count: number) =>
  Array.from(
    { length: count },
    (_, at) => ['one', 'word', 'after', 'another', 'says', 'the', 'sandbox'][at % 7],
  ).join(' ');

describe('a call that goes on', () => {
  it('is collected from where the first reply ended, with its receipt', async () => {
    const { structured: first, text } = await invoke('sandbox:slow 4', { wait_seconds: 2 });
    expect(first).toMatchObject({ status: 'running', call_id: expect.any(String) });
    expect(text).toMatch(/Still running\. get_result/);
    expect(text).not.toContain('undefined');
    const { call_id, next_offset } = first;
    const rest = await collect({ call_id, offset: next_offset });
    expect(rest).toMatchObject({ status: 'done', stop_reason: 'end_turn', receipt: { call_id } });
    expect(textOf(first) + textOf(rest)).toBe(words(8));
  });

  it('can be looked at while it grows', async () => {
    const call_id = await detached('sandbox:slow 3');
    const early = await collect({ call_id, wait_seconds: 1 });
    expect(early).toMatchObject({ status: 'running', tool: 'invoke_model', model: 'nova-lite' });
    const end = await collect({ call_id });
    expect(textOf(end)).toBe(words(6));
    expect(textOf(end).startsWith(textOf(early))).toBe(true);
    expect(await collect({ call_id }), 'as often as it is asked for').toEqual(end);
  });

  it('is stopped by cancel: true, upstream too, and keeps what had come', async () => {
    const call_id = await detached('sandbox:slow 20 stop me');
    await vi.waitFor(async () => expect(textOf(await collect({ call_id, wait_seconds: 0 }))).toMatch(/one/), {
      timeout: 10_000,
    });
    const upstream = on.sandbox.record.requests.find(({ body }) =>
      JSON.stringify(body ?? null).includes('stop me'),
    );
    expect(upstream?.state).toBe('in-flight');
    const since = Date.now();
    const { structured, text } = await on.call(getResult, { call_id, cancel: true });
    process.stdout.write(`cancel: true -> answered: ${Date.now() - since} ms\n`);
    expect(structured).toMatchObject({
      status: 'cancelled',
      incomplete: true,
      error: { code: 'cancelled' },
      text: expect.stringMatching(/^one/),
    });
    expect(text).toMatch(/^one[\s\S]*\[Incomplete\. cancelled: /);
    await vi.waitFor(() => expect(upstream?.state).toBe('aborted'));
    expect(await collect({ call_id, cancel: true }), 'asked again').toEqual(structured);
    process.stdout.write(`cancel: true -> upstream closed: ${(upstream?.endedAt ?? 0) - since} ms\n`);
  });

  it('is stopped also before anything has come, which is no error', async () => {
    const call_id = await detached('sandbox:hang');
    expect(await collect({ call_id, cancel: true })).toMatchObject({
      status: 'cancelled',
      error: { code: 'cancelled' },
    });
  });

  it('goes on when the request that waits for it is cancelled', async () => {
    const call_id = await detached('sandbox:slow 2 go on');
    const leaving = new AbortController();
    const waiting = on.call(getResult, { call_id }, { signal: leaving.signal });
    leaving.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'cancelled' });
    expect(await collect({ call_id })).toMatchObject({ status: 'done', text: words(4) });
  });

  it('tells progress that only grows, in the call and in every wait for it', async () => {
    const inCall: ProgressUpdate[] = [];
    const inWait: ProgressUpdate[] = [];
    const begun = await on.call(
      invokeModel,
      { model: 'nova-lite', prompt: 'sandbox:slow 5', wait_seconds: 3 },
      { progress: (update) => inCall.push(update) },
    );
    const { call_id } = begun.structured;
    await on.call(getResult, { call_id }, { progress: (update) => inWait.push(update) });
    const steps = [...inCall, ...inWait].map(({ progress }) => progress);
    expect(inCall.length).toBeGreaterThan(0);
    expect(inWait.length).toBeGreaterThan(1);
    expect(steps).toEqual([...steps].sort((a, b) => a - b));
    expect(inWait[0]?.message, 'the first note says how far it is').toMatch(/about \d+ tokens: …one/);
  });
});

describe('a call that breaks off', () => {
  let hasty: Bench;
  beforeAll(async () => {
    hasty = await bench({ config: { idle_timeout: 1_000, max_retries: 0 } });
  });
  afterAll(() => hasty.close());

  const failure = async (prompt: string, args: Record<string, unknown> = {}): Promise<BedrockError> => {
    const error: BedrockError = await invoke(prompt, args, hasty).then(
      () => expect.fail('it was answered'),
      (thrown: BedrockError) => thrown,
    );
    return error;
  };

  it.each([
    { what: 'sandbox:cut', args: {}, code: /network|incomplete/ },
    { what: 'sandbox:stall', args: {}, code: /timeout/ },
    { what: 'sandbox:stream-error', args: {}, code: /model_error/ },
    { what: 'sandbox:no-stop', args: {}, code: /incomplete/ },
    { what: 'sandbox:bad-crc', args: {}, code: /./ },
  ])('$what: what had come is kept and can be collected', async ({ what, args, code }) => {
    const error = await failure(what, args);
    expect(error.code).toMatch(code);
    const call_id = /get_result {"call_id": "([0-9a-f-]{36})"}/.exec(error.fix)?.[1];
    const part = await collect({ call_id }, hasty);
    expect(part).toMatchObject({ status: 'failed', incomplete: true, error: { code: error.code } });
    expect(textOf(part)).toBe(error.partialText);
    expect(textOf(part).length).toBeGreaterThan(3);
  });

  it('at its own time limit, while it is waited for', async () => {
    const patient = await bench();
    const error: BedrockError = await invoke('sandbox:slow 20', { timeout_ms: 3_000 }, patient).then(
      () => expect.fail('it was answered'),
      (thrown: BedrockError) => thrown,
    );
    expect(error).toMatchObject({ code: 'timeout', partialText: expect.stringMatching(/^one/) });
    const call_id = /"call_id": "([0-9a-f-]{36})"/.exec(error.fix)?.[1];
    expect(await collect({ call_id }, patient)).toMatchObject({
      status: 'failed',
      text: error.partialText,
      error: { code: 'timeout', fix: expect.stringContaining('timeout_ms') },
    });
    await patient.close();
  });

  it('at its own time limit, after its request was answered', async () => {
    const call_id = await detached('sandbox:slow 20', { timeout_ms: 3_000 });
    expect(await collect({ call_id })).toMatchObject({
      status: 'failed',
      incomplete: true,
      text: expect.stringMatching(/^one/),
      error: { code: 'timeout' },
    });
  });

  it.each(['sandbox:stall', 'sandbox:hang'])('%s ends it also when nobody waits', async (prompt) => {
    const call_id = await detached(prompt, {}, hasty);
    const end = await collect({ call_id }, hasty).catch((error: BedrockError) => ({
      status: 'failed',
      error,
    }));
    expect(end).toMatchObject({ status: 'failed', error: { code: 'timeout' } });
  });

  it('is settled in the ledger whatever ended it', async () => {
    const { structured } = await hasty.call(getUsage, { by: 'tool' });
    expect(structured).not.toHaveProperty('in_flight');
    expect(structured).not.toHaveProperty('open_spend');
  });
});

describe('a long answer', () => {
  const EMOJI = '👋🏽 Grüße 👨‍👩‍👧‍👦 𝄞 🇩🇪 ';

  it.each([100, 101, 102, 103, 137, 250, 999])('in pieces of %i joins to the whole', async (most) => {
    const first = await invoke('sandbox:long 500', { max_output_chars: most });
    const receipt = isJsonObject(first.structured['receipt']) ? first.structured['receipt'] : {};
    let text = textOf(first.structured);
    let next = first.structured['next_offset'];
    expect(first.text).toMatch(new RegExp(`get_result {"call_id":.*"offset": ?${String(next)}}`));
    while (next !== undefined) {
      const piece = await collect({ call_id: receipt['call_id'], offset: next, max_output_chars: most });
      expect(piece).toMatchObject({ status: 'done', total_chars: words(500).length });
      text += textOf(piece);
      next = piece['next_offset'];
    }
    expect(text).toBe(words(500));
  });

  it('full of emoji is never cut inside one', async () => {
    const asked = EMOJI.repeat(6);
    const whole = textOf((await invoke(asked)).structured);
    expect(whole).toContain('👨‍👩‍👧‍👦');
    for (let most = 100; most < 140; most += 1) {
      const { structured } = await invoke(asked, { max_output_chars: most });
      const { next_offset, receipt } = structured;
      const call_id = isJsonObject(receipt) ? receipt['call_id'] : undefined;
      const rest = await collect({ call_id, offset: next_offset });
      expect(textOf(structured) + textOf(rest)).toBe(whole);
      expect(Buffer.from(textOf(structured)).toString(), `cut at ${most}`).toBe(textOf(structured));
    }
  });
});

describe('without a call', () => {
  it('lists the recent calls, newest first, with what became of them', async () => {
    const fresh = await bench();
    await invoke('a quick one', {}, fresh);
    const call_id = await detached('sandbox:slow 20', {}, fresh);
    const { calls } = await collect({}, fresh);
    expect(calls).toMatchObject([
      { call_id, tool: 'invoke_model', model: 'nova-lite', status: 'running' },
      { status: 'done', characters: expect.any(Number) },
    ]);
    await collect({ call_id, cancel: true }, fresh);
    expect((await collect({}, fresh))['calls']).toMatchObject([{ call_id, status: 'cancelled' }, {}]);
    await fresh.close();
  });

  it('there is nothing to cancel: it is refused, and what runs goes on', async () => {
    const call_id = await detached('sandbox:slow 1');
    await expect(on.call(getResult, { cancel: true })).rejects.toMatchObject({
      code: 'invalid_request',
      field: 'call_id',
    });
    expect(await collect({ cancel: false })).toMatchObject({ status: 'list' });
    expect(await collect({ call_id })).toMatchObject({ status: 'done' });
  });

  it.each([
    '../x',
    '../../etc/passwd',
    '__proto__',
    'constructor',
    'a'.repeat(64),
    '0a1b2c3d-0000-4000-8000-000000000000',
    'ünï©ødé-👋',
    'a\u0000b',
    ' ',
  ])('%j is refused as unknown', async (call_id) => {
    for (const cancel of [false, true])
      await expect(on.call(getResult, { call_id, cancel })).rejects.toMatchObject({
        code: 'unknown_call',
        field: 'call_id',
        fix: expect.stringContaining('without call_id'),
      });
  });

  it.each([{ call_id: 'a'.repeat(65) }, { call_id: '' }, { call_id: 7 }, { call_id: 'x', offset: -1 }])(
    '%j is refused by its schema',
    async (args) => {
      await expect(on.call(getResult, args)).rejects.toMatchObject({ code: 'invalid_request' });
    },
  );
});

describe('the data folder', () => {
  let dir: string;
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  it('holds a call that goes on and an answer that was cut, for their owner only, and nothing else', async () => {
    dir = mkdtempSync(join(tmpdir(), 'bedrock-mcp-get-result-'));
    const own = await bench({ config: { data_dir: dir } });
    await invoke('whole', {}, own);
    const call_id = await detached('sandbox:slow 1', {}, own);
    await collect({ call_id }, own);
    await invoke('sandbox:long 100', { max_output_chars: 100 }, own);
    const names = readdirSync(join(dir, 'results'));
    expect(names).toHaveLength(2);
    expect(names).toContain(`${call_id}.json`);
    if (process.platform !== 'win32')
      for (const name of names) expect(statSync(join(dir, 'results', name)).mode & 0o777).toBe(0o600);
    await own.close();
  });

  it('that cannot be written costs no answer: it comes with a note', async () => {
    dir = mkdtempSync(join(tmpdir(), 'bedrock-mcp-get-result-'));
    writeFileSync(join(dir, 'file'), '');
    const own = await bench({ config: { data_dir: join(dir, 'file') } });
    const cut = await invoke('sandbox:long 100', { max_output_chars: 100 }, own);
    const note = expect.stringMatching(/could not be written.*only this process/);
    expect(cut.structured).toMatchObject({ text: expect.stringMatching(/^one/), next_offset: 100, note });
    expect(cut.text).toContain('could not be written');
    const receipt = isJsonObject(cut.structured['receipt']) ? cut.structured['receipt'] : {};
    const rest = await collect({ call_id: receipt['call_id'], offset: 100 }, own);
    expect(textOf(cut.structured) + textOf(rest)).toBe(words(100));
    const slow = await invoke('sandbox:slow 1', { wait_seconds: 0 }, own);
    expect(slow.structured).toMatchObject({ status: 'running', note });
    expect(await collect({ call_id: slow.structured['call_id'] }, own)).toMatchObject({
      status: 'done',
      text: words(2),
    });
    await expect(collect({ call_id: 'no-such-call' }, own)).rejects.toMatchObject({ code: 'unknown_call' });
    expect(await collect({}, own)).toMatchObject({ status: 'list', calls: [{}, {}] });
    await own.close();
  });
});

describe('fifty calls that go on', () => {
  it('are all collected whole, none is left running, nothing is open in the ledger, nobody warns', async () => {
    const many = await bench();
    const ids = await Promise.all(
      Array.from({ length: 50 }, (_, at) => detached(`sandbox:slow 2 number ${at}`, {}, many)),
    );
    expect(new Set(ids).size).toBe(50);
    const ends = await Promise.all(ids.map((call_id) => collect({ call_id }, many)));
    expect(ends.map(textOf)).toEqual(Array(50).fill(words(4)));
    const { calls } = await collect({}, many);
    expect(JSON.stringify(calls)).not.toContain('running');
    const { structured } = await many.call(getUsage, {});
    expect(structured).toMatchObject({ total: { calls: 50 } });
    expect(structured).not.toHaveProperty('in_flight');
    expect(many.sandbox.record.inFlight).toBe(0);
    await many.close();
    expect(warnings).toEqual([]);
  });
});
