/** A schema for the answer as callers write it: the schema itself, or what OpenAI and Anthropic put around it. */
import { isJsonObject, type JsonObject } from '../../json.ts';
import { booleanAt, checkMembers, objectAt, stringAt, type Tell } from './fields.ts';

/** One of these, and it is a schema and no wrapper. */
const KEYWORDS = ['properties', '$ref', '$defs', 'anyOf', 'oneOf', 'allOf', 'enum', 'const', 'items'];

/**
 * Takes off `{type: "json_schema", json_schema: {name, schema, strict}}` (Chat Completions), the same without the inner
 * object (Responses; Anthropic's `output_config.format`), or `{name, schema}` alone. The name becomes the title.
 */
export function unwrapSchema(given: unknown, tell: Tell): unknown {
  if (!isJsonObject(given)) return given;
  const field = 'response_schema';
  if (isJsonObject(given['json_schema'])) {
    checkMembers(given, ['type', 'json_schema'], field, tell);
    return schemaIn(given['json_schema'], `${field}.json_schema`, tell);
  }
  const isBare = isJsonObject(given['schema']) && !KEYWORDS.some((name) => Object.hasOwn(given, name));
  return given['type'] === 'json_schema' || (isBare && given['type'] === undefined)
    ? schemaIn(given, field, tell)
    : given;
}

function schemaIn(wrapper: JsonObject, field: string, tell: Tell): JsonObject {
  checkMembers(wrapper, ['type', 'name', 'description', 'schema', 'strict'], field, tell);
  const { name, description, strict } = wrapper;
  if (strict !== undefined && strict !== null && !booleanAt(strict, `${field}.strict`))
    tell(`${field}.strict was left out: every answer is checked against the schema.`);
  return {
    ...(name === undefined || name === null ? {} : { title: stringAt(name, `${field}.name`) }),
    ...(description === undefined || description === null
      ? {}
      : { description: stringAt(description, `${field}.description`) }),
    ...objectAt(wrapper['schema'], `${field}.schema`),
  };
}
