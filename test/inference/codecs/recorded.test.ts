/** Every recorded native text answer, through the real AWS SDK and the codec of its family. */
import {
  BedrockRuntimeClient,
  InvokeModelCommand,
  InvokeModelWithResponseStreamCommand,
} from '@aws-sdk/client-bedrock-runtime';
import { HttpResponse } from '@smithy/core/protocols';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assembler } from '../../../src/inference/codecs/assemble-stream.ts';
import { importedCodec } from '../../../src/inference/codecs/imported.ts';
import { nativeCodecFor } from '../../../src/inference/codecs/registry.ts';
import type {
  ContentBlock,
  InferenceResult,
  NativeCodec,
  ResponseFacts,
  StreamDelta,
} from '../../../src/messages/types.ts';
import { type Loopback, loopback } from '../../aws/loopback.ts';
import { answerWith } from '../../recorded/replay.ts';
import { framesOf, type NativeRow, nativeTextRows, readRow } from './recorded-rows.ts';

const rows = nativeTextRows();

let server: Loopback;
let client: BedrockRuntimeClient;
/** The row that is answered with, and the headers that came with it. */
let current: NativeRow | undefined;
let headers: Readonly<Record<string, string>> = {};

beforeAll(async () => {
  server = await loopback((_request, response) => {
    if (current === undefined) response.destroy();
    else answerWith(current.row, response);
  });
  client = new BedrockRuntimeClient({
    endpoint: server.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    requestHandler: new NodeHttpHandler(),
    maxAttempts: 1,
  });
  client.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      if (HttpResponse.isInstance(result.response)) headers = result.response.headers;
      return result;
    },
    { step: 'deserialize' },
  );
});
afterAll(async () => {
  client?.destroy();
  await server?.close();
});

function factsOf(headers: Readonly<Record<string, string>>): ResponseFacts {
  const names = {
    inputTokens: 'input-token-count',
    outputTokens: 'output-token-count',
    cacheReadInputTokens: 'cache-read-input-token-count',
    cacheWriteInputTokens: 'cache-write-input-token-count',
  };
  const counts = Object.entries(names).flatMap(([member, name]) => {
    const value = headers[`x-amzn-bedrock-${name}`];
    return value === undefined ? [] : [[member, Number(value)]];
  });
  return { usage: Object.fromEntries(counts) };
}

function requestOf(row: NativeRow): { modelId: string; body: string } {
  return { modelId: row.row.model_id, body: JSON.stringify(row.row.request_body) };
}

async function decodeWhole(row: NativeRow, codec: NativeCodec): Promise<InferenceResult> {
  current = row;
  const answer = await client.send(new InvokeModelCommand(requestOf(row)));
  return codec.decode(JSON.parse(answer.body.transformToString()), factsOf(headers));
}

async function decodeStream(
  row: NativeRow,
  codec: NativeCodec,
): Promise<{ deltas: StreamDelta[]; failure: Error | undefined }> {
  const decoder = codec.stream();
  const deltas: StreamDelta[] = [];
  try {
    current = row;
    const answer = await client.send(new InvokeModelWithResponseStreamCommand(requestOf(row)));
    for await (const { chunk } of answer.body ?? []) {
      deltas.push(...decoder.push(JSON.parse(Buffer.from(chunk?.bytes ?? []).toString('utf8'))));
    }
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return { deltas: [...deltas, ...decoder.end()], failure: error };
  }
  return { deltas: [...deltas, ...decoder.end()], failure: undefined };
}

function assembled(deltas: readonly StreamDelta[]): InferenceResult {
  const whole = assembler();
  for (const delta of deltas) whole.push(delta);
  return whole.result();
}

function codecOf(row: NativeRow): NativeCodec {
  const codec = nativeCodecFor({ id: row.row.model_id, family: row.family, features: {} });
  if (codec === undefined) throw new Error(`no codec for ${row.family}`);
  return codec;
}

/** A result in the words of the independent reading. */
function wordsOf(content: readonly ContentBlock[]): { text: string; reasoning: string; tools: unknown[] } {
  const said = { text: '', reasoning: '', tools: [] as unknown[] };
  for (const block of content) {
    if ('text' in block) said.text += block.text;
    else if ('toolUse' in block) {
      const { toolUseId, name, input } = block.toolUse;
      said.tools.push({ id: toolUseId, name, input });
    } else if ('reasoningContent' in block && 'reasoningText' in block.reasoningContent) {
      const { text, signature } = block.reasoningContent.reasoningText;
      said.reasoning += text + (signature === undefined ? '' : `#${signature}`);
    } else throw new Error(`a block that no recording has: ${JSON.stringify(block)}`);
  }
  return said;
}

function expectAsRecorded(result: InferenceResult, row: NativeRow): void {
  const said = readRow(row);
  const { text, reasoning, tools } = wordsOf(result.content);
  expect({ text, reasoning, tools }).toEqual({
    text: said.text,
    reasoning: said.reasoning,
    tools: said.tools,
  });
  expect(result.stopReason).toBe(said.stop);
  expect(result.stopSequence).toBe(said.stopSequence);
  const { usage } = result;
  expect([usage.inputTokens, usage.outputTokens]).toEqual([said.input, said.output]);
  expect([usage.cacheReadInputTokens, usage.cacheWriteInputTokens]).toEqual([
    said.cacheRead,
    said.cacheWrite,
  ]);
}

describe('recorded native answers', () => {
  it('are there of every family, whole and streamed', () => {
    const kinds = rows.map(({ family, streamed, bytes }) => {
      const broken = streamed && framesOf(bytes).exception !== undefined;
      return `${family} ${streamed ? 'streamed' : 'whole'}${broken ? ', ends with an exception' : ''}`;
    });
    expect([...new Set(kinds)].sort()).toMatchInlineSnapshot(`
      [
        "claude streamed",
        "claude whole",
        "claude-legacy streamed",
        "claude-legacy whole",
        "command streamed",
        "command whole",
        "command-r streamed",
        "command-r whole",
        "gpt-oss streamed",
        "gpt-oss whole",
        "jamba streamed",
        "jamba whole",
        "jurassic-2 whole",
        "llama2 streamed",
        "llama2 whole",
        "llama3 streamed",
        "llama3 whole",
        "mistral streamed",
        "mistral streamed, ends with an exception",
        "mistral whole",
        "mistral-chat streamed, ends with an exception",
        "nova streamed",
        "nova streamed, ends with an exception",
        "nova whole",
        "titan-text streamed",
        "titan-text whole",
        "unknown whole",
      ]
    `);
  });

  const whole = rows.filter(({ streamed }) => !streamed);
  it.each(whole.map((row) => [row.row.id, row] as const))('are decoded whole: %s', async (_id, row) => {
    expectAsRecorded(await decodeWhole(row, codecOf(row)), row);
  });

  const streamed = rows.filter(({ streamed }) => streamed);
  it.each(streamed.map((row) => [row.row.id, row] as const))(
    'are decoded as they stream: %s',
    async (_id, row) => {
      const { exception } = framesOf(row.bytes);
      const { deltas, failure } = await decodeStream(row, codecOf(row));
      const stops = deltas.filter(({ type }) => type === 'stop');
      if (exception === undefined) {
        expect(failure).toBeUndefined();
        expect(stops).toHaveLength(1);
        expectAsRecorded(assembled(deltas), row);
        return;
      }
      expect(failure?.name.toLowerCase()).toBe(exception.toLowerCase());
      expect(stops).toEqual([]);
      const text = deltas.flatMap((delta) => (delta.type === 'text' ? [delta.text] : [])).join('');
      expect(text).toBe(readRow(row).text);
    },
  );

  const unbroken = rows.filter(({ streamed, bytes }) => !streamed || framesOf(bytes).exception === undefined);
  it.each(unbroken.map((row) => [row.row.id, row] as const))(
    'are read the same by their keys alone: %s',
    async (_id, row) => {
      const result = row.streamed
        ? assembled((await decodeStream(row, importedCodec)).deltas)
        : await decodeWhole(row, importedCodec);
      expectAsRecorded(result, row);
    },
  );

  it.each(streamed.map((row) => [row.row.id, row] as const))(
    'have no stop where they are cut before their end marker: %s',
    (_id, row) => {
      const decoder = codecOf(row).stream();
      const { chunks, exception } = framesOf(row.bytes);
      let stopped = exception !== undefined ? -1 : undefined;
      chunks.forEach((chunk, at) => {
        if (decoder.push(chunk).some(({ type }) => type === 'stop')) stopped ??= at;
      });
      const until = stopped === undefined || stopped < 0 ? chunks.length - 1 : stopped;
      for (let cut = 0; cut <= until; cut += 1) {
        const again = codecOf(row).stream();
        const deltas = chunks.slice(0, cut).flatMap((chunk) => again.push(chunk));
        expect([...deltas, ...again.end()].filter(({ type }) => type === 'stop')).toEqual([]);
      }
    },
  );
});
