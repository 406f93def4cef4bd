/**
 * The last look at a request before it is encoded: what Bedrock or the model would refuse is repaired where that is
 * safe, and refused with the field's name where it is not. Every repair is told to the caller.
 * What nobody knows about a model (an undefined feature) is never a reason to change or refuse anything.
 */

import type { JsonValue } from '../../json.ts';
import type { Api, CodecModel, InferenceRequest } from '../../messages/types.ts';
import { CACHE_POINT_RULES } from './rules/cache-points.ts';
import { DOCUMENT_RULES } from './rules/files/documents.ts';
import { SOURCE_CHECKS, SOURCE_RULES } from './rules/files/sources.ts';
import { MEDIA_CHECKS } from './rules/media.ts';
import { PROVIDER_BLOCK_RULES } from './rules/provider-blocks.ts';
import { REASONING_HISTORY_RULES } from './rules/reasoning-history.ts';
import { REFUSED_MEMBER_RULES } from './rules/refused-members.ts';
import { createRenames, type Renames } from './rules/renames.ts';
import type { Rule } from './rules/rule.ts';
import { SAMPLING_RULES } from './rules/sampling.ts';
import { TOOL_CHOICE_CHECKS, TOOL_CHOICE_RULES } from './rules/tool-choice.ts';
import { TOOL_CHECKS, TOOL_DEFINITION_RULES } from './rules/tool-definitions.ts';
import { TOOL_FIELD_RULES } from './rules/tool-fields.ts';
import { calledName, TOOL_NAME_RULES } from './rules/tool-names.ts';
import { TOOL_TURN_CHECKS, TOOL_TURN_RULES } from './rules/tool-turns/tool-turns.ts';
import { ENDING_RULES, TURN_CHECKS, TURN_RULES } from './rules/turns.ts';
import { ENVELOPE_RULES, VALUE_RULES } from './rules/values.ts';
import { renameKeys } from './schema/property-names.ts';
import { type KeyRewriter, keyRewriter } from './schema/rewrite-json-keys.ts';
import { TOOL_SCHEMA_RULES } from './schema/tool-schemas.ts';

export interface Prepared {
  /** Ready for the codec. The request that was given is not changed. */
  readonly request: InferenceRequest;
  /** One sentence per kind of repair. */
  readonly warnings: string[];
  /** Give the caller back the names and IDs of the caller; those that were never replaced come back as they are. */
  readonly toolName: { restore(sent: string): string };
  readonly toolUseId: { restore(sent: string): string };
  /** Puts the properties of a tool's input back under the caller's names. `tool` is the caller's name of it. */
  readonly toolInput: {
    restore(tool: string, input: JsonValue): JsonValue;
    /** For an input that arrives in pieces; undefined where nothing was renamed. */
    rewriter(tool: string): KeyRewriter | undefined;
  };
}

/** What travels beside the body holds for the provider's own bodies too. */
const BESIDE_BODY: readonly Rule[] = [...ENVELOPE_RULES, ...REFUSED_MEMBER_RULES];

/** Applied in this order. Checks come first, so that the fields they name are where the caller put them. */
export const RULES: readonly Rule[] = [
  ...BESIDE_BODY,
  ...VALUE_RULES,
  ...TURN_CHECKS,
  ...TOOL_CHECKS,
  ...TOOL_CHOICE_CHECKS,
  ...TOOL_TURN_CHECKS,
  ...MEDIA_CHECKS,
  ...SOURCE_CHECKS,
  ...SOURCE_RULES,
  ...PROVIDER_BLOCK_RULES,
  ...REASONING_HISTORY_RULES,
  ...SAMPLING_RULES,
  ...TURN_RULES,
  ...TOOL_TURN_RULES,
  ...DOCUMENT_RULES,
  ...ENDING_RULES,
  ...TOOL_FIELD_RULES,
  ...TOOL_DEFINITION_RULES,
  ...TOOL_SCHEMA_RULES,
  ...TOOL_NAME_RULES,
  ...TOOL_CHOICE_RULES,
  ...CACHE_POINT_RULES,
];

/**
 * Repairs or refuses a request for one model and one API. A raw body is the caller's own and passes untouched.
 * Throws BedrockError `invalid_request` or `unsupported_feature`, both with `field`.
 */
export function prepareRequest(request: InferenceRequest, model: CodecModel, api: Api): Prepared {
  const warnings: string[] = [];
  const toolNames = createRenames();
  const toolUseIds = createRenames();
  const warn = (sentence: string) => {
    if (!warnings.includes(sentence)) warnings.push(sentence);
  };
  const inputNames = new Map<string, Renames>();
  const context = { model, api, toolNames, toolUseIds, inputNames, warn };
  const rules = request.rawBody === undefined ? RULES : BESIDE_BODY;
  const prepared = rules.reduce((draft, rule) => rule.apply(draft, context), request);
  return {
    request: prepared,
    warnings,
    toolName: { restore: (sent) => calledName(sent, toolNames) },
    toolUseId: toolUseIds,
    toolInput: toolInputs(inputNames),
  };
}

function toolInputs(names: ReadonlyMap<string, Renames>): Prepared['toolInput'] {
  return {
    restore(tool, input) {
      const known = names.get(tool);
      if (known === undefined) return input;
      if (typeof input !== 'string') return renameKeys(input, known.restore);
      // Text that was no JSON, or the JSON of it once more.
      const rewriter = keyRewriter(known.restore);
      return rewriter.push(input) + rewriter.end();
    },
    rewriter(tool) {
      const known = names.get(tool);
      return known === undefined ? undefined : keyRewriter(known.restore);
    },
  };
}
