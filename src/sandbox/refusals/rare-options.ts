/** Options that few models have: optimized latency, Anthropic's betas, further fields of Nova. */
import type { ModelRecord } from '../../catalog/types.ts';
import type { JsonObject } from '../../json.ts';
import { extraKey } from '../json-read.ts';
import { invalid } from '../refusal.ts';

/** AWS's page on latency-optimized inference: through an inference profile of the US only. */
const OPTIMIZED =
  /^us\.(?:amazon\.nova-pro-v1|anthropic\.claude-3-5-haiku-20241022-v1|meta\.llama3-1-(?:70b|405b)-instruct-v1):0$/;

/**
 * @param modelId as it was called.
 * @param latency of the body (Converse) or of the header (InvokeModel).
 */
export function checkLatency(modelId: string, { id }: ModelRecord, region: string, latency: string): void {
  if (latency !== 'optimized' || OPTIMIZED.test(modelId)) return;
  throw invalid(`Latency performance configuration is not supported for ${id} in ${region}`);
}

/** Names that Bedrock takes (AWS's page on Claude's request body; BerriAI/litellm#19877), without their dates. */
const BETAS = [
  'computer-use-',
  'token-efficient-tools-',
  'interleaved-thinking-',
  'output-128k-',
  'dev-full-thinking-',
  'context-1m-',
  'context-management-',
  'effort-',
  'tool-search-tool-',
  'tool-examples-',
  'fine-grained-tool-streaming-',
  'compact-',
];

/** AWS does not say which one it means. */
export function betaComplaint(betas: readonly string[]): string | undefined {
  const isKnown = (beta: string) => BETAS.some((prefix) => beta.startsWith(prefix));
  return betas.every(isKnown) ? undefined : 'invalid beta flag';
}

const NOVA_FIELDS = [
  'inferenceConfig',
  'reasoningConfig',
  'toolConfig',
  'system',
  'messages',
  'schemaVersion',
];

/** What Nova says about `additionalModelRequestFields` (BerriAI/litellm#9128), or undefined. */
export function novaFieldComplaint({ family }: ModelRecord, fields: JsonObject): string | undefined {
  const extra = family === 'nova' ? extraKey(fields, NOVA_FIELDS) : undefined;
  return extra === undefined
    ? undefined
    : `Malformed input request: #: extraneous key [${extra}] is not permitted, please reformat your input and try again.`;
}
