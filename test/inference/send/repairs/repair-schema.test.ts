import { describe, expect, it } from 'vitest';
import { BedrockError } from '../../../../src/bedrock-error.ts';
import { repairFor } from '../../../../src/inference/send/repairs/repair.ts';
import type { InferenceRequest } from '../../../../src/messages/types.ts';
import { asking, modelOf } from '../../sample-model.ts';

const schema = { type: 'object', properties: { a: { type: 'string' } } };
const shaped = (atMost?: 'tool' | 'words', more: Partial<InferenceRequest> = {}) =>
  asking({ outputSchema: { name: 'n', schema, ...(atMost === undefined ? {} : { atMost }) }, ...more });
const tools = [{ toolSpec: { name: 'f', inputSchema: { type: 'object' } } }];

function repaired(awsMessage: string, request: InferenceRequest) {
  const error = new BedrockError('rejected_request', { message: 'm', fix: 'f', httpStatus: 400, awsMessage });
  return repairFor(error, request, modelOf('claude', { structuredOutput: true, tools: true }), new Set());
}

describe('a schema that the provider cannot compile', () => {
  const refusals = [
    'The compiled grammar is too large, which would cause performance issues. Simplify your tool schemas or reduce the number of strict tools.',
    'The model returned the following errors: The compiled grammar is too large, which would cause performance issues. Simplify your tool schemas or reduce the number of strict tools.',
    'output_config.format.schema: Invalid schema: The compiled grammar is too large, which would cause performance issues.',
    'Grammar compilation timed out.',
    'Grammar compilation timed out. Structured output is not supported for this schema.',
    'Schema is too complex for compilation. Try reducing the number of tools or simplifying tool schemas.',
    'Schemas contains too many optional parameters (87), which would make grammar compilation inefficient. Reduce the number of optional parameters in your tool schemas (limit: 24).',
  ];

  it.each(refusals)('is asked for through the tool, and nothing is learned of the model: %s', (said) => {
    const found = repaired(said, shaped());
    expect(found).toMatchObject({ cause: 'output-schema-native', request: shaped('tool') });
    expect(found).not.toHaveProperty('learned');
  });

  it.each(refusals)('is asked for in words when it was the tool that did not compile: %s', (said) => {
    expect(repaired(said, shaped('tool'))).toMatchObject({ request: shaped('words') });
    expect(repaired(said, shaped('words'))).toBeUndefined();
  });

  it.each(refusals)("goes into words beside the caller's own tools, which stay: %s", (said) => {
    const request = shaped(undefined, { toolConfig: { tools } });
    expect(repaired(said, request)?.request).toMatchObject({
      outputSchema: { atMost: 'tool' },
      toolConfig: { tools },
    });
    expect(repaired(said, asking({ toolConfig: { tools } }))).toBeUndefined();
  });
});
