import { describe, expect, it } from 'vitest';
import { argumentOf } from '../../../src/inference/prepare/argument-names.ts';

describe('argumentOf', () => {
  it.each([
    ['inferenceConfig.maxTokens', 'max_tokens'],
    ['inferenceConfig.stopSequences', 'stop_sequences'],
    ['toolConfig', 'tools'],
    ['toolConfig.tools[2]', 'tools[2]'],
    ['toolConfig.tools[2].toolSpec.inputSchema.properties.a', 'tools[2].input_schema.properties.a'],
    ['toolConfig.tools[0].toolSpec.strict', 'tools[0].strict'],
    ['toolConfig.tools[0].cachePoint', 'tools[0].cachePoint'],
    ['toolConfig.toolChoice.tool.name', 'tool_choice'],
    ['outputSchema.schema.properties.a', 'response_schema.properties.a'],
    ['additionalModelRequestFields.thinking', 'options.additional_model_request_fields.thinking'],
    ['requestMetadata', 'options.request_metadata'],
  ])('%s is %s', (path, argument) => {
    expect(argumentOf(path)).toBe(argument);
  });

  it.each([
    'messages[2].content[0].toolUse.input',
    'system[0].cachePoint',
    'messages',
    'toolConfiguration',
    '',
  ])('leaves %j as it is', (path) => {
    expect(argumentOf(path)).toBe(path);
  });
});
