/** Rules about plain values: numbers, nesting, ranges, broken characters. */
import { isJsonObject, type JsonObject, type JsonValue } from '../../../json.ts';
import type {
  ContentBlock,
  InferenceRequest,
  SystemBlock,
  Tool,
  ToolResultContent,
} from '../../../messages/types.ts';
import { argumentOf } from '../argument-names.ts';
import { quoted, type Rule, refusal } from './rule.ts';

/** Deeper JSON overflows the stack of serialisers; no schema or argument of a real tool comes near. */
const DEEPEST = 200;

interface Findings {
  loneSurrogate: boolean;
}

/** Walks everything in the request once: refuses NaN, Infinity and absurd nesting, notes lone surrogates. */
function inspect(value: unknown, path: string, depth: number, findings: Findings): void {
  if (typeof value === 'string') {
    findings.loneSurrogate ||= LONE_SURROGATE.test(value);
  } else if (typeof value === 'number') {
    if (!Number.isFinite(value)) {
      throw refusal(
        path,
        `${argumentOf(path)} is ${value}, which JSON cannot carry.`,
        'Give a finite number.',
      );
    }
  } else if (typeof value === 'object' && value !== null && !(value instanceof Uint8Array)) {
    if (depth > DEEPEST) {
      throw refusal(
        path.slice(0, 200),
        `The request is nested deeper than ${DEEPEST} levels.`,
        'Flatten it.',
      );
    }
    if (Array.isArray(value)) {
      value.forEach((item, index) => {
        inspect(item, `${path}[${index}]`, depth + 1, findings);
      });
    } else {
      for (const [key, member] of Object.entries(value)) {
        inspect(member, path === '' ? key : `${path}.${key}`, depth + 1, findings);
      }
    }
  }
}

// In Unicode mode a surrogate only matches where it stands alone.
const LONE_SURROGATE = /\p{Surrogate}/u;
const LONE_SURROGATES = /\p{Surrogate}/gu;

function mend(text: string): string {
  return text.replace(LONE_SURROGATES, '\uFFFD');
}

function mendJson(value: JsonValue): JsonValue {
  if (typeof value === 'string') return mend(value);
  if (Array.isArray(value)) return value.map(mendJson);
  return isJsonObject(value) ? mendObject(value) : value;
}

function mendObject(value: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [mend(key), mendJson(member)]));
}

function mendResult(part: ToolResultContent): ToolResultContent {
  if ('text' in part) return { text: mend(part.text) };
  return 'json' in part ? { json: mendJson(part.json) } : part;
}

/** Reasoning is left alone: it must go back to its model byte for byte. */
function mendBlock(block: ContentBlock): ContentBlock {
  if ('text' in block) return { text: mend(block.text) };
  if ('toolUse' in block) {
    return { toolUse: { ...block.toolUse, input: mendJson(block.toolUse.input) } };
  }
  if ('toolResult' in block) {
    return { toolResult: { ...block.toolResult, content: block.toolResult.content.map(mendResult) } };
  }
  if ('document' in block) {
    const { document } = block;
    const { source } = document;
    const text = 'text' in source ? { text: mend(source.text) } : source;
    return {
      document: {
        ...document,
        name: mend(document.name),
        ...(document.context === undefined ? {} : { context: mend(document.context) }),
        source:
          'content' in text ? { content: text.content.map((part) => ({ text: mend(part.text) })) } : text,
      },
    };
  }
  if ('guardContent' in block && 'text' in block.guardContent) {
    const { text } = block.guardContent;
    return { guardContent: { text: { ...text, text: mend(text.text) } } };
  }
  if ('searchResult' in block) return { searchResult: mendObject(block.searchResult) };
  return block;
}

function mendSystem(block: SystemBlock): SystemBlock {
  return 'text' in block ? { text: mend(block.text) } : block;
}

function mendTool(tool: Tool): Tool {
  if (!('toolSpec' in tool)) return tool;
  const { toolSpec } = tool;
  return {
    toolSpec: {
      ...toolSpec,
      ...(toolSpec.description === undefined ? {} : { description: mend(toolSpec.description) }),
      inputSchema: mendObject(toolSpec.inputSchema),
    },
  };
}

function mendRequest(request: InferenceRequest): InferenceRequest {
  const { system, toolConfig, additionalModelRequestFields: fields } = request;
  return {
    ...request,
    messages: request.messages.map((message) => ({ ...message, content: message.content.map(mendBlock) })),
    ...(system === undefined ? {} : { system: system.map(mendSystem) }),
    ...(toolConfig === undefined
      ? {}
      : { toolConfig: { ...toolConfig, tools: toolConfig.tools.map(mendTool) } }),
    ...(fields === undefined ? {} : { additionalModelRequestFields: mendObject(fields) }),
  };
}

interface Range {
  readonly field: string;
  readonly value: number | undefined;
  readonly least: number;
  readonly most: number;
  readonly whole: boolean;
}

/** Only nonsense is refused here; a model's own narrower limits are for the model to say. */
function ranges(request: InferenceRequest): readonly Range[] {
  const { maxTokens, temperature, topP, topK } = request.inferenceConfig ?? {};
  const most = Number.MAX_SAFE_INTEGER;
  return [
    { field: 'inferenceConfig.maxTokens', value: maxTokens, least: 1, most, whole: true },
    { field: 'inferenceConfig.temperature', value: temperature, least: 0, most: 2, whole: false },
    { field: 'inferenceConfig.topP', value: topP, least: 0, most: 1, whole: false },
    { field: 'inferenceConfig.topK', value: topK, least: 0, most, whole: true },
    { field: 'reasoning.budgetTokens', value: request.reasoning?.budgetTokens, least: 0, most, whole: true },
  ];
}

const MOST_METADATA = 16;
/** Source: the service model (RequestMetadataKeyString, RequestMetadataValueString). */
const METADATA_KEY = /^[a-zA-Z0-9\s:_@$#=/+,\-.]{1,256}$/;
const METADATA_VALUE = /^[a-zA-Z0-9\s:_@$#=/+,\-.]{0,256}$/;
const METADATA_CHARACTERS =
  'at most 256 letters without accents, digits, white space and : _ @ $ # = / + , - .';

function checkMetadata(request: InferenceRequest): InferenceRequest {
  const entries = Object.entries(request.requestMetadata ?? {});
  const field = 'requestMetadata';
  if (entries.length > MOST_METADATA) {
    throw refusal(
      field,
      `${argumentOf(field)} has ${entries.length} entries; Bedrock takes ${MOST_METADATA}.`,
      'Leave some out.',
    );
  }
  for (const [key, value] of entries) {
    if (!METADATA_KEY.test(key)) {
      throw refusal(
        field,
        `Bedrock does not take the key ${quoted(key)} in ${argumentOf(field)}.`,
        `A key is not empty and has ${METADATA_CHARACTERS}`,
      );
    }
    if (!METADATA_VALUE.test(value)) {
      throw refusal(
        field,
        `Bedrock does not take the value of ${quoted(key)} in ${argumentOf(field)}.`,
        `A value has ${METADATA_CHARACTERS}`,
      );
    }
  }
  return request;
}

/** About what travels beside the body, so that they hold for the provider's own bodies too. */
export const ENVELOPE_RULES: readonly Rule[] = [{ name: 'request-metadata', apply: checkMetadata }];

export const VALUE_RULES: readonly Rule[] = [
  {
    // The SDK would send NaN as the string "NaN" and a lone surrogate as it is (measured).
    name: 'finite-numbers-and-whole-characters',
    apply(request, context) {
      const findings: Findings = { loneSurrogate: false };
      inspect(request, '', 0, findings);
      if (!findings.loneSurrogate) return request;
      context.warn('Broken characters (lone surrogates) were replaced with U+FFFD.');
      return mendRequest(request);
    },
  },
  {
    name: 'number-ranges',
    apply(request) {
      for (const { field, value, least, most, whole } of ranges(request)) {
        if (value === undefined || (value >= least && value <= most && (!whole || Number.isInteger(value)))) {
          continue;
        }
        const range = most === Number.MAX_SAFE_INTEGER ? `at least ${least}` : `from ${least} to ${most}`;
        const kind = whole ? 'a whole number' : 'a number';
        throw refusal(field, `${argumentOf(field)} is ${value}.`, `Give ${kind} ${range}.`);
      }
      return request;
    },
  },
  {
    name: 'learned-output-limit',
    apply(request, context) {
      const { outputLimit = Number.POSITIVE_INFINITY } = context.model.features;
      const { maxTokens = 0 } = request.inferenceConfig ?? {};
      if (maxTokens <= outputLimit) return request;
      context.warn(`max_tokens was lowered to ${outputLimit}, the most this model writes.`);
      return { ...request, inferenceConfig: { ...request.inferenceConfig, maxTokens: outputLimit } };
    },
  },
  {
    name: 'stop-sequences',
    apply(request, context) {
      const given = request.inferenceConfig?.stopSequences;
      // Claude refuses stop sequences without a visible character.
      const useless =
        context.model.family === 'claude' ? (s: string) => s.trim() === '' : (s: string) => s === '';
      if (given === undefined || !given.some(useless)) return request;
      context.warn('Empty stop sequences were left out.');
      const stopSequences = given.filter((sequence) => !useless(sequence));
      return { ...request, inferenceConfig: { ...request.inferenceConfig, stopSequences } };
    },
  },
  {
    name: 'stop-sequences-here',
    apply(request, context) {
      const { stopSequences = [], ...config } = request.inferenceConfig ?? {};
      if (stopSequences.length === 0 || context.model.features.stopSequences !== false) return request;
      context.warn(
        'stop_sequences were not sent, because the model takes none: this server ends the answer before the first of them.',
      );
      return { ...request, inferenceConfig: config, stopHere: stopSequences };
    },
  },
];
