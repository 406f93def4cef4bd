import { expect, it } from 'vitest';
import type { ModelFeatures } from '../../../../src/catalog/types.ts';
import { prepareRequest } from '../../../../src/inference/prepare/prepare-request.ts';
import type { Api, ContentBlock, InferenceRequest, Message } from '../../../../src/messages/types.ts';
import { asking, deepFreeze, modelOf } from '../../sample-model.ts';

/** One row of a rule's table: a request, the model, and what becomes of it. */
export interface RuleRow {
  readonly name: string;
  readonly family?: string;
  readonly features?: ModelFeatures;
  readonly api?: Api;
  readonly request: InferenceRequest;
  /** The whole request that is sent; 'same' when nothing may change. */
  readonly sends?: InferenceRequest | 'same';
  /** Words of the warnings, in order. None given = no warning. */
  readonly warns?: readonly string[];
  /** The refusal instead: its code (invalid_request when absent) and the field that it names. */
  readonly refuses?: { readonly code?: string; readonly field: string };
}

export function prepare(row: Pick<RuleRow, 'family' | 'features' | 'api' | 'request'>) {
  const model = modelOf(row.family ?? 'unknown', row.features ?? {});
  // Frozen all the way down: a rule that changes its input throws.
  return prepareRequest(deepFreeze(row.request), model, row.api ?? 'converse');
}

/** Runs a table. Everything that is sent must also pass a second time unchanged. */
export function checkRows(rows: readonly RuleRow[]): void {
  it.each(rows.map((row) => [row.name, row] as const))('%s', (_name, row) => {
    if (row.refuses !== undefined) {
      const { code = 'invalid_request', field } = row.refuses;
      expect(() => prepare(row)).toThrow(expect.objectContaining({ code, field }));
      return;
    }
    const prepared = prepare(row);
    expect(prepared.request).toEqual(row.sends === 'same' ? row.request : row.sends);
    expect(prepared.warnings).toEqual((row.warns ?? []).map((words) => expect.stringContaining(words)));
    expect(prepare({ ...row, request: prepared.request }).request).toEqual(prepared.request);
  });
}

export const user = (...content: ContentBlock[]): Message => ({ role: 'user', content });
export const assistant = (...content: ContentBlock[]): Message => ({ role: 'assistant', content });
export const call = (toolUseId: string, name = 'f'): ContentBlock => ({
  toolUse: { toolUseId, name, input: {} },
});
export const result = (toolUseId: string, text = 'ok'): ContentBlock => ({
  toolResult: { toolUseId, content: [{ text }] },
});
export const talk = (...messages: Message[]): InferenceRequest => ({ messages });
export const spec = (name: string, more: object = {}) => ({
  toolSpec: { name, description: 'd', inputSchema: { type: 'object' }, ...more },
});
export { asking };
