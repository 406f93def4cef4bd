/**
 * How a model is told to answer in the shape of a JSON Schema: by its own structured output where it has one, else by a
 * forced tool whose input is the answer, else in words. Pure; whether the answer fits is checked by whoever asked.
 */
import { isJsonObject, type JsonObject, type JsonValue } from '../json.ts';
import { narrowSchema, refersToItself } from './narrow-schema.ts';
import { reasoningFields } from './reasoning.ts';
import type { CodecModel, ContentBlock, InferenceRequest, InferenceResult, ToolChoice } from './types.ts';

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
  if (outputSchema === undefined || request.rawBody !== undefined) return { request, warnings: [] };
  const { schema, name, description, atMost } = outputSchema;
  const wrapped = schema['type'] !== 'object';
  // A wrapped schema that refers to its own root would then refer to the wrapper.
  const object = wrapped ? wrap(schema) : schema;
  const allowed = FORMS.slice(atMost === undefined ? 0 : FORMS.indexOf(atMost));

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
  if (toolChoice !== undefined && !(wrapped && refersToItself(object, object))) {
    const spec = {
      name: TOOL_NAME,
      description: description ?? 'Gives the answer. Call it once, with the whole answer.',
      inputSchema: object,
    };
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

function wrap(schema: JsonObject): JsonObject {
  const { $defs, definitions, $schema: _, ...value } = schema;
  return {
    type: 'object',
    properties: { [WRAPPER]: value },
    required: [WRAPPER],
    ...($defs === undefined ? {} : { $defs }),
    ...(definitions === undefined ? {} : { definitions }),
  };
}

/** undefined = a tool cannot be forced: the caller has tools of his own, or the model thinks and then chooses itself. */
function forcedChoice(request: InferenceRequest, { features }: CodecModel): ToolChoice | undefined {
  const { toolConfig, messages, reasoning } = request;
  const hasTools = (toolConfig?.tools.length ?? 0) > 0;
  const hadTools = messages.some(({ content }) => content.some((block) => 'toolUse' in block));
  if (hasTools || hadTools || features.tools === false) return undefined;
  const choosesItself =
    features.reasoning === 'claude-adaptive-only' ||
    (reasoning !== undefined &&
      features.reasoning !== undefined &&
      reasoningFields(features.reasoning, reasoning.effort, reasoning.budgetTokens).autoToolChoiceOnly);
  if (choosesItself) return undefined;
  const { toolChoice } = features;
  if (toolChoice === undefined || toolChoice.includes('tool')) return { tool: { name: TOOL_NAME } };
  return toolChoice.includes('any') ? { any: {} } : undefined;
}

/** Structured output and citations exclude each other (AWS "Structured outputs"). */
function hasCitations({ messages }: InferenceRequest): boolean {
  return messages.some(({ content }) =>
    content.some((block) => 'document' in block && block.document.citations?.enabled === true),
  );
}

/** The answer as if the model had written the JSON as its text, whatever form it was asked for in. */
export function readFormed(result: InferenceResult, { form, wrapped }: FormedOutput): InferenceResult {
  const content = result.content.map((block): ContentBlock => {
    if (form === 'tool' && 'toolUse' in block && block.toolUse.name === TOOL_NAME) {
      const { input } = block.toolUse;
      return { text: typeof input === 'string' ? input : JSON.stringify(wrapped ? unwrap(input) : input) };
    }
    return form === 'native' && wrapped && 'text' in block ? { text: unwrapText(block.text) } : block;
  });
  const called = form === 'tool' && result.stopReason === 'tool_use';
  return { ...result, content, ...(called ? { stopReason: 'end_turn' as const } : {}) };
}

function unwrap(value: JsonValue): JsonValue {
  const inner = isJsonObject(value) ? value[WRAPPER] : undefined;
  return inner === undefined ? value : inner;
}

function unwrapText(text: string): string {
  try {
    const value: JsonValue = JSON.parse(text);
    return JSON.stringify(unwrap(value));
  } catch {
    // Cut by a limit, or no JSON at all: whoever checks it says so.
    return text;
  }
}

/** The next form to try after the model refused this one; undefined after words. */
export function formAfter(form: OutputForm): OutputForm | undefined {
  return FORMS[FORMS.indexOf(form) + 1];
}
