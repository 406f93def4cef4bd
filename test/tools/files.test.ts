/** Files on their way through the tools to the model; what is read from them is tested in test/files. */
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { isJsonObject } from '../../src/json.ts';
import { compareModels } from '../../src/tools/compare-models.ts';
import { getResult } from '../../src/tools/get-result.ts';
import { invokeModel } from '../../src/tools/invoke-model.ts';
import { SAMPLES } from '../files/sample-bytes.ts';
import { rowsOf, sentOf } from './comparing.ts';
import { type Bench, bench } from './with-sandbox.ts';

let on: Bench;
let top: string;
let root: string;
beforeAll(async () => {
  top = await mkdtemp(join(tmpdir(), 'bedrock-mcp-files-'));
  root = join(top, 'data');
  await mkdir(root);
  await writeFile(join(root, 'notes.txt'), 'The cat sat on the mat.');
  await writeFile(join(root, 'dot.png'), SAMPLES.png);
  await writeFile(join(root, 'paper.pdf'), SAMPLES.pdf);
  await writeFile(join(top, 'secret.txt'), 'nobody may read this');
  on = await bench({ config: { roots: [root] } });
});
afterAll(async () => {
  await on.close();
  await rm(top, { recursive: true, force: true });
});

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
/** The content of the last request's only message. */
const lastContent = (): readonly unknown[] => {
  const body = sentOf(on).at(-1)?.body;
  const messages = isJsonObject(body) && Array.isArray(body['messages']) ? body['messages'] : [];
  const [message] = messages;
  return isJsonObject(message) && Array.isArray(message['content']) ? message['content'] : [];
};
const TEXT = '<file name="notes.txt">\nThe cat sat on the mat.\n</file>';
const QUESTION = 'What is in the files?';

describe('files', () => {
  it('reach a model through Converse in their order, with the prompt behind them', async () => {
    const files = ['notes.txt', join(root, 'dot.png'), { path: 'paper.pdf' }];
    await on.call(invokeModel, { model: 'nova-lite', prompt: QUESTION, files });
    expect(sentOf(on).at(-1)).toMatchObject({ operation: expect.stringContaining('Converse') });
    expect(lastContent()).toEqual([
      { text: TEXT },
      { image: { format: 'png', source: { bytes: base64(SAMPLES.png) } } },
      {
        document: expect.objectContaining({ format: 'pdf', source: { bytes: base64(SAMPLES.pdf) } }),
      },
      { text: QUESTION },
    ]);
  });

  it("reach Claude through its own API in that API's blocks", async () => {
    const files = ['notes.txt', 'dot.png', 'paper.pdf'];
    await on.call(invokeModel, { model: 'claude-haiku-4-5', prompt: QUESTION, files, api: 'native' });
    expect(sentOf(on).at(-1)).toMatchObject({ operation: expect.stringContaining('Invoke') });
    expect(lastContent()).toEqual([
      { type: 'text', text: TEXT },
      { type: 'image', source: { type: 'base64', media_type: 'image/png', data: base64(SAMPLES.png) } },
      expect.objectContaining({
        type: 'document',
        source: { type: 'base64', media_type: 'application/pdf', data: base64(SAMPLES.pdf) },
      }),
      { type: 'text', text: QUESTION },
    ]);
  });

  it('can stand alone, without a prompt or with an empty one', async () => {
    for (const prompt of [{}, { prompt: '' }]) {
      await on.call(invokeModel, { model: 'nova-lite', files: ['notes.txt'], ...prompt });
      expect(lastContent()).toEqual([{ text: TEXT }]);
    }
  });

  it('come behind the messages of a conversation', async () => {
    await on.call(invokeModel, {
      model: 'nova-lite',
      messages: [
        { role: 'user', content: 'Hello' },
        { role: 'assistant', content: 'Hello.' },
      ],
      files: ['notes.txt'],
    });
    const body = JSON.stringify(sentOf(on).at(-1)?.body);
    expect(body.indexOf('notes.txt')).toBeGreaterThan(body.indexOf('Hello.'));
  });

  it('reach every model of a comparison, but not one that cannot see', async () => {
    const { structured } = await on.call(compareModels, {
      models: ['nova-lite', 'claude-haiku-4-5', 'llama3-3-70b'],
      prompt: QUESTION,
      options: { files: ['dot.png'] },
    });
    const [nova, claude, llama] = rowsOf(structured);
    expect(nova).toHaveProperty('text');
    expect(claude).toHaveProperty('text');
    expect(llama).toMatchObject({ error: { code: 'unsupported_feature' } });
  });

  it.each([
    ['outside of the roots', '../secret.txt', 'file', 'files[0]'],
    ['by an absolute path outside', '/etc/passwd', 'file', 'files[0]'],
    ['that is not there', 'nothing.txt', 'file', 'files[0]'],
    ['from a host that was not allowed', 'https://example.com/a.txt', 'file', 'files[0]'],
    ['that is no file at all', { colour: 'red' }, 'invalid_request', 'files[0]'],
  ])('%s are refused before anything is sent', async (_what, file, code, field) => {
    const before = sentOf(on).length;
    // One after the other: a call that is refused while another is awaited is a rejection that nobody handles yet.
    for (const refused of [
      () => on.call(invokeModel, { model: 'nova-lite', prompt: QUESTION, files: [file] }),
      () => on.call(compareModels, { models: ['nova-lite', 'nova-pro'], prompt: QUESTION, files: [file] }),
    ]) {
      const error: unknown = await refused().catch((cause: unknown) => cause);
      expect(error).toMatchObject({ code, field: expect.stringContaining(field) });
      expect(String(error)).not.toContain('nobody may read this');
    }
    expect(sentOf(on)).toHaveLength(before);
  });

  it('are not read from anywhere when no roots are set', async () => {
    const bare = await bench();
    await expect(
      bare.call(invokeModel, { model: 'nova-lite', prompt: QUESTION, files: [join(root, 'notes.txt')] }),
    ).rejects.toMatchObject({ code: 'file', fix: expect.stringContaining('BEDROCK_MCP_ROOTS') });
    await bare.close();
  });

  it('that are slow to come are waited for no longer than the call itself', async () => {
    // A proxy that never answers stands for the slow host.
    const proxy = http.createServer().on('connect', () => undefined);
    proxy.listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    const address = proxy.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    for (const name of ['https_proxy', 'NO_PROXY', 'no_proxy', 'ALL_PROXY', 'all_proxy'])
      vi.stubEnv(name, undefined);
    vi.stubEnv('HTTPS_PROXY', `http://127.0.0.1:${port}`);
    const slow = await bench({ config: { file_hosts: ['slow.test'] } });
    try {
      const files = ['https://slow.test/a.txt'];
      const asked = { prompt: QUESTION, files, wait_seconds: 0.5 };
      for (const begun of [
        await slow.call(invokeModel, asked),
        await slow.call(compareModels, { ...asked, models: ['nova-lite', 'nova-pro'] }),
      ]) {
        expect(begun.structured).toMatchObject({ status: 'running' });
        const collected = slow.call(getResult, { call_id: begun.structured['call_id'], cancel: true });
        await expect(collected).resolves.toMatchObject({ structured: { status: 'cancelled' } });
      }
      expect(sentOf(slow)).toEqual([]);
    } finally {
      vi.unstubAllEnvs();
      await slow.close();
      proxy.closeAllConnections();
      proxy.close();
    }
  });

  it('that are too much for one request are refused by their names before anything is sent', async () => {
    const before = sentOf(on).length;
    const files = Array.from({ length: 6 }, (_, at) => ({
      base64: Buffer.concat([SAMPLES.png, Buffer.alloc(3_500_000)]).toString('base64'),
      name: `picture-${at}.png`,
    }));
    await expect(on.call(invokeModel, { model: 'nova-lite', prompt: QUESTION, files })).rejects.toMatchObject(
      {
        code: 'content_too_long',
        message: expect.stringContaining('files[0] ("picture-0.png")'),
      },
    );
    expect(sentOf(on)).toHaveLength(before);
  });
});
