/** JSON Schema 2020-12 by ajv. Apart, so that only a call with a schema loads it. */
import { Ajv2020 } from 'ajv/dist/2020.js';
import { BedrockError } from '../bedrock-error.ts';
import type { JsonObject, JsonValue } from '../json.ts';

/** What is wrong with a value, one sentence each; empty = it fits. */
export type Check = (value: JsonValue) => readonly string[];

const MOST_PROBLEMS = 8;

/**
 * Compiles a schema. References are only looked up inside it; formats are notes, as 2020-12 has it.
 * @throws BedrockError `invalid_request` for what is no schema.
 */
export function compileSchema(schema: JsonObject, field: string): Check {
  // A validator of its own for each call: shared ones keep every schema they ever saw.
  const ajv = new Ajv2020({
    allErrors: true,
    strict: false,
    validateFormats: false,
    addUsedSchema: false,
    logger: false,
  });
  // The dialect is ours to choose; a schema that names another one is read as this one.
  const { $schema: _, ...own } = schema;
  try {
    const validate = ajv.compile(own);
    return (value) =>
      validate(value)
        ? []
        : (validate.errors ?? []).slice(0, MOST_PROBLEMS).map(({ instancePath, message, params }) => {
            const extra = 'additionalProperty' in params ? ` (${String(params['additionalProperty'])})` : '';
            return `${instancePath === '' ? 'the value' : instancePath} ${message ?? 'is wrong'}${extra}`;
          });
  } catch (cause) {
    throw new BedrockError('invalid_request', {
      message: `${field} is no usable JSON Schema: ${cause instanceof Error ? cause.message.slice(0, 300) : 'it cannot be read'}.`,
      fix: 'Give a JSON Schema (2020-12) without external references.',
      field,
      cause,
    });
  }
}
