/** Says no, before anything is sent, to what a native form cannot carry. Nothing that was asked for is dropped in silence. */
import { BedrockError } from '../../../bedrock-error.ts';
import type { CodecModel, InferenceRequest, NativeCodec } from '../../../messages/types.ts';
import { argumentOf } from '../../prepare/argument-names.ts';

/** What a form can carry beyond text. */
export interface FormLimits {
  /** The name in messages, such as `Llama`. */
  readonly form: string;
  readonly carries: NativeCodec['carries'];
  readonly anthropicBeta?: boolean;
}

export function cannotCarry(form: string, what: string, member: string): BedrockError {
  const field = argumentOf(member);
  return new BedrockError('unsupported_feature', {
    message: `The native ${form} format cannot carry ${what} (${field}).`,
    fix: `Leave api on "auto" or set api to "converse", or remove ${field}.`,
    field,
  });
}

export function badRequest(message: string, fix: string, field: string): BedrockError {
  return new BedrockError('invalid_request', { message, fix, field: argumentOf(field) });
}

/** The tool configuration, unless its list is empty: providers refuse an empty list, and it means no tools. */
export function givenTools(request: InferenceRequest): InferenceRequest['toolConfig'] {
  return request.toolConfig?.tools.length === 0 ? undefined : request.toolConfig;
}

/** Refuses the request-wide features that the form lacks. Content blocks are judged where they are encoded. */
export function checkRequest(request: InferenceRequest, model: CodecModel, limits: FormLimits): void {
  const { form, carries } = limits;
  if (request.messages.length === 0) {
    throw badRequest('There are no messages.', 'Give a prompt or at least one message.', 'messages');
  }
  if (!carries.system && (request.system?.length ?? 0) > 0)
    throw cannotCarry(form, 'a system prompt', 'system');
  if (!carries.tools && givenTools(request) !== undefined) throw cannotCarry(form, 'tools', 'toolConfig');
  if (!carries.outputSchema && request.outputSchema !== undefined) {
    throw cannotCarry(form, 'an output schema', 'outputSchema');
  }
  if (limits.anthropicBeta !== true && request.anthropicBeta !== undefined) {
    throw badRequest(
      'Anthropic beta names are for Claude only.',
      'Remove options.anthropic_beta.',
      'anthropicBeta',
    );
  }
  if (request.promptVariables !== undefined) throw cannotCarry(form, 'prompt variables', 'promptVariables');
  if (request.additionalModelResponseFieldPaths !== undefined) {
    throw cannotCarry(form, 'response field paths', 'additionalModelResponseFieldPaths');
  }
  request.system?.forEach((block, index) => {
    if ('guardContent' in block) throw cannotCarry(form, 'guard content', `system[${index}].guardContent`);
    if ('cachePoint' in block && carries.cachePoints !== true) {
      checkCachePoint(form, model, `system[${index}].cachePoint`);
    }
  });
}

/**
 * For forms without a place for cache points: leaving one out changes nothing when the model is known not to cache,
 * but where it caches, or may, the caller would silently pay more.
 */
export function checkCachePoint(form: string, model: CodecModel, field: string): void {
  if (model.features.caching !== false) throw cannotCarry(form, 'cache points', field);
}
