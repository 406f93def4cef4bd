/** The `options` object as callers write it, read into the neutral request. */
import * as z from 'zod';
import type { RequestParts } from '../../calls/text/request.ts';
import { defined } from '../../defined.ts';
import type { JsonValue } from '../../json.ts';
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
  readonly request: RequestParts;
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
  const request = defined({
    guardrailConfig:
      guardrail === undefined
        ? undefined
        : {
            guardrailIdentifier: guardrail.id,
            guardrailVersion: guardrail.version,
            ...defined({ trace: guardrail.trace, streamProcessingMode: guardrail.stream_mode }),
          },
    serviceTier: service_tier,
    performanceConfig: latency === undefined ? undefined : { latency },
    requestMetadata: request_metadata,
    additionalModelRequestFields: additional_model_request_fields,
    additionalModelResponseFieldPaths: additional_model_response_field_paths,
    anthropicBeta: anthropic_beta,
    promptVariables: prompt_variables,
    rawBody: native_body,
  });
  return { request, ...defined({ confirmedUsd: confirm_cost_usd }) };
}
