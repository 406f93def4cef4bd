/** Recordings as they were collected: JSON lines with the exact bytes of each answer, outside of the repository. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathOf, type Raw, type Row } from './row.ts';

/** Answers up to 2026-06, and what was recorded since. */
const FILES = ['core.jsonl', 'newer.jsonl'];

/** The collection's family names -> those of test/recordings. */
const FAMILIES: Readonly<Record<string, string>> = {
  'amazon.nova (understanding)': 'nova',
  'amazon.nova-embeddings': 'nova-embed',
  'amazon.titan-text': 'titan-text',
  'amazon.titan-embed': 'titan-embed',
  'anthropic.claude (3+ Messages)': 'claude',
  'anthropic.claude-legacy (v1/v2/instant)': 'claude-legacy',
  'ai21.jamba': 'jamba',
  'ai21.jurassic-2': 'jurassic-2',
  'meta.llama2': 'llama2',
  'meta.llama3': 'llama3',
  'meta.llama4': 'llama4',
  'cohere.command-legacy': 'command',
  'cohere.command-r': 'command-r',
  'cohere.embed': 'cohere-embed',
  'cohere.rerank': 'cohere-rerank',
  'application profile / imported model (opaque ARN)': 'profile',
  'marketplace/sagemaker endpoint': 'marketplace',
  'invalid/unknown id': 'unknown',
};

/** Every row of the files in this folder; none where there is no such folder. */
export function sourceRows(folder: string): Row[] {
  return FILES.map((name) => join(folder, name))
    .filter((path) => existsSync(path))
    .flatMap((path) => readFileSync(path, 'utf8').split('\n'))
    .filter((line) => line !== '')
    .map((line) => rowOf(JSON.parse(line)));
}

function rowOf(line: Raw): Row {
  const { id, operation, model_id, region, streaming, status, request_body, response_headers } = line;
  // Application profiles say nothing about their model.
  const family =
    line.features.includes('out:embedding') && !/embed/.test(line.family) ? 'profile-embed' : null;
  return {
    id,
    path: line.path ?? pathOf(operation, model_id),
    operation,
    model_id,
    family: family ?? FAMILIES[line.family] ?? line.family,
    region,
    streaming,
    status,
    request_body,
    response_headers,
    bytes: Buffer.from(line.response_body_base64, 'base64'),
    isShortened: false,
  };
}
