/** Rerank: how well each document answers a query. Native bodies of Cohere Rerank and Amazon Rerank, pure. */
import { BedrockError } from '../bedrock-error.ts';
import type { Family, ModelRecord } from '../catalog/types.ts';
import { isJsonObject, type JsonObject } from '../json.ts';
import type { ResponseFacts } from '../messages/types.ts';
import { checkTexts, textProblem } from './text-checks.ts';
import { incompleteAnswer, readInputTokens } from './vector-body.ts';

export interface RerankRequest {
  readonly query: string;
  readonly documents: readonly string[];
  /** How many results; all documents when absent. More than there are documents means all. */
  readonly topN?: number;
}

export interface RerankMatch {
  /** Position in `documents`. */
  readonly index: number;
  /** 0 to 1, comparable within one model only. */
  readonly score: number;
}

export interface RerankAnswer {
  /** Best first, each document at most once. */
  readonly results: readonly RerankMatch[];
  /** Tokens; Cohere reports none (it bills searches). */
  readonly inputTokens?: number;
}

// AWS: Rerank takes 1 to 1,000 sources.
const MAX_DOCUMENTS = 1000;

/** What a family's body has beside query, documents and top_n. Cohere refuses a body without `api_version` (recorded with 2). */
const EXTRA_MEMBERS: ReadonlyMap<Family, JsonObject> = new Map<Family, JsonObject>([
  ['cohere-rerank', { api_version: 2 }],
  ['amazon-rerank', {}],
]);

/**
 * The InvokeModel body. Throws BedrockError `unsupported_model` for other families and `invalid_request` for an empty
 * or broken query or document, more than 1,000 documents, or a `topN` that is no positive whole number.
 */
export function encodeRerank(request: RerankRequest, model: Pick<ModelRecord, 'id' | 'family'>): JsonObject {
  const extra = EXTRA_MEMBERS.get(model.family);
  if (extra === undefined) {
    throw new BedrockError('unsupported_model', {
      message: `${model.id} is not a rerank model that this server can call.`,
      fix: 'Use cohere.rerank-v3-5:0 or amazon.rerank-v1:0.',
      field: 'model',
    });
  }
  const problem = textProblem(request.query);
  if (problem !== undefined)
    throw invalid(`query ${problem}.`, 'Give the question or search text as query.', 'query');
  checkTexts(request.documents, 'documents');
  const count = request.documents.length;
  if (count > MAX_DOCUMENTS) {
    throw invalid(
      `There are ${count} documents; a rerank call takes at most ${MAX_DOCUMENTS}.`,
      'Narrow the documents down first, for example with embed_text and its top-k.',
      'documents',
    );
  }
  const { topN = count } = request;
  if (!Number.isSafeInteger(topN) || topN < 1) {
    throw invalid(`top_n is ${topN}.`, `Use a whole number from 1 to ${count}, or leave it out.`, 'top_n');
  }
  return { query: request.query, documents: [...request.documents], top_n: Math.min(topN, count), ...extra };
}

/**
 * Reads `{results: [{index, relevance_score}]}` (recorded by dd-trace-py). `documentCount` is how many were sent:
 * an index outside of it, a repeated one or a missing score is BedrockError `incomplete`.
 */
export function decodeRerank(body: unknown, facts: ResponseFacts, documentCount: number): RerankAnswer {
  const found = isJsonObject(body) ? body.results : undefined;
  if (!Array.isArray(found) || found.length === 0) throw incompleteAnswer('has no rerank results', facts);
  const seen = new Set<number>();
  const results = found.map((result, at): RerankMatch => {
    const index = isJsonObject(result) ? result.index : undefined;
    const score = isJsonObject(result) ? result.relevance_score : undefined;
    if (typeof index !== 'number' || typeof score !== 'number' || !Number.isFinite(score)) {
      throw incompleteAnswer(`has no index and relevance_score in results[${at}]`, facts);
    }
    if (!Number.isInteger(index) || index < 0 || index >= documentCount || seen.has(index)) {
      throw incompleteAnswer(
        `names document ${index} in results[${at}], which was not sent or comes twice`,
        facts,
      );
    }
    seen.add(index);
    return { index, score };
  });
  results.sort((a, b) => b.score - a.score);
  return { results, ...readInputTokens(undefined, facts) };
}

function invalid(message: string, fix: string, field: string): BedrockError {
  return new BedrockError('invalid_request', { message, fix, field });
}
