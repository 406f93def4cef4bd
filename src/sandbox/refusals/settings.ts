/** What Converse refuses beside the messages: tools, inference settings, cache points, model fields, output format. */
import type { ModelRecord } from '../../catalog/types.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../json.ts';
import { extraKey, listOf, numberOf, objectOf, own, textOf, textsOf } from '../json-read.ts';
import { constraint, fromModel, invalid, malformed, Refusal } from '../refusal.ts';
import { checkInferenceFields } from './inference-fields.ts';
import { exceedsOutput, samplingComplaint, schemaComplaint, thinkingComplaint } from './model.ts';
import { betaComplaint, novaFieldComplaint } from './rare-options.ts';
import { gptComplaint } from './reasoning.ts';
import { checkToolSchema } from './tool-schemas.ts';
import { FORCED_CHOICE_COMPLAINT, refusesForcedChoice, refusesStrict } from './tools.ts';

const TOOL_NAME = /^[a-zA-Z0-9_-]+$/;

function checkTool(model: ModelRecord, tool: JsonValue, index: number): void {
  const kind = Object.keys(objectOf(tool)).find((key) =>
    ['toolSpec', 'systemTool', 'cachePoint'].includes(key),
  );
  if (kind === undefined || !isJsonObject(objectOf(tool)[kind])) {
    throw invalid(
      `The format of the value at toolConfig.tools.${index} is invalid. Provide a json object for the field and try again.`,
    );
  }
  if (kind !== 'toolSpec') return;
  const spec = objectOf(objectOf(tool)[kind]);
  const path = `toolConfig.tools.${index + 1}.member.toolSpec`;
  const name = textOf(spec['name']);
  if (!TOOL_NAME.test(name)) {
    throw constraint(name, `${path}.name`, 'satisfy regular expression pattern: [a-zA-Z0-9_-]+');
  }
  if (name.length > 64) throw constraint(name, `${path}.name`, 'have length less than or equal to 64');
  if (own(spec, 'description') === '') {
    throw constraint('', `${path}.description`, 'have length greater than or equal to 1');
  }
  const schema = own(objectOf(spec['inputSchema']), 'json') ?? {};
  if (objectOf(schema)['type'] !== 'object') {
    throw invalid(
      `The value at toolConfig.tools.${index}.toolSpec.inputSchema.json.type must be one of the following: object.`,
    );
  }
  checkToolSchema(model, { name, schema: objectOf(schema), index }, fromModel);
  if (spec['strict'] === true && model.family === 'claude') {
    if (refusesStrict(model)) {
      throw fromModel(`tools.${index}.custom.strict: Extra inputs are not permitted`);
    }
    const complaint = schemaComplaint(schema);
    if (complaint !== undefined) throw fromModel(`tools.${index}.custom: ${complaint}`);
  }
}

export function checkTools(model: ModelRecord, body: JsonObject, streaming: boolean): void {
  const config = own(body, 'toolConfig');
  if (config === undefined) return;
  const { features } = model;
  const tools = listOf(objectOf(config)['tools']);
  if (tools.length === 0) {
    throw constraint('[]', 'toolConfig.tools', 'have length greater than or equal to 1');
  }
  if (features.tools === false) throw invalid("This model doesn't support tool use.");
  if (streaming && features.streamingTools === false) {
    throw invalid("This model doesn't support tool use in streaming mode.");
  }
  tools.forEach((tool, index) => {
    checkTool(model, tool, index);
  });
  const names = tools.map((tool) => textOf(objectOf(objectOf(tool)['toolSpec'])['name'])).filter(Boolean);
  const repeated = names.find((name, index) => names.indexOf(name) < index);
  if (repeated !== undefined)
    throw invalid(`The tool name ${repeated} is defined more than once in toolConfig.tools.`);
  const choice = own(objectOf(config), 'toolChoice');
  if (choice === undefined) return;
  const kind = (['auto', 'any', 'tool'] as const).find((name) => own(objectOf(choice), name) !== undefined);
  if (kind === undefined) throw invalid('The value at toolConfig.toolChoice is invalid.');
  if (refusesForcedChoice(model, kind)) throw fromModel(FORCED_CHOICE_COMPLAINT);
  if (features.toolChoice && !features.toolChoice.includes(kind)) {
    const field = `toolConfig.toolChoice.${kind}`;
    throw invalid(`This model doesn't support the ${field} field. Remove ${field} and try again.`);
  }
  const forced = textOf(objectOf(own(objectOf(choice), 'tool'))['name']);
  if (kind === 'tool' && !names.includes(forced)) {
    throw invalid(
      `The tool ${forced} specified in toolConfig.toolChoice.tool.name was not found in toolConfig.tools. Add the tool and try again.`,
    );
  }
}

const RANGES = [
  ['maxTokens', 1, Number.POSITIVE_INFINITY],
  ['temperature', 0, 1],
  ['topP', 0, 1],
] as const;

export function checkInference(model: ModelRecord, body: JsonObject): void {
  const config = objectOf(body['inferenceConfig']);
  for (const [key, least, most] of RANGES) {
    const value = own(config, key);
    if (value === undefined) continue;
    const number = numberOf(value);
    const path = `inferenceConfig.${key}`;
    if (number === undefined || (key === 'maxTokens' && !Number.isInteger(number))) {
      throw new Refusal(400, 'SerializationException', `The value at ${path} has the wrong type.`, {
        origin: 'coral',
      });
    }
    if (number < least)
      throw constraint(String(number), path, `have value greater than or equal to ${least}`);
    if (number > most) throw constraint(String(number), path, `have value less than or equal to ${most}`);
  }
  checkInferenceFields(model, config);
  const maxTokens = numberOf(config['maxTokens']);
  if (exceedsOutput(model, maxTokens)) {
    throw invalid(
      `The maximum tokens you requested exceed the model limit of ${model.maxOutput}. Try again with a maximum tokens value lower than ${model.maxOutput}.`,
    );
  }
  const fields = objectOf(body['additionalModelRequestFields']);
  const complaint = samplingComplaint(model, {
    temperature: numberOf(config['temperature']),
    topP: numberOf(config['topP']),
    topK: numberOf(fields['top_k']),
  });
  if (complaint !== undefined) throw fromModel(complaint);
  const stops = listOf(config['stopSequences']);
  if (model.family === 'claude' && stops.some((stop) => textOf(stop).trim() === '')) {
    throw fromModel('stop_sequences: each stop sequence must contain non-whitespace');
  }
}

const CLAUDE_FIELDS = [
  'thinking',
  'output_config',
  'top_k',
  'anthropic_beta',
  'anthropic_version',
  'tool_choice',
  'tools',
  'reasoning_config',
  'metadata',
];

/** `additionalModelRequestFields`: Claude refuses what it does not know; reasoning rules apply. */
export function checkModelFields(model: ModelRecord, body: JsonObject): void {
  const fields = objectOf(body['additionalModelRequestFields']);
  const config = objectOf(body['inferenceConfig']);
  const settings = {
    maxTokens: numberOf(config['maxTokens']),
    temperature: numberOf(config['temperature']),
    topP: numberOf(config['topP']),
    topK: numberOf(fields['top_k']),
  };
  if (model.family === 'claude') {
    const extra = extraKey(fields, CLAUDE_FIELDS);
    if (extra !== undefined) throw fromModel(`${extra}: Extra inputs are not permitted`);
    const choice = objectOf(objectOf(body['toolConfig'])['toolChoice']);
    const toolForced = own(choice, 'any') !== undefined || own(choice, 'tool') !== undefined;
    const complaint =
      betaComplaint(textsOf(fields['anthropic_beta'])) ??
      thinkingComplaint(model, fields, { ...settings, toolForced });
    if (complaint !== undefined) throw fromModel(complaint);
  }
  const foreign = gptComplaint(model, fields) ?? novaFieldComplaint(model, fields);
  if (foreign !== undefined) throw fromModel(foreign);
  const nova = objectOf(own(fields, 'reasoningConfig'));
  if (model.features.reasoning === 'nova' && nova['maxReasoningEffort'] === 'high') {
    const { maxTokens, temperature, topP } = settings;
    if (maxTokens !== undefined || temperature !== undefined || topP !== undefined) {
      throw fromModel(
        'Malformed input request: temperature, topP and maxTokens must be unset when maxReasoningEffort is high, please reformat your input and try again.',
      );
    }
  }
}

/** Observed on DeepSeek R1, Llama and Nemotron: 403, although the permission is not what is missing. */
const cachingRefused = (): Refusal =>
  new Refusal(
    403,
    'AccessDeniedException',
    'You invoked an unsupported model or your request did not allow prompt caching. See the documentation for more information.',
  );

export function checkCachePoints(model: ModelRecord, body: JsonObject): void {
  const places = [
    ['tools', listOf(objectOf(body['toolConfig'])['tools'])],
    ['system', listOf(body['system'])],
    ['messages', listOf(body['messages']).flatMap((message) => listOf(objectOf(message)['content']))],
  ] as const;
  const { caching } = model.features;
  let points = 0;
  for (const [field, blocks] of places) {
    const index = blocks.findIndex((block) => own(objectOf(block), 'cachePoint') !== undefined);
    const found = blocks.flatMap((block) => own(objectOf(block), 'cachePoint') ?? []);
    points += found.length;
    if (index < 0 || caching === undefined) continue;
    if (caching === false) throw cachingRefused();
    if (caching.fields?.includes(field) === false) {
      const at = field === 'tools' ? `#/toolConfig/tools/${index}` : `#/${field}/${index}`;
      throw malformed(`${at}: extraneous key [cachePoint] is not permitted`);
    }
    const ttl = found.map((point) => objectOf(point)['ttl']).find((value) => value !== undefined);
    if (ttl !== undefined && !caching.ttl.some((known) => known === ttl)) {
      throw invalid(
        "This model doesn't support the cachePoint.ttl field. Remove cachePoint.ttl and try again.",
      );
    }
  }
  if (points > 4)
    throw fromModel(`A maximum of 4 blocks with cache_control may be provided. Found ${points}.`);
}

/** The schema asked for in `outputConfig.textFormat`, checked; it travels as JSON text. */
export function outputSchema(model: ModelRecord, body: JsonObject): JsonValue | undefined {
  const format = own(objectOf(body['outputConfig']), 'textFormat');
  if (format === undefined) return undefined;
  const text = textOf(objectOf(objectOf(objectOf(format)['structure'])['jsonSchema'])['schema']);
  let schema: JsonValue;
  try {
    schema = JSON.parse(text);
  } catch {
    throw invalid('The value at outputConfig.textFormat.structure.jsonSchema.schema is not valid JSON.');
  }
  if (model.features.structuredOutput === false) {
    if (model.family === 'claude') throw fromModel('output_config.format: Extra inputs are not permitted');
    throw invalid(
      "This model doesn't support the outputConfig.textFormat field. Remove outputConfig.textFormat and try again.",
    );
  }
  const complaint = model.family === 'claude' ? schemaComplaint(schema) : undefined;
  if (complaint !== undefined) throw fromModel(`output_config.format.schema: ${complaint}`);
  return schema;
}
