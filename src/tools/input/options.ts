/** The `options` object as callers write it, read into the neutral request. */
import * as z from 'zod';
import type { JsonValue } from '../../json.ts';
import type { InferenceRequest } from '../../messages/types.ts';
import { argumentWords } from '../definition/argument-words.ts';
import { readSent } from '../definition/as-sent.ts';
import { badArguments } from '../definition/define.ts';

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
  const parsed = optionsSchema.safeParse(readSent(options, optionsSchema), { error: argumentWords });
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
