/**
 * Every accepted Converse request that was recorded, handed in as a caller would write it, comes out of the encoder
 * as it was sent; and every recorded answer can be handed back.
 */
import { describe, expect, it } from 'vitest';
import { encodeConverse } from '../../src/inference/codecs/converse/converse.ts';
import { prepareRequest } from '../../src/inference/prepare/prepare-request.ts';
import type { InferenceRequest } from '../../src/messages/types.ts';
import { readMessages } from '../../src/tools/input/messages.ts';
import { ROWS } from './corpus.ts';
import { modelOf } from './product.ts';
import { bodyOf, hashOf, isRefused, type Raw, type Row } from './row.ts';

const accepted = ROWS.filter((row) => row.operation.startsWith('Converse') && !isRefused(row));
/** Of some newer rows only the answer was made public. */
const requests = accepted.filter((row) => row.request_body !== null);

/** Two user messages in a row, which are sent as one. */
const MERGED = ['744fe778', '30487e59', '59e7d924', 'e56eb631', '42d4bba0'];

/** Members that we leave out when they are empty. This and the functions below are every difference that is meant. */
const EMPTY_MEMBERS = ['inferenceConfig', 'system', 'additionalModelRequestFields', 'requestMetadata'];

/** Peers send members that say nothing; we leave them out. */
function withoutEmpty(body: Raw): Raw {
  const kept = Object.entries<Raw>(body).filter(
    ([name, value]) => !EMPTY_MEMBERS.includes(name) || Object.keys(value).length > 0,
  );
  const config = body.inferenceConfig;
  // Some recorders wrote down the SDK's input, which names the model too.
  const { modelId: _modelId, ...wire } = Object.fromEntries<Raw>(kept);
  return {
    ...wire,
    ...(config?.stopSequences?.length === 0 ? { inferenceConfig: without(config, 'stopSequences') } : {}),
  };
}

function without(value: Raw, name: string): Raw {
  return Object.fromEntries(Object.entries(value).filter(([key]) => key !== name));
}

/** The schema of an answer travels as text: spaces in it do not count. */
function schemaAsJson(body: Raw): Raw {
  return JSON.parse(JSON.stringify(body), (key, value) =>
    key === 'schema' && typeof value === 'string' ? JSON.parse(value) : value,
  );
}

/** Some peers leave the padding out, and recorders trimmed media in the middle of a group. */
function barePadding(body: Raw): Raw {
  return JSON.parse(JSON.stringify(body), (key, value) =>
    (key === 'bytes' || key === 'redactedContent') && typeof value === 'string'
      ? value.replaceAll('=', '')
      : value,
  );
}

/** `tool_use` is what a call without a type is. */
function withoutDefaultType(message: Raw): Raw {
  return JSON.parse(JSON.stringify(message), (key, value) =>
    key === 'toolUse' && value.type === 'tool_use' ? without(value, 'type') : value,
  );
}

function requestOf(body: Raw): InferenceRequest {
  const {
    messages,
    system,
    inferenceConfig,
    toolConfig,
    guardrailConfig,
    performanceConfig,
    serviceTier,
    outputConfig,
    modelId: _modelId,
    ...rest
  } = body;
  const schema = outputConfig?.textFormat.structure.jsonSchema;
  return {
    ...rest,
    messages: readMessages(messages),
    ...(system === undefined ? {} : { system }),
    ...(inferenceConfig === undefined ? {} : { inferenceConfig }),
    ...(toolConfig === undefined
      ? {}
      : { toolConfig: { ...toolConfig, tools: (toolConfig.tools ?? []).map(toolOf) } }),
    ...(guardrailConfig === undefined ? {} : { guardrailConfig }),
    ...(performanceConfig === undefined ? {} : { performanceConfig }),
    ...(serviceTier === undefined ? {} : { serviceTier: serviceTier.type }),
    ...(schema === undefined ? {} : { outputSchema: { ...schema, schema: JSON.parse(schema.schema) } }),
  };
}

function toolOf(tool: Raw): Raw {
  const { toolSpec } = tool;
  return toolSpec === undefined
    ? tool
    : { toolSpec: { ...toolSpec, inputSchema: toolSpec.inputSchema.json } };
}

function asWire(body: unknown): Raw {
  return JSON.parse(
    JSON.stringify(body, (_key, value) =>
      value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value,
    ),
  );
}

describe('recorded Converse requests', () => {
  it.each(requests.map((row) => [row.id, row] as const))(
    'are encoded as they were sent: %s',
    (_id, row: Row) => {
      const sent = asWire(encodeConverse(requestOf(row.request_body), modelOf(row)));
      const same = (body: Raw) => barePadding(schemaAsJson(body));
      expect(same(sent)).toEqual(same(withoutEmpty(row.request_body)));
    },
  );

  const alone = requests.filter((row) => !MERGED.includes(hashOf(row)));
  it.each(alone.map((row) => [row.id, row] as const))(
    'are left alone by the request rules, as the service accepted them: %s',
    (_id, row) => {
      const request = requestOf(row.request_body);
      expect(prepareRequest(request, modelOf(row), 'converse')).toMatchObject({ request, warnings: [] });
    },
  );

  it('hold a text file called png, which is refused before Bedrock does it', () => {
    const [row] = ROWS.filter((each) => hashOf(each) === '493ec40d');
    if (row === undefined) throw new Error('the recording is gone');
    expect(() => prepareRequest(requestOf(row.request_body), modelOf(row), 'converse')).toThrow(
      expect.objectContaining({ code: 'invalid_request', field: 'messages[0].content[1]' }),
    );
  });

  const answers = accepted.filter((row) => row.operation === 'Converse');
  it.each(answers.map((row) => [row.id, row] as const))('take back the answer of %s', (_id, row) => {
    const { message } = bodyOf(row).output;
    const sent = asWire(encodeConverse({ messages: readMessages([message]) }, modelOf(row)));
    expect(sent).toEqual({ messages: [withoutDefaultType(message)] });
  });
});
