/** From a request to the calls that answer it: checks, cutting, batching. Pure. */
import { BedrockError } from '../bedrock-error.ts';
import { embeddingCodec } from './codecs.ts';
import { andOthers, checkTexts, cutText, isLongerThan } from './text-checks.ts';
import type {
  EmbeddingCall,
  EmbeddingCodec,
  EmbeddingModel,
  EmbeddingPlan,
  EmbeddingRequest,
  EmbeddingRules,
} from './types.ts';

/**
 * The calls for a request, in order, covering every text exactly once, and what the caller should know.
 * Throws BedrockError `unsupported_model` (no embedding model) or `invalid_request` (empty, blank, too long or
 * broken texts, dimensions that the model does not have), before anything is sent.
 */
export function planEmbeddings(request: EmbeddingRequest, model: EmbeddingModel): EmbeddingPlan {
  const codec = embeddingCodec(model);
  const rules = codec.rules(model.id);
  checkTexts(request.texts, 'texts');
  checkDimensions(request.dimensions, rules, model);
  const warnings: string[] = [];
  const texts = fitTexts(request, rules, model, warnings);
  if (
    request.truncate !== undefined &&
    request.truncate !== 'none' &&
    !rules.truncates.includes(request.truncate)
  ) {
    const limit = model.embedding?.maxTokens;
    warnings.push(
      `${model.id} cannot cut the ${request.truncate} of a text at its token limit${limit === undefined ? '' : ` (${limit} tokens)`}: Bedrock refuses texts over it.`,
    );
  }
  return {
    calls: batches(texts, codec).map((indexes) => call(indexes, texts, codec, request, model)),
    warnings,
  };
}

function call(
  indexes: readonly number[],
  texts: readonly string[],
  codec: EmbeddingCodec,
  request: EmbeddingRequest,
  model: EmbeddingModel,
): EmbeddingCall {
  const first = indexes[0] ?? 0;
  return { indexes, body: codec.encode(texts.slice(first, first + indexes.length), request, model) };
}

/** Runs of neighbouring texts, each within the call's limits. A text over the byte limit travels alone. */
function batches(texts: readonly string[], codec: EmbeddingCodec): number[][] {
  const out: number[][] = [];
  let current: number[] = [];
  let bytes = 0;
  texts.forEach((text, index) => {
    const size = codec.maxBatchBytes === undefined ? 0 : Buffer.byteLength(text);
    const full = current.length >= codec.maxBatch || bytes + size > (codec.maxBatchBytes ?? Infinity);
    if (current.length > 0 && full) {
      out.push(current);
      current = [];
      bytes = 0;
    }
    current.push(index);
    bytes += size;
  });
  out.push(current);
  return out;
}

/** Refuses lengths that neither the model's record nor its family's table knows; a length that one of them knows is sent. */
function checkDimensions(asked: number | undefined, rules: EmbeddingRules, model: EmbeddingModel): void {
  if (asked === undefined) return;
  const known = [...new Set([...(model.embedding?.dimensions ?? []), ...(rules.dimensions ?? [])])];
  const fits = known.length === 0 ? Number.isSafeInteger(asked) && asked > 0 : known.includes(asked);
  if (fits) return;
  known.sort((a, b) => a - b);
  throw new BedrockError('invalid_request', {
    message: `${model.id} has no vectors of ${asked} dimensions.`,
    fix:
      known.length === 0
        ? 'Use a positive whole number.'
        : `Use dimensions ${known.join(', ')}, or leave it out.`,
    field: 'dimensions',
  });
}

/** The texts as they will be sent: too long ones are refused, or cut when the caller allowed it. */
function fitTexts(
  request: EmbeddingRequest,
  rules: EmbeddingRules,
  model: EmbeddingModel,
  warnings: string[],
): readonly string[] {
  const limit = rules.maxCharacters;
  if (limit === undefined) return request.texts;
  const long = request.texts.flatMap((text, index) => (isLongerThan(text, limit) ? [{ index }] : []));
  const first = long[0];
  if (first === undefined) return request.texts;
  const truncate = request.truncate ?? 'none';
  const named = `texts[${first.index}]`;
  if (truncate === 'none') {
    throw new BedrockError('invalid_request', {
      message: `${named} has more than ${limit} characters, the most that ${model.id} accepts in one text${andOthers(long, 'texts')}.`,
      fix: `Split it into texts of at most ${limit} characters, or set truncate to "end" or "start" to embed only a part.`,
      field: named,
    });
  }
  warnings.push(
    `${named} was cut to ${limit} characters at its ${truncate}, the most that ${model.id} accepts${andOthers(long, 'texts')}.`,
  );
  const texts = [...request.texts];
  for (const { index } of long) texts[index] = cutText(texts[index] ?? '', limit, truncate);
  return texts;
}
