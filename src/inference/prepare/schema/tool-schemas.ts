/**
 * The input schemas of tools as each family takes them. What a family refuses is rewritten where the meaning stays, in
 * the schema or in the words of the tool's description, and told once for each tool; else the tool is refused by name.
 */
import type { BedrockError } from '../../../bedrock-error.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../../json.ts';
import type { CodecModel, InferenceRequest, Tool, ToolSpec } from '../../../messages/types.ts';
import type { Renames } from '../rules/renames.ts';
import {
  flatMapBlocks,
  isBlank,
  mapContent,
  quoted,
  type Rule,
  type RuleContext,
  refusal,
} from '../rules/rule.ts';
import { narrowSchema } from '../strict-schema.ts';
import { modernSchema } from './modern-schema.ts';
import { renameKeys, renameProperties } from './property-names.ts';
import { flattenRoot, ROOT_CHOICES } from './root-choices.ts';
import { SchemaProblem, withoutReferences, withoutRootReference } from './schema-references.ts';
import { NOTES, rewriteObject, VALUES, without } from './walk-schema.ts';

/** Renamed properties that a warning names. */
const MOST_TOLD = 10;

interface SchemaForm {
  /** Refused at the root. */
  readonly rootRefuses?: readonly string[];
  /** Nothing else may stand at the root. */
  readonly rootTakes?: readonly string[];
  /** References and definitions are refused. */
  readonly writesReferencesOut?: true;
  readonly propertyName?: RegExp;
  readonly needsProperties?: true;
  /** Closed objects do harm. */
  readonly opensObjects?: true;
}

const FORMS: ReadonlyMap<string, SchemaForm> = new Map<string, SchemaForm>([
  [
    'claude',
    {
      // "input_schema does not support oneOf, allOf, or anyOf at the top level" (code-yeongyu/senpi#1947),
      // "Property keys should match pattern" (aws-solutions-library-samples/accelerated-intelligent-document-processing-on-aws#709).
      rootRefuses: ROOT_CHOICES,
      propertyName: /^[a-zA-Z0-9_.-]{1,64}$/,
    },
  ],
  [
    'nova',
    {
      // "extraneous key [$defs] is not permitted" (zed-industries/zed#28521, lastmile-ai/mcp-agent#126). AWS's page names
      // type, properties and required; additionalProperties, title and strict were recorded as taken.
      rootRefuses: ROOT_CHOICES,
      rootTakes: ['type', 'properties', 'required', 'additionalProperties', 'title', 'strict'],
      writesReferencesOut: true,
    },
  ],
  [
    'gpt',
    {
      // "schema must have type 'object' and not have 'oneOf'/'anyOf'/'allOf'/'enum'/'not' at the top level"
      // (langchain-ai/langchainjs#9804), "object schema missing properties" (microsoft/playwright-mcp#1191).
      rootRefuses: [...ROOT_CHOICES, 'enum', 'not'],
      needsProperties: true,
    },
  ],
  // Llama 3 answers with empty content when a schema closes its objects (ReqLLM strips the keyword); Llama 4 was
  // recorded without that trouble.
  ['llama3', { opensObjects: true }],
]);

/** A schema on its way, and what has been done to it. */
interface Draft {
  readonly schema: JsonObject;
  /** For the description of the tool. */
  readonly words: readonly string[];
}

type Note = (what: string) => void;
type Step = (draft: Draft, form: SchemaForm, note: Note) => Draft;

const STEPS: readonly Step[] = [
  ({ schema, words }, _form, note) => ({ schema: modernSchema(schema, note), words }),
  function rootReference(draft, _form, note) {
    if (draft.schema['$ref'] === undefined) return draft;
    note('the reference at its root was written out');
    return { ...draft, schema: withoutRootReference(draft.schema) };
  },
  function references(draft, { writesReferencesOut }, note) {
    if (writesReferencesOut === undefined || !hasReferences(draft.schema)) return draft;
    const { schema, isCut } = withoutReferences(draft.schema);
    note('references were written out');
    if (isCut) note('where it contains itself it was cut, to objects that may hold anything');
    return { ...draft, schema };
  },
  function rootChoices(draft, { rootRefuses = [] }, note) {
    const refused = ROOT_CHOICES.filter(
      (key) => rootRefuses.includes(key) && Object.hasOwn(draft.schema, key),
    );
    if (refused.length === 0) return draft;
    const flat = flattenRoot(draft.schema);
    if (flat === undefined) throw new SchemaProblem(`${refused.join(' and ')} at its root offers no object`);
    note(`${refused.join(' and ')} at its root became plain properties, with the choice in its description`);
    return { schema: flat.schema, words: [...draft.words, ...flat.words] };
  },
  function objectAtRoot(draft, _form, note) {
    const { type } = draft.schema;
    if (type === 'object') return draft;
    if (type !== undefined && !(Array.isArray(type) && type.includes('object')))
      throw new SchemaProblem(`it has the type ${quoted(String(type))} at its root`);
    note('it was given the type object at its root');
    return { ...draft, schema: { ...draft.schema, type: 'object' } };
  },
  function rootKeys(draft, { rootRefuses = [], rootTakes }, note) {
    const keys = Object.keys(draft.schema).filter(
      (key) => rootRefuses.includes(key) || rootTakes?.includes(key) === false,
    );
    if (keys.length === 0) return draft;
    const { description } = draft.schema;
    const demands = keys.filter((key) => !NOTES.has(key) && !key.startsWith('$'));
    const asked = Object.fromEntries(demands.map((key) => [key, draft.schema[key] ?? null]));
    note(
      demands.length === 0
        ? `${keys.join(', ')} left out at its root`
        : `${keys.join(', ')} at its root were put into its description`,
    );
    return {
      schema: without(draft.schema, ...keys),
      words: [
        ...(keys.includes('description') && typeof description === 'string' ? [description] : []),
        ...draft.words,
        ...(demands.length === 0
          ? []
          : [`The input must also fit this JSON Schema: ${JSON.stringify(asked)}`]),
      ],
    };
  },
  function emptyProperties(draft, { needsProperties }, note) {
    if (needsProperties === undefined || draft.schema['properties'] !== undefined) return draft;
    note('it was given an empty list of properties');
    return { ...draft, schema: { ...draft.schema, properties: {} } };
  },
  function integers(draft, _form, note) {
    // Claude refuses 2^53 - 1 and more, "int too big to convert" (RevenueCat/ai-toolkit#26, tailcallhq/forgecode#3308).
    // To others they would go wrong: reading JSON has rounded them, int64's own bounds to what no int64 holds.
    const isTooBig = (value: JsonValue): boolean =>
      typeof value === 'number' && Number.isInteger(value) && Math.abs(value) >= Number.MAX_SAFE_INTEGER;
    const hasTooBig = (value: JsonValue): boolean =>
      isTooBig(value) ||
      (typeof value === 'object' && value !== null && Object.values(value).some(hasTooBig));
    const schema = rewriteObject(draft.schema, (node) => {
      const keys = Object.entries(node).flatMap(([key, value]) =>
        (VALUES.has(key) ? hasTooBig(value) : isTooBig(value)) ? [key] : [],
      );
      if (keys.length === 0) return node;
      note(`numbers too big for the model were left out (${keys.join(', ')})`);
      return without(node, ...keys);
    });
    return { ...draft, schema };
  },
  function openObjects(draft, { opensObjects }, note) {
    if (opensObjects === undefined) return draft;
    const schema = rewriteObject(draft.schema, (node) => {
      if (node['additionalProperties'] !== false) return node;
      note('additionalProperties: false was taken out, because Llama 3 answers nothing with it');
      return without(node, 'additionalProperties');
    });
    return { ...draft, schema };
  },
];

function hasReferences(schema: JsonObject): boolean {
  let found = false;
  rewriteObject(schema, (node) => {
    if (['$ref', '$defs', 'definitions'].some((key) => Object.hasOwn(node, key))) found = true;
    return node;
  });
  return found;
}

function cannotSend(spec: ToolSpec, at: number, reason: string): BedrockError {
  return refusal(
    `toolConfig.tools[${at}].toolSpec.inputSchema`,
    `The input schema of the tool ${quoted(spec.name)} cannot be sent: ${reason}.`,
    'Tools take an object: wrap another value in one, such as {"type":"object","properties":{"value":...}}, and keep what it refers to inside the schema.',
  );
}

interface Fitted extends Draft {
  readonly notes: ReadonlySet<string>;
}

/** @throws SchemaProblem where the family takes no form of it. */
function fitSchema({ inputSchema }: ToolSpec, form: SchemaForm): Fitted {
  const notes = new Set<string>();
  const start: Draft = { schema: inputSchema, words: [] };
  const draft = STEPS.reduce((each, step) => step(each, form, (what) => notes.add(what)), start);
  return { ...draft, notes };
}

const formOf = ({ family }: CodecModel): SchemaForm => FORMS.get(family) ?? {};

/** Is there a form of the tool's schema that the model takes? */
export function takesSchema(spec: ToolSpec, model: CodecModel): boolean {
  try {
    fitSchema(spec, formOf(model));
    return true;
  } catch (error) {
    if (error instanceof SchemaProblem) return false;
    throw error;
  }
}

function fitted(spec: ToolSpec, at: number, context: RuleContext): ToolSpec {
  const form = formOf(context.model);
  try {
    return told(spec, fitSchema(spec, form), form, context);
  } catch (error) {
    if (error instanceof SchemaProblem) throw cannotSend(spec, at, error.message);
    throw error;
  }
}

function told(
  spec: ToolSpec,
  { schema, words, notes }: Fitted,
  form: SchemaForm,
  context: RuleContext,
): ToolSpec {
  const named = form.propertyName === undefined ? undefined : renameProperties(schema, form.propertyName);
  const done = [...notes];
  if (named !== undefined) {
    context.inputNames.set(spec.name, named.names);
    const pairs = named.renamed
      .slice(0, MOST_TOLD)
      .map((name) => `${quoted(name)} as ${named.names.sent(name)}`);
    const more = named.renamed.length > MOST_TOLD ? ` and ${named.renamed.length - MOST_TOLD} more` : '';
    done.push(`properties were renamed on the way and back, ${pairs.join(', ')}${more}`);
  }
  if (done.length === 0) return spec;
  context.warn(
    `The input schema of the tool ${quoted(spec.name)} was rewritten for this model: ${done.join('; ')}.`,
  );
  const text = [spec.description ?? '', ...words].filter((each) => !isBlank(each)).join('\n');
  return {
    ...spec,
    inputSchema: named?.schema ?? schema,
    ...(named === undefined || spec.anthropicFields === undefined
      ? {}
      : { anthropicFields: withSentExamples(spec.anthropicFields, named.names) }),
    ...(words.length === 0 ? {} : { description: text }),
  };
}

/** Examples of inputs are checked against the schema. */
function withSentExamples(fields: JsonObject, names: Renames): JsonObject {
  const examples = fields['input_examples'];
  return examples === undefined ? fields : { ...fields, input_examples: renameKeys(examples, names.sent) };
}

function fitSchemas(request: InferenceRequest, context: RuleContext): InferenceRequest {
  const { toolConfig } = request;
  if (toolConfig === undefined) return request;
  const tools = toolConfig.tools.map((tool, at): Tool => {
    if (!('toolSpec' in tool)) return tool;
    const toolSpec = fitted(tool.toolSpec, at, context);
    return toolSpec === tool.toolSpec ? tool : { toolSpec };
  });
  const isSame = tools.every((tool, at) => tool === toolConfig.tools[at]);
  const fitting = isSame ? request : { ...request, toolConfig: { ...toolConfig, tools } };
  return context.inputNames.size === 0 ? fitting : withSentInputs(fitting, context);
}

/** The calls of the history, with the names that the model was given. */
function withSentInputs(request: InferenceRequest, { inputNames }: RuleContext): InferenceRequest {
  return mapContent(request, (message) =>
    flatMapBlocks(message.content, (block) => {
      const names = 'toolUse' in block ? inputNames.get(block.toolUse.name) : undefined;
      if (names === undefined || !('toolUse' in block)) return [block];
      return [{ toolUse: { ...block.toolUse, input: renameKeys(block.toolUse.input, names.sent) } }];
    }),
  );
}

/** Most strict tools in one request, and optional parameters in all of them (Anthropic "Structured outputs"). */
const MOST_STRICT = 20;
const MOST_OPTIONAL = 24;

/** The schema as strict tools take it; undefined = it has what they do not. */
function strictSchema({ inputSchema }: ToolSpec): JsonObject | undefined {
  const { properties } = inputSchema;
  const isEmpty =
    properties === undefined || (isJsonObject(properties) && Object.keys(properties).length === 0);
  // A tool without parameters is closed by that.
  if (isEmpty) return { ...inputSchema, properties: {}, additionalProperties: false };
  return narrowSchema(inputSchema);
}

function optionalIn({ properties, required }: JsonObject): number {
  const names = isJsonObject(properties) ? Object.keys(properties) : [];
  return names.filter((name) => !(Array.isArray(required) && required.includes(name))).length;
}

function strictTools(request: InferenceRequest, context: RuleContext): InferenceRequest {
  const { toolConfig } = request;
  const { strictTools: takes, structuredOutput } = context.model.features;
  const isRefused = (takes ?? structuredOutput) === false;
  if (toolConfig?.tools.some((tool) => 'toolSpec' in tool && tool.toolSpec.strict !== undefined) !== true)
    return request;
  let count = 0;
  let optional = 0;
  const loose = (spec: ToolSpec, why: string): Tool => {
    context.warn(`strict was left out of the tool ${quoted(spec.name)}, because ${why}.`);
    const { strict: _, ...rest } = spec;
    return { toolSpec: rest };
  };
  const tools = toolConfig.tools.map((tool): Tool => {
    if (!('toolSpec' in tool) || tool.toolSpec.strict === undefined) return tool;
    const spec = tool.toolSpec;
    if (isRefused) return loose(spec, 'the model does not accept it');
    if (spec.strict === false) return tool;
    const inputSchema = strictSchema(spec);
    if (inputSchema === undefined) return loose(spec, 'its schema says what strict tools cannot have');
    count += 1;
    optional += optionalIn(inputSchema);
    if (count > MOST_STRICT || optional > MOST_OPTIONAL) {
      count -= 1;
      optional -= optionalIn(inputSchema);
      return loose(
        spec,
        `a request has at most ${MOST_STRICT} strict tools with ${MOST_OPTIONAL} optional parameters`,
      );
    }
    if (JSON.stringify(inputSchema) === JSON.stringify(spec.inputSchema)) return tool;
    context.warn(
      `The schema of the strict tool ${quoted(spec.name)} was narrowed: its objects are closed, and bounds are said in descriptions.`,
    );
    return { toolSpec: { ...spec, inputSchema } };
  });
  return tools.every((tool, at) => tool === toolConfig.tools[at])
    ? request
    : { ...request, toolConfig: { ...toolConfig, tools } };
}

/** The request with no tool strict; the same one when none was. */
export function withoutStrict(request: InferenceRequest): InferenceRequest {
  const { toolConfig } = request;
  if (toolConfig?.tools.some((tool) => 'toolSpec' in tool && tool.toolSpec.strict !== undefined) !== true)
    return request;
  const tools = toolConfig.tools.map((tool): Tool => {
    if (!('toolSpec' in tool)) return tool;
    const { strict: _, ...toolSpec } = tool.toolSpec;
    return { toolSpec };
  });
  return { ...request, toolConfig: { ...toolConfig, tools } };
}

export const TOOL_SCHEMA_RULES: readonly Rule[] = [
  { name: 'tool-schemas', apply: fitSchemas },
  { name: 'strict-tools', apply: strictTools },
];
