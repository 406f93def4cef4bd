/** Tool definitions, tool choice and the `options` object as callers write them, read into the neutral request. */
import * as z from 'zod';
import { BedrockError } from '../../bedrock-error.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../json.ts';
import type { InferenceRequest, Tool, ToolChoice } from '../../messages/types.ts';
import { badArguments } from '../definition/define.ts';
import { readCachePoint } from './messages.ts';

/**
 * Reads `tools`: `{name, description, input_schema}` (MCP's `inputSchema` and OpenAI's `{type: "function"}` are understood),
 * Converse's `{toolSpec}` / `{systemTool}` / `{cachePoint}`, or a provider's own typed tool.
 * @throws BedrockError `invalid_request` naming `tools[i]`.
 */
export function readTools(tools: readonly unknown[]): Tool[] {
  return tools.map((tool, at) => readTool(tool, `tools[${at}]`));
}

function readTool(value: unknown, field: string): Tool {
  if (!isJsonObject(value)) throw wrong(field, 'must be an object');
  const { toolSpec, systemTool, cachePoint } = value;
  if (isJsonObject(toolSpec)) return readSpec(toolSpec, `${field}.toolSpec`);
  if (isJsonObject(systemTool)) {
    const name = systemTool['name'];
    if (typeof name !== 'string') throw wrong(`${field}.systemTool.name`, 'must be text');
    return { systemTool: { name } };
  }
  if (cachePoint !== undefined) return { cachePoint: readCachePoint(cachePoint, `${field}.cachePoint`) };
  const type = value['type'];
  if (type === 'function' && isJsonObject(value['function']))
    return readSpec(value['function'], `${field}.function`);
  if (typeof type === 'string' && type !== 'custom' && type !== 'function' && !hasSchema(value))
    return { nativeTool: value };
  return readSpec(value, field);
}

function hasSchema(value: JsonObject): boolean {
  return ['input_schema', 'inputSchema', 'parameters'].some((key) => Object.hasOwn(value, key));
}

function readSpec(value: JsonObject, field: string): Tool {
  const name = value['name'];
  if (typeof name !== 'string' || name === '') throw wrong(`${field}.name`, 'must be text');
  const description = value['description'];
  const given = value['input_schema'] ?? value['inputSchema'] ?? value['parameters'];
  const schema = isJsonObject(given) && isJsonObject(given['json']) ? given['json'] : given;
  if (schema !== undefined && !isJsonObject(schema))
    throw wrong(`${field}.input_schema`, 'must be a JSON Schema object');
  return {
    toolSpec: {
      name,
      ...(typeof description === 'string' ? { description } : {}),
      inputSchema: schema ?? { type: 'object', properties: {} },
      ...(value['strict'] === true ? { strict: true } : {}),
    },
  };
}

/** `auto`, `any`, `none`, or the name of a given tool. */
export function readToolChoice(choice: string, tools: readonly Tool[]): ToolChoice {
  if (tools.some((tool) => 'toolSpec' in tool && tool.toolSpec.name === choice))
    return { tool: { name: choice } };
  if (choice === 'auto') return { auto: {} };
  if (choice === 'any') return { any: {} };
  if (choice === 'none') return { none: {} };
  const names = tools.flatMap((tool) => ('toolSpec' in tool ? [tool.toolSpec.name] : []));
  throw new BedrockError('invalid_request', {
    message: `tool_choice "${choice}" is neither auto, any, none nor the name of a given tool.`,
    fix: `Tools given: ${names.join(', ').slice(0, 400)}.`,
    field: 'tool_choice',
  });
}

const json: z.ZodType<JsonValue> = z.json();
const jsonObject = z.record(z.string(), json);

const optionsSchema = z.strictObject({
  guardrail: z
    .strictObject({
      id: z.string().min(1).max(2048),
      version: z.string().min(1).max(16),
      trace: z.enum(['enabled', 'disabled', 'enabled_full']).optional(),
      stream_mode: z.enum(['sync', 'async']).optional(),
    })
    .optional(),
  service_tier: z.enum(['default', 'flex', 'priority', 'reserved']).optional(),
  latency: z.enum(['standard', 'optimized']).optional(),
  request_metadata: z.record(z.string().min(1).max(256), z.string().max(256)).optional(),
  additional_model_request_fields: jsonObject.optional(),
  additional_model_response_field_paths: z.array(z.string().min(1)).max(10).optional(),
  anthropic_beta: z.array(z.string().min(1).max(100)).max(20).optional(),
  prompt_variables: z.record(z.string(), z.string()).optional(),
  native_body: jsonObject.optional(),
  confirm_cost_usd: z.number().positive().max(1_000_000).optional(),
});

export interface CallOptions {
  readonly request: Partial<InferenceRequest>;
  /** USD that the caller has agreed to spend on this call. */
  readonly confirmedUsd?: number;
}

/**
 * Reads `options`.
 * @param others what else may stand there, for whoever mistyped it.
 * @throws BedrockError `invalid_request` naming the unknown or wrong member.
 */
export function readOptions(
  options: Readonly<Record<string, unknown>>,
  others: Iterable<string> = [],
): CallOptions {
  const parsed = optionsSchema.safeParse(options);
  if (!parsed.success)
    throw badArguments('options', [...others, ...Object.keys(optionsSchema.shape)], parsed.error);
  const {
    guardrail,
    service_tier,
    latency,
    request_metadata,
    additional_model_request_fields,
    additional_model_response_field_paths,
    anthropic_beta,
    prompt_variables,
    native_body,
    confirm_cost_usd,
  } = parsed.data;
  const request = {
    ...(guardrail === undefined
      ? {}
      : {
          guardrailConfig: {
            guardrailIdentifier: guardrail.id,
            guardrailVersion: guardrail.version,
            ...(guardrail.trace === undefined ? {} : { trace: guardrail.trace }),
            ...(guardrail.stream_mode === undefined ? {} : { streamProcessingMode: guardrail.stream_mode }),
          },
        }),
    ...(service_tier === undefined ? {} : { serviceTier: service_tier }),
    ...(latency === undefined ? {} : { performanceConfig: { latency } }),
    ...(request_metadata === undefined ? {} : { requestMetadata: request_metadata }),
    ...(additional_model_request_fields === undefined
      ? {}
      : { additionalModelRequestFields: additional_model_request_fields }),
    ...(additional_model_response_field_paths === undefined
      ? {}
      : { additionalModelResponseFieldPaths: additional_model_response_field_paths }),
    ...(anthropic_beta === undefined ? {} : { anthropicBeta: anthropic_beta }),
    ...(prompt_variables === undefined ? {} : { promptVariables: prompt_variables }),
    ...(native_body === undefined ? {} : { rawBody: native_body }),
  };
  return { request, ...(confirm_cost_usd === undefined ? {} : { confirmedUsd: confirm_cost_usd }) };
}

function wrong(field: string, what: string): BedrockError {
  return new BedrockError('invalid_request', {
    message: `${field} ${what}.`,
    fix: 'Correct it and call again.',
    field,
  });
}
