/**
 * Token counts of native answers, in one normal form where `inputTokens` never contains cached tokens.
 *
 * Three sources exist, and they rarely appear together: the family's own body, the `x-amzn-bedrock-*-token-count`
 * headers of whole answers, and `amazon-bedrock-invocationMetrics` in the last chunk of a stream. The last two are
 * Bedrock's own meter. Decision, count by count: **the body first, the meter for what the body does not say.**
 * Recorded reasons: a guardrailed Nova body carried `{"inputTokens":30}` alone while its header knew the output;
 * Mistral, Claude 2 and Command bodies carry no counts at all; Claude's body counts some output tokens that the
 * metrics of the same stream leave out (70 against 64, 38 against 35), and the body is what Converse reports.
 */
import { defined } from '../../../defined.ts';
import { countOf, type JsonObject, objectOf } from '../../../json.ts';
import type { Usage } from '../../../messages/types.ts';

export function mergeUsage(body: Usage, meter: Usage | undefined): Usage {
  return { ...meter, ...body };
}

/** `amazon-bedrock-invocationMetrics` of a stream's last chunk. */
export function metricsUsage(metrics: JsonObject): Usage {
  return defined({
    inputTokens: countOf(metrics['inputTokenCount']),
    outputTokens: countOf(metrics['outputTokenCount']),
    cacheReadInputTokens: countOf(metrics['cacheReadInputTokenCount']),
    cacheWriteInputTokens: countOf(metrics['cacheWriteInputTokenCount']),
  });
}

/** Anthropic's `usage`, whole or in message_start / message_delta. */
export function messagesUsage(usage: JsonObject): Usage {
  return defined({
    inputTokens: countOf(usage['input_tokens']),
    outputTokens: countOf(usage['output_tokens']),
    cacheReadInputTokens: countOf(usage['cache_read_input_tokens']),
    cacheWriteInputTokens: countOf(usage['cache_creation_input_tokens']),
    cacheWrite1hInputTokens: countOf(objectOf(usage['cache_creation'])?.['ephemeral_1h_input_tokens']),
  });
}

/** Anthropic's stream counts are cumulative, so of two reports the larger count is the newer one. */
export function laterUsage(before: Usage, now: Usage): Usage {
  const latest = (key: keyof Usage): number | undefined => {
    const earlier = before[key];
    const later = now[key];
    return earlier === undefined || later === undefined ? (later ?? earlier) : Math.max(earlier, later);
  };
  return defined({
    inputTokens: latest('inputTokens'),
    outputTokens: latest('outputTokens'),
    cacheReadInputTokens: latest('cacheReadInputTokens'),
    cacheWriteInputTokens: latest('cacheWriteInputTokens'),
    cacheWrite1hInputTokens: latest('cacheWrite1hInputTokens'),
  });
}

/** Nova's `usage`, whole or in the metadata event. */
export function novaUsage(usage: JsonObject): Usage {
  return defined({
    inputTokens: countOf(usage['inputTokens']),
    outputTokens: countOf(usage['outputTokens']),
    cacheReadInputTokens:
      countOf(usage['cacheReadInputTokenCount']) ?? countOf(usage['cacheReadInputTokens']),
    cacheWriteInputTokens:
      countOf(usage['cacheWriteInputTokenCount']) ?? countOf(usage['cacheWriteInputTokens']),
  });
}

/**
 * OpenAI's `usage`, in which `prompt_tokens` contains the cached ones. Bedrock meters those of gpt-oss as plain input (a
 * recorded answer with `prompt_tokens: 151, cached_tokens: 64` had 151 input tokens in its header): told apart, they are
 * priced as input where a model has no price for cache reads, so the sum stays what is billed.
 */
export function chatUsage(usage: JsonObject): Usage {
  const prompt = countOf(usage['prompt_tokens']) ?? countOf(usage['input_tokens']);
  const details = objectOf(usage['prompt_tokens_details']) ?? objectOf(usage['input_tokens_details']);
  const cached = countOf(details?.['cached_tokens']);
  return defined({
    inputTokens: prompt === undefined ? undefined : Math.max(0, prompt - (cached ?? 0)),
    outputTokens: countOf(usage['completion_tokens']) ?? countOf(usage['output_tokens']),
    cacheReadInputTokens: cached,
  });
}
