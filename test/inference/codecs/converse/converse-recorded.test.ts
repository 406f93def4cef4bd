/** Every recorded Converse answer, through the real SDK, and every recorded request, through the encoder. */
import { existsSync, readFileSync } from 'node:fs';
import {
  BedrockRuntimeClient,
  ConverseCommand,
  type ConverseCommandInput,
  ConverseStreamCommand,
} from '@aws-sdk/client-bedrock-runtime';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assembler } from '../../../../src/inference/codecs/assemble-stream.ts';
import {
  converseStream,
  decodeConverse,
  encodeConverse,
} from '../../../../src/inference/codecs/converse/converse.ts';
import { prepareRequest } from '../../../../src/inference/prepare/prepare-request.ts';
import type { InferenceRequest, Message, SystemBlock, Tool } from '../../../../src/messages/types.ts';
import { modelOf } from '../../sample-model.ts';

const folder = new URL('../../../../../shared/recorded/', import.meta.url);
const available = existsSync(new URL('core.jsonl', folder));

interface Row {
  readonly id: string;
  readonly operation: string;
  readonly model_id: string;
  readonly family: string;
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: recorded JSON, read member by member
  readonly request_body: any;
  readonly response_body_base64: string;
}

const rows: Row[] = available
  ? readFileSync(new URL('core.jsonl', folder), 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line))
  : [];
const whole = rows.filter((row) => row.operation === 'Converse' && row.status === 200);
const streams = rows.filter((row) => row.operation === 'ConverseStream' && row.status === 200);
const requests = rows.filter((row) => row.operation.startsWith('Converse') && row.status === 200);

/** Refused inside its 200 stream (a text file called png), and one whose two user messages we would merge. */
const EXCEPTIONS = ['493ec40d', '744fe778'];
const accepted = requests.filter(({ id }) => !EXCEPTIONS.some((exception) => id.includes(exception)));

/** The neutral request that must lead to this recorded body. */
function neutral(row: Row): InferenceRequest {
  const body = withBytes(row.request_body);
  const { additionalModelRequestFields, additionalModelResponseFieldPaths, requestMetadata } = body;
  const messages: Message[] = body.messages.map((message: Message) => ({
    role: message.role,
    content: decodeConverse({ output: { message }, stopReason: 'end_turn' }, {}).content,
  }));
  const tools: Tool[] = (body.toolConfig?.tools ?? []).map(
    (tool: { toolSpec?: { inputSchema: { json: object } } }) =>
      tool.toolSpec === undefined
        ? tool
        : { toolSpec: { ...tool.toolSpec, inputSchema: tool.toolSpec.inputSchema.json } },
  );
  const system: SystemBlock[] = body.system ?? [];
  const jsonSchema = body.outputConfig?.textFormat.structure.jsonSchema;
  return {
    messages,
    system,
    ...(body.inferenceConfig ? { inferenceConfig: body.inferenceConfig } : {}),
    ...(body.toolConfig ? { toolConfig: { ...body.toolConfig, tools } } : {}),
    ...(body.guardrailConfig ? { guardrailConfig: body.guardrailConfig } : {}),
    ...(body.performanceConfig ? { performanceConfig: body.performanceConfig } : {}),
    ...(body.serviceTier ? { serviceTier: body.serviceTier.type } : {}),
    ...(jsonSchema ? { outputSchema: { ...jsonSchema, schema: JSON.parse(jsonSchema.schema) } } : {}),
    ...(additionalModelRequestFields ? { additionalModelRequestFields } : {}),
    ...(additionalModelResponseFieldPaths ? { additionalModelResponseFieldPaths } : {}),
    ...(requestMetadata ? { requestMetadata } : {}),
  };
}

// biome-ignore lint/suspicious/noExplicitAny: recorded JSON
function withBytes(value: any): any {
  return JSON.parse(JSON.stringify(value), (key, member) =>
    (key === 'bytes' || key === 'redactedContent') && typeof member === 'string'
      ? new Uint8Array(Buffer.from(member, 'base64'))
      : member,
  );
}

const isEmptyObject = (value: unknown) =>
  typeof value === 'object' && value !== null && Object.keys(value).length === 0;

/** Without members that peers send although they are empty, and without the spelling of base64 and inner JSON. */
function normal(body: Record<string, unknown>): unknown {
  const full = Object.entries(body).filter(([, value]) => !isEmptyObject(value));
  return JSON.parse(JSON.stringify(Object.fromEntries(full)), (key, value) => {
    if (key === 'stopSequences' && isEmptyObject(value)) return undefined;
    // It says only what the block is, and the request's own enumeration does not have it.
    if (key === 'type' && value === 'tool_use') return undefined;
    if (key === 'schema' && typeof value === 'string') return JSON.parse(value);
    return (key === 'bytes' || key === 'redactedContent') && typeof value === 'string' ? bare(value) : value;
  });
}
const bare = (base64: string) => base64.replaceAll('=', '');

const FAMILY: Readonly<Record<string, string>> = {
  'anthropic.claude (3+ Messages)': 'claude',
  'amazon.nova (understanding)': 'nova',
  'meta.llama3': 'llama3',
  'meta.llama4': 'llama4',
  mistral: 'mistral-chat',
  openai: 'gpt-oss',
  qwen: 'qwen',
  writer: 'palmyra',
};
const modelFor = (row: Row) => modelOf(FAMILY[row.family] ?? 'unknown', {}, row.model_id);

describe.skipIf(!available)(
  'recorded Converse traffic (skipped where no recordings are beside the repository)',
  () => {
    let server: { url: string; close(): unknown };
    let client: BedrockRuntimeClient;
    let replayId = '';
    let sentBody = '';

    beforeAll(async () => {
      const { start } = await import(new URL('replay.mjs', folder).href);
      server = await start({ files: [new URL('core.jsonl', folder).pathname] });
      client = new BedrockRuntimeClient({
        region: 'us-east-1',
        endpoint: server.url,
        credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
        requestHandler: new NodeHttpHandler(),
        maxAttempts: 1,
      });
      client.middlewareStack.add(
        (next) => async (args) => {
          const { request } = args;
          if (typeof request === 'object' && request !== null && 'headers' in request && 'body' in request) {
            Object.assign(request.headers ?? {}, { 'x-replay-id': replayId });
            sentBody = request.body instanceof Uint8Array ? new TextDecoder().decode(request.body) : '';
          }
          return next(args);
        },
        { step: 'build', priority: 'low' },
      );
    });
    afterAll(async () => {
      client?.destroy();
      await server?.close();
    });

    const commandInput = (row: Row): ConverseCommandInput => ({
      modelId: row.model_id,
      ...encodeConverse(neutral(row), modelFor(row)),
    });

    it.each(whole.map((row) => [row.id, row] as const))('decodes %s', async (_id, row) => {
      replayId = row.id;
      const result = decodeConverse(await client.send(new ConverseCommand(commandInput(row))), {});
      const raw = JSON.parse(Buffer.from(row.response_body_base64, 'base64').toString());
      expect(result.stopReason).toBe(raw.stopReason);
      expect(result.usage.inputTokens).toBe(raw.usage.inputTokens);
      expect(result.usage.outputTokens).toBe(raw.usage.outputTokens);
      expect(result.latencyMs).toBe(raw.metrics?.latencyMs);
      const told = raw.output.message.content.filter((block: { text?: string }) => block.text !== '');
      expect(result.content.filter((block) => 'unknown' in block)).toEqual([]);
      // Nothing is lost: what came back can be sent again and says the same.
      const again = encodeConverse(
        { messages: [{ role: 'assistant', content: result.content }] },
        modelFor(row),
      );
      replayId = row.id;
      await client.send(new ConverseCommand({ modelId: 'x', ...again }));
      expect(normal(JSON.parse(sentBody))).toEqual(
        normal({ messages: [{ role: 'assistant', content: told }] }),
      );
    });

    it.each(streams.map((row) => [row.id, row] as const))('decodes the stream %s', async (_id, row) => {
      replayId = row.id;
      const sending = client.send(new ConverseStreamCommand(commandInput(row)));
      if (row.id.includes('493ec40d')) {
        await expect(sending).rejects.toThrow(/MIME type/); // an exception in the first frame
        return;
      }
      const { stream } = await sending;
      const decoder = converseStream();
      const all = assembler();
      let text = '';
      let reasons: string | undefined;
      for await (const event of stream ?? []) {
        text += event.contentBlockDelta?.delta?.text ?? '';
        reasons = event.messageStop?.stopReason ?? reasons;
        for (const delta of decoder.push(event)) all.push(delta);
      }
      for (const delta of decoder.end()) all.push(delta);
      const result = all.result();
      expect(all.text()).toBe(text);
      expect(result.stopReason).toBe(reasons);
      expect(result.usage.inputTokens).toBeGreaterThan(0);
      expect(result.content.filter((block) => 'unknown' in block)).toEqual([]);
      for (const block of result.content) {
        if ('text' in block) expect(block.text).not.toBe('');
        if ('toolUse' in block) expect(block.toolUse.input).toBeTypeOf('object');
      }
    });

    it.each(requests.map((row) => [row.id, row] as const))('sends the body of %s', async (_id, row) => {
      replayId = row.id;
      await client.send(new ConverseCommand(commandInput(row))).catch(() => undefined);
      expect(normal(JSON.parse(sentBody))).toEqual(normal(row.request_body));
    });

    it.each(accepted.map((row) => [row.id, row] as const))(
      'leaves %s alone, as the service accepted it',
      (_id, row) => {
        const request = neutral(row);
        expect(prepareRequest(request, modelFor(row), 'converse')).toMatchObject({ request, warnings: [] });
      },
    );

    it('refuses the text file called png before Bedrock does', () => {
      const [row] = requests.filter(({ id }) => id.includes('493ec40d'));
      if (row === undefined) throw new Error('the recording is gone');
      expect(() => prepareRequest(neutral(row), modelFor(row), 'converse')).toThrow(
        expect.objectContaining({ code: 'invalid_request', field: 'messages[0].content[1]' }),
      );
    });

    it('reads gpt-oss, which opens with an empty text block, as reasoning and text', async () => {
      const row = streams.find(({ model_id }) => model_id.startsWith('openai.gpt-oss-120b'));
      replayId = row?.id ?? '';
      const { stream } = await client.send(new ConverseStreamCommand({ modelId: 'x', messages: [] }));
      const decoder = converseStream();
      const all = assembler();
      for await (const event of stream ?? []) for (const delta of decoder.push(event)) all.push(delta);
      expect(all.result().content.map((block) => Object.keys(block)[0])).toEqual([
        'reasoningContent',
        'text',
      ]);
    });
  },
);
