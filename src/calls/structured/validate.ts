/** JSON Schema 2020-12 by ajv. Apart, so that only a call with a schema loads it. */
import { Script } from 'node:vm';
import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';
import { BedrockError } from '../../bedrock-error.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../json.ts';

export interface Verdict {
  /** What is wrong with the value, one sentence each; empty = it fits. */
  readonly problems: readonly string[];
  /** Nobody can tell whether it fits, so that another answer would not help. */
  readonly undecided?: true;
}
export type Check = (value: JsonValue) => Verdict;

const MOST_PROBLEMS = 8;
const LONGEST_DETAIL = 200;
/** ms. Schemas come from callers: a pattern, or references, may be written so that checking them takes for ever. */
const TIME_LIMIT = 2_000;
/** Values that together walk into every schema that leads back to itself without taking anything off the value. */
const PROBES: readonly JsonValue[] = [null, true, 0, '', [], {}];

/**
 * Compiles a schema. References are only looked up inside it; formats are notes, as 2020-12 has it.
 * @param limitMs for compiling, and for each check.
 * @throws BedrockError `invalid_request` for what is no schema, or takes too long.
 */
export function compileSchema(schema: JsonObject, field: string, limitMs = TIME_LIMIT): Check {
  // A validator of its own for each call: shared ones keep every schema they ever saw.
  const ajv = new Ajv2020({
    allErrors: true,
    strict: false,
    strictNumbers: true,
    ownProperties: true,
    validateFormats: false,
    logger: false,
  });
  // The dialect is ours to choose; a schema that names another one is read as this one. With `$async`, ajv's own word,
  // the validator would answer with a promise and so pass everything.
  const { $schema: _, $async: __, ...own } = schema;
  try {
    const validate = within(limitMs, () => {
      const compiled = ajv.compile(own);
      // What cannot be applied to these can be applied to nothing, and is better known before an answer is paid for.
      for (const probe of PROBES) compiled(probe);
      return compiled;
    });
    return (value) => {
      try {
        return within(limitMs, () =>
          validate(value) ? { problems: [] } : { problems: sentences(validate.errors ?? []) },
        );
      } catch (cause) {
        return { problems: [`the answer could not be checked: ${why(cause, limitMs)}`], undecided: true };
      }
    };
  } catch (cause) {
    throw new BedrockError('invalid_request', {
      message: `${field} is no usable JSON Schema: ${why(cause, limitMs)}.`,
      fix: 'Give a JSON Schema (2020-12) without external references and endless recursion.',
      field,
      cause,
    });
  }
}

function sentences(errors: readonly ErrorObject[]): string[] {
  return errors.slice(0, MOST_PROBLEMS).map(({ instancePath, message, params }) => {
    const { additionalProperty, allowedValues, allowedValue } = params;
    const detail = additionalProperty ?? allowedValues ?? allowedValue;
    const extra = detail === undefined ? '' : ` (${cut(JSON.stringify(detail))})`;
    return `${instancePath === '' ? 'the value' : cut(instancePath)} ${cut(message ?? 'is wrong')}${extra}`;
  });
}

function cut(text: string): string {
  return text.length > LONGEST_DETAIL ? `${text.slice(0, LONGEST_DETAIL)}...` : text;
}

const RUN = new Script('work()');

/** Does the work, unless it takes longer. The only thing that stops a running regular expression is the engine itself. */
function within<T>(limitMs: number, work: () => T): T {
  const done: T[] = [];
  RUN.runInNewContext({ work: () => void done.push(work()) }, { timeout: limitMs });
  const [result] = done;
  if (result === undefined) throw new Error('it gave no result');
  return result;
}

function why(cause: unknown, limitMs: number): string {
  // Not an Error of this context, so it has to be told by its code.
  if (isJsonObject(cause) && cause['code'] === 'ERR_SCRIPT_EXECUTION_TIMEOUT')
    return `that takes longer than ${limitMs} ms; simplify its patterns and references`;
  if (cause instanceof RangeError) return 'its references lead too deep, or back to themselves';
  return cause instanceof Error ? cause.message.slice(0, 300) : 'it cannot be read';
}
