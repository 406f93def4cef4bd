import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startSandbox } from '../../../src/sandbox/server/server.ts';
import type { Sandbox } from '../../../src/sandbox/types.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(() => sandbox.close());

const post = (path: string, body: string) =>
  fetch(sandbox.url + path, { method: 'POST', headers: { authorization: 'Bearer test-token' }, body });

const nested = `${'[{"a":'.repeat(3000)}1${'}]'.repeat(3000)}`;

const HOSTILE = [
  '',
  'null',
  '[]',
  '"x"',
  '{}',
  '{"messages":null}',
  '{"messages":[null]}',
  '{"messages":[{"role":"user","content":[null]}]}',
  '{"messages":[{"role":"user","content":[{"text":5}]}]}',
  '{"messages":[{"role":"user","content":[{"toolResult":null}]}]}',
  '{"messages":[{"role":"user","content":[{"text":"a"}]}],"toolConfig":{"tools":[null]}}',
  '{"messages":[{"role":"user","content":[{"text":"a"}]}],"inferenceConfig":{"maxTokens":"x"}}',
  '{"messages":[{"role":"user","content":[{"__proto__":{"text":"a"}}]}]}',
  `{"anthropic_version":"bedrock-2023-05-31","max_tokens":5,"messages":[{"role":"user","content":${nested}}]}`,
];

const MODELS = [
  'us.anthropic.claude-haiku-4-5-20251001-v1:0',
  'amazon.nova-lite-v1:0',
  'openai.gpt-oss-20b-1:0',
  'us.meta.llama3-3-70b-instruct-v1:0',
  'amazon.titan-embed-text-v2:0',
  'cohere.embed-english-v3',
  '%E0%A4%A',
  '__proto__',
  'arn:',
];

const OPERATIONS = ['converse', 'converse-stream', 'invoke', 'invoke-with-response-stream', 'count-tokens'];

describe('the sandbox as a server', () => {
  it.each(OPERATIONS)(
    'refuses hostile bodies of %s with a 400 in JSON, never with a 500',
    async (operation) => {
      for (const model of MODELS) {
        for (const body of HOSTILE) {
          const response = await post(`/model/${model}/${operation}`, body);
          const what = `${model} ${body.slice(0, 80)}`;
          expect(response.status, what).toBe(400);
          expect(response.headers.get('x-amzn-errortype'), what).toMatch(
            /^(Validation|Serialization)Exception/,
          );
          expect(response.headers.get('x-amzn-requestid'), what).toMatch(/^[0-9a-f-]{36}$/);
          expect(await response.json(), what).toEqual({ message: expect.any(String) });
        }
      }
      expect(sandbox.record.inFlight).toBe(0);
    },
  );

  it('knows IAM denials from service errors by the key of the message', async () => {
    const response = await fetch(`${sandbox.url}/foundation-models`, {
      headers: { authorization: 'Bearer DENIED' },
    });
    expect(response.status).toBe(403);
    expect(response.headers.get('x-amzn-errortype')).toBe('AccessDeniedException');
    expect(await response.json()).toEqual({
      Message: expect.stringContaining('is not authorized to perform'),
    });
  });

  it('counts an upload that breaks off as aborted', async () => {
    const before = sandbox.record.aborted;
    const socket = connect(sandbox.port, '127.0.0.1', () => {
      socket.write('POST /model/a/converse HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\nabc');
    });
    await vi.waitFor(() => expect(sandbox.record.inFlight).toBe(1));
    socket.destroy();
    await vi.waitFor(() => expect(sandbox.record.aborted).toBe(before + 1));
  });

  it('writes nothing to stdout', async () => {
    const write = vi.spyOn(process.stdout, 'write');
    const own = await startSandbox();
    await fetch(`${own.url}/model/a/converse`, { method: 'POST', body: 'x' });
    await own.close();
    expect(write).not.toHaveBeenCalled();
    write.mockRestore();
  });

  it('rejects when its port is taken and listens on loopback only', async () => {
    await expect(startSandbox({ port: sandbox.port })).rejects.toThrow('EADDRINUSE');
    expect(sandbox.url).toBe(`http://127.0.0.1:${sandbox.port}`);
  });
});
