/** What the route table asks about a request: which features it uses, and which of the two APIs can carry them. Pure. */

import type { Family, ModelRecord } from '../../catalog/types.ts';
import { APIS, isServedBy } from '../../messages/apis.ts';
import type { Api, ContentBlock, InferenceRequest, NativeCodec } from '../../messages/types.ts';
import { anthropicFieldsOf } from '../prepare/rules/tool-fields.ts';

export interface RouteInput {
  readonly request: InferenceRequest;
  /** Capabilities already merged with what this process has learned. */
  readonly model: ModelRecord;
  /** What the caller wrote, for the sentences. */
  readonly requested: string;
  readonly override?: 'auto' | Api;
  /** What the native codec of the family can carry; absent = there is no codec. */
  readonly native?: NativeCodec['carries'];
  /** Prompt and router ARNs are understood by Converse only. */
  readonly converseOnlyIdentifier?: 'prompt ARN' | 'prompt router';
  /** False when the caller or the IAM policy wants whole answers. */
  readonly stream: boolean;
  /** Why `stream` is false, when it is. */
  readonly wholeBecause?: string;
}

export interface RouteFacts extends RouteInput {
  readonly family: Family;
  readonly hasTools: boolean;
  readonly hasToolHistory: boolean;
  readonly media: readonly string[];
  readonly nativeOnly: readonly string[];
  readonly converseOnly: readonly string[];
  /** What InvokeModel alone carries, and Converse only leaves out: a reason for the one where nothing speaks for the other. */
  readonly betterNative: readonly string[];
}

/** Anthropic betas that Converse strips or refuses (LiteLLM's Converse transformation removes the same ones). */
const NATIVE_BETAS = [
  'tool-search-tool',
  'tool-examples',
  'advanced-tool-use',
  'context-management',
  'compact',
  'mid-conversation-effort',
  'fine-grained-tool-streaming',
];
/** Anthropic body members that exist only in the Messages form. */
const NATIVE_FIELDS = ['context_management', 'container', 'mcp_servers'];

export interface ApiChoice {
  readonly model: Pick<ModelRecord, 'apis'>;
  readonly override?: 'auto' | Api | undefined;
  readonly native?: NativeCodec['carries'] | undefined;
}

/** Did the caller choose this API? */
export function isChosen(api: Api, { override }: ApiChoice): boolean {
  return override === api;
}

/** Neither the caller nor the model rules the API out, and this server can write its form. */
export function mayUse(api: Api, input: ApiChoice): boolean {
  const { override = 'auto', model, native } = input;
  const isRuledOut = override !== 'auto' && override !== api;
  return !isRuledOut && isServedBy(api, model.apis) && (APIS[api].form === 'common' || native !== undefined);
}

/** Reads the request once, so that the rows stay one-liners. */
export function routeFacts(input: RouteInput): RouteFacts {
  const { request, model } = input;
  const blocks = request.messages.flatMap((message) => message.content);
  const converseOnly = converseOnlyOf(input, blocks);
  return {
    ...input,
    family: model.family,
    hasTools: (request.toolConfig?.tools.length ?? 0) > 0,
    hasToolHistory: blocks.some((block) => 'toolUse' in block || 'toolResult' in block),
    media: mediaOf(blocks),
    nativeOnly: nativeOnlyOf(request, model.family),
    converseOnly,
    betterNative: betterNativeOf(input, blocks, converseOnly),
  };
}

function mediaOf(blocks: readonly ContentBlock[]): string[] {
  const kinds = new Set<string>();
  for (const block of blocks) {
    for (const kind of ['image', 'document', 'video', 'audio']) if (kind in block) kinds.add(kind);
  }
  return [...kinds];
}

function nativeOnlyOf(request: InferenceRequest, family: Family): string[] {
  const found: string[] = [];
  if (request.toolConfig?.tools.some((tool) => 'nativeTool' in tool))
    found.push("the provider's own typed tool");
  // Other families have none of what follows; the request rules say so.
  if (family !== 'claude') return found;
  for (const beta of request.anthropicBeta ?? []) {
    if (NATIVE_BETAS.some((prefix) => beta.toLowerCase().startsWith(prefix))) found.push(`the beta ${beta}`);
  }
  for (const field of NATIVE_FIELDS) {
    if (
      request.additionalModelRequestFields !== undefined &&
      Object.hasOwn(request.additionalModelRequestFields, field)
    )
      found.push(field);
  }
  return found;
}

function betterNativeOf(
  input: RouteInput,
  blocks: readonly ContentBlock[],
  converseOnly: readonly string[],
): readonly string[] {
  const { request, model } = input;
  // Of documents the native form reads fewer.
  const staysOnConverse = converseOnly.length > 0 || blocks.some((block) => 'document' in block);
  if (model.family !== 'claude' || staysOnConverse || !mayUse('native', input)) return [];
  return anthropicFieldsOf(request.toolConfig?.tools ?? []).map((name) => `${name} of a tool`);
}

function converseOnlyOf(input: RouteInput, blocks: readonly ContentBlock[]): string[] {
  const { request, model } = input;
  const found: string[] = [];
  if (input.converseOnlyIdentifier !== undefined) found.push(`a ${input.converseOnlyIdentifier}`);
  if (
    blocks.some((block) => 'guardContent' in block) ||
    request.system?.some((block) => 'guardContent' in block)
  )
    found.push('guardContent');
  if (request.toolConfig?.tools.some((tool) => 'systemTool' in tool)) found.push('systemTool');
  if (request.promptVariables !== undefined) found.push('options.prompt_variables');
  if (request.additionalModelResponseFieldPaths !== undefined)
    found.push('options.additional_model_response_field_paths');
  if (request.guardrailConfig?.streamProcessingMode !== undefined)
    found.push('options.guardrail.stream_mode');
  if (request.outputSchema !== undefined && input.native?.outputSchema !== true)
    found.push('a response schema');
  if (blocks.some((block) => 'video' in block || 'audio' in block) && model.family !== 'pegasus')
    found.push('video or audio');
  if (
    model.family === 'nova' &&
    (blocks.some((block) => 'cachePoint' in block) || request.system?.some((block) => 'cachePoint' in block))
  ) {
    found.push('a cache point on Nova');
  }
  for (const kind of ['image', 'document'] as const) {
    const carried = kind === 'image' ? input.native?.images : input.native?.documents;
    if (carried === false && blocks.some((block) => kind in block))
      found.push(kind === 'image' ? 'an image' : 'a document');
  }
  return found;
}
