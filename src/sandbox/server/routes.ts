/** Which operation a request line means. */
import type { Operation } from '../types.ts';

export interface Route {
  readonly operation: Operation;
  /** The decoded model or profile identifier, where the path has one. */
  readonly identifier: string;
}

const RUNTIME: ReadonlyMap<string, Operation> = new Map([
  ['converse', 'Converse'],
  ['converse-stream', 'ConverseStream'],
  ['invoke', 'InvokeModel'],
  ['invoke-with-response-stream', 'InvokeModelWithResponseStream'],
  ['count-tokens', 'CountTokens'],
]);

const CONTROL: ReadonlyMap<string, { readonly list: Operation; readonly get: Operation }> = new Map([
  ['inference-profiles', { list: 'ListInferenceProfiles', get: 'GetInferenceProfile' }],
  ['foundation-models', { list: 'ListFoundationModels', get: 'GetFoundationModel' }],
]);

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** `POST /model/{id}/{operation}` and `GET /{collection}[/{id}]`; undefined for anything else. */
export function routeOf(method: string, path: string): Route | undefined {
  const parts = path.split('/').slice(1);
  const [first = '', ...rest] = parts;
  if (method === 'POST' && first === 'model' && rest.length >= 2) {
    const operation = RUNTIME.get(rest.at(-1) ?? '');
    const identifier = decode(rest.slice(0, -1).join('/'));
    return operation === undefined ? undefined : { operation, identifier };
  }
  const collection = method === 'GET' ? CONTROL.get(first) : undefined;
  if (!collection) return undefined;
  const identifier = decode(rest.join('/'));
  return { operation: identifier === '' ? collection.list : collection.get, identifier };
}

/** The IAM action that an operation needs. */
export function iamAction(operation: Operation): string {
  if (operation === 'Converse') return 'bedrock:InvokeModel';
  if (operation === 'ConverseStream') return 'bedrock:InvokeModelWithResponseStream';
  return `bedrock:${operation}`;
}

export const isModelCall = (operation: Operation): boolean => /^(?:Converse|Invoke|Count)/.test(operation);
export const isStreaming = (operation: Operation): boolean => operation.endsWith('Stream');
