/**
 * How a model is told to answer in the shape of a JSON Schema: by its own structured output where it has one, else by a
 * forced tool whose input is the answer, else in words. Pure; whether the answer fits is checked by whoever asked.
 */
import { isJsonObject, type JsonObject, type JsonValue, parseJson } from '../../json.ts';
import type {
  CodecModel,
  ContentBlock,
  InferenceRequest,
  InferenceResult,
  ToolChoice,
} from '../../messages/types.ts';
import { choosesItself } from './rules/sampling.ts';
import { modernSchema } from './schema/modern-schema.ts';
import { takesSchema } from './schema/tool-schemas.ts';
import { narrowSchema, needsItsPlace } from './strict-schema.ts';

export type OutputForm = 'native' | 'tool' | 'words';

/** What was made of `outputSchema`, so that the answer can be read back. */
export interface FormedOutput {
  readonly form: OutputForm;
  /** The schema was put into an object under `value`, because the form takes only objects at its root. */
  readonly wrapped: boolean;
}

export interface Formed {
  readonly request: InferenceRequest;
  /** Absent when no shape was asked for. */
  readonly output?: FormedOutput;
  readonly warnings: readonly string[];
}

const FORMS: readonly OutputForm[] = ['native', 'tool', 'words'];
const TOOL_NAME = 'answer';
const WRAPPER = 'value';

/** The request in the best form that the model takes. `outputSchema.atMost` leaves out better ones that were refused. */
export function formOutput(request: InferenceRequest, model: CodecModel): Formed {
  const { outputSchema, ...rest } = request;
  if (outputSchema === undefined) return { request, warnings: [] };
  if (request.rawBody !== undefined)
    return {
      request,
      warnings: ['The JSON Schema was not sent: a native_body goes as it is. The answer is only checked.'],
    };
  const { name, atMost } = outputSchema;
  const { $schema: _, ...schema } = modernSchema(outputSchema.schema, () => {});
  const description = outputSchema.description?.trim() === '' ? undefined : outputSchema.description;
  const wrapped = !isObjectSchema(schema);
  const object = wrapped ? wrap(schema) : { ...schema, type: 'object' };
  const allowed = wrapped && needsItsPlace(schema) ? [] : FORMS.slice(atMost ? FORMS.indexOf(atMost) : 0);

  if (allowed.includes('native') && model.features.structuredOutput !== false && !hasCitations(request)) {
    const narrowed = narrowSchema(object);
    if (narrowed !== undefined) {
      const said = description === undefined ? {} : { description };
      return {
        request: { ...rest, outputSchema: { name, schema: narrowed, ...said } },
        output: { form: 'native', wrapped },
        warnings: [],
      };
    }
  }
  const toolChoice = allowed.includes('tool') ? forcedChoice(request, model) : undefined;
  const spec = {
    name: TOOL_NAME,
    description: description ?? 'Gives the answer. Call it once, with the whole answer.',
    inputSchema: object,
  };
  if (toolChoice !== undefined && takesSchema(spec, model)) {
    return {
      request: { ...rest, toolConfig: { tools: [{ toolSpec: spec }], toolChoice } },
      output: { form: 'tool', wrapped },
      warnings: [],
    };
  }
  const text = `Answer with one JSON value only, without any other text, that is valid against this JSON Schema:\n${JSON.stringify(schema)}`;
  return {
    request: { ...rest, system: [...(rest.system ?? []), { text }] },
    output: { form: 'words', wrapped: false },
    warnings: [
      'The JSON Schema was put into the system text, because this call can use neither native structured output nor a forced tool.',
    ],
  };
}

/** Members without a type are meant for an object. */
function isObjectSchema({ type, properties }: JsonObject): boolean {
  return type === 'object' || (type === undefined && properties !== undefined);
}

function wrap(schema: JsonObject): JsonObject {
  // Under an $id of its own, references would no longer find the definitions.
  const { $defs, definitions, $id: _, ...value } = schema;
  return {
    type: 'object',
    properties: { [WRAPPER]: value },
    required: [WRAPPER],
    ...($defs === undefined ? {} : { $defs }),
    ...(definitions === undefined ? {} : { definitions }),
  };
}

/** undefined = a tool cannot be forced: the caller has tools of his own, or the model thinks and then chooses itself. */
function forcedChoice(request: InferenceRequest, model: CodecModel): ToolChoice | undefined {
  const { features } = model;
  const { toolConfig, messages } = request;
  const hasTools = (toolConfig?.tools.length ?? 0) > 0;
  const hadTools = messages.some(({ content }) => content.some((block) => 'toolUse' in block));
  if (hasTools || hadTools || features.tools === false || choosesItself(request, model)) return undefined;
  const { toolChoice } = features;
  if (toolChoice === undefined || toolChoice.includes('tool')) return { tool: { name: TOOL_NAME } };
  return toolChoice.includes('any') ? { any: {} } : undefined;
}

/** Structured output and citations exclude each other (AWS "Structured outputs"). */
export function hasCitations({ messages }: InferenceRequest): boolean {
  return messages.some(({ content }) =>
    content.some((block) => 'document' in block && block.document.citations?.enabled === true),
  );
}

/** The answer as if the model had written the JSON as its text, whatever form it was asked for in. */
export function readFormed(result: InferenceResult, { form, wrapped }: FormedOutput): InferenceResult {
  if (form === 'tool') return readTool(result, wrapped);
  return form === 'words' || !wrapped ? result : unwrapResult(result);
}

function unwrapResult(result: InferenceResult): InferenceResult {
  const text = result.content.map((block) => ('text' in block ? block.text : '')).join('');
  const inner = wrappedIn(text);
  if (inner?.isAlone !== true) return result;
  const others = result.content.filter((block) => !('text' in block));
  return { ...result, content: [...others, { text: inner.text }], framed: 'wrapper' };
}

/** There is one tool, so a call is the answer, whatever the model calls it; words around it and repetitions are not. */
function readTool(result: InferenceResult, wrapped: boolean): InferenceResult {
  const call = result.content.find((block) => 'toolUse' in block);
  // Words in place of the call may have the wrapper that the tool asked for.
  if (call === undefined || !('toolUse' in call)) return wrapped ? unwrapResult(result) : result;
  const { input } = call.toolUse;
  const text = typeof input === 'string' ? input : written(input);
  const inner = wrapped ? wrappedIn(text) : undefined;
  const content = result.content.flatMap((block): ContentBlock[] => {
    if (block === call) return [{ text: inner?.isAlone === true ? inner.text : text }];
    return 'text' in block || 'toolUse' in block ? [] : [block];
  });
  const stopReason = result.stopReason === 'tool_use' ? 'end_turn' : result.stopReason;
  const { stopReasonRaw: _, ...rest } = result;
  return stopReason === result.stopReason
    ? { ...result, content, framed: 'call' }
    : { ...rest, content, stopReason, framed: 'call' };
}

/** JSON has no infinite numbers; as `null` they would pass where null is allowed. */
function written(value: JsonValue): string {
  return JSON.stringify(value, (_key, member: unknown) =>
    typeof member === 'number' && !Number.isFinite(member) ? String(member) : member,
  );
}

/**
 * What stands under `value`, as the model wrote it; undefined when the model left the wrapper out. Not alone, it may be
 * a wrapper with more in it, or an answer that has such a member.
 */
export function wrappedIn(text: string): { readonly text: string; readonly isAlone: boolean } | undefined {
  const whole = parseJson(text);
  if (!isJsonObject(whole) || !Object.hasOwn(whole, WRAPPER)) return undefined;
  const isAlone = Object.keys(whole).length === 1;
  // Its own digits and spaces: a number may have more of them than a double holds.
  const inner = isAlone ? /^\s*\{\s*"value"\s*:([\s\S]*)\}\s*$/.exec(text)?.[1]?.trim() : undefined;
  const isExact = inner !== undefined && parseJson(inner) !== undefined;
  return { text: isExact ? inner : written(whole[WRAPPER] ?? null), isAlone };
}

/** The next form to try after the model refused this one; undefined after words. */
export function formAfter(form: OutputForm): OutputForm | undefined {
  return FORMS[FORMS.indexOf(form) + 1];
}
