/** What every request rule is made of. A rule never changes the request it is given; it returns another one. */
import { BedrockError } from '../../../bedrock-error.ts';
import type { Api, CodecModel, ContentBlock, InferenceRequest, Message } from '../../../messages/types.ts';
import { argumentOf } from '../argument-names.ts';
import type { Renames } from './renames.ts';

export interface RuleContext {
  readonly model: CodecModel;
  readonly api: Api;
  readonly toolNames: Renames;
  readonly toolUseIds: Renames;
  /** Names of properties that were replaced, by the caller's name of the tool. */
  readonly inputNames: Map<string, Renames>;
  /** One sentence for the caller about something that was changed. Said twice, it is listed once. */
  warn(sentence: string): void;
}

export interface Rule {
  readonly name: string;
  /** The request as it is or repaired. Throws BedrockError `invalid_request` or `unsupported_feature` naming the field. */
  readonly apply: (request: InferenceRequest, context: RuleContext) => InferenceRequest;
}

/** The request cannot be sent and nothing safe would repair it. */
export function refusal(field: string, message: string, fix: string): BedrockError {
  return new BedrockError('invalid_request', { message, fix, field: argumentOf(field) });
}

/** The model is known not to do what was asked. */
export function unsupported(model: CodecModel, field: string, what: string, fix: string): BedrockError {
  return new BedrockError('unsupported_feature', {
    message: `${model.id} does not support ${what}.`,
    fix,
    field: argumentOf(field),
  });
}

/** Replaces the content of each message; messages and requests whose content stays the same stay the same object. */
export function mapContent(
  request: InferenceRequest,
  map: (message: Message, index: number) => readonly ContentBlock[],
): InferenceRequest {
  return withMessages(
    request,
    request.messages.map((message, index) => {
      const content = map(message, index);
      return content === message.content ? message : { ...message, content };
    }),
  );
}

/** The request with other messages; the same object when every message is the same object. */
export function withMessages(request: InferenceRequest, messages: readonly Message[]): InferenceRequest {
  const same =
    messages.length === request.messages.length &&
    messages.every((message, index) => message === request.messages[index]);
  return same ? request : { ...request, messages };
}

/** Replaces blocks one by one (an empty list drops one); the same array when nothing changed. */
export function flatMapBlocks(
  content: readonly ContentBlock[],
  map: (block: ContentBlock, index: number) => readonly ContentBlock[],
): readonly ContentBlock[] {
  const mapped = content.map((block, index) => map(block, index));
  const same = mapped.every((blocks, index) => blocks.length === 1 && blocks[0] === content[index]);
  return same ? content : mapped.flat();
}

export function isBlank(text: string): boolean {
  return text.trim() === '';
}

/** A caller's own name for a sentence: quoted, and cut where it is absurdly long. */
export function quoted(name: string): string {
  return JSON.stringify(name.length > 100 ? `${name.slice(0, 100)}…` : name);
}

/** `messages[2].content[0]`, as errors name it. */
export function at(message: number, block?: number, member?: string): string {
  const content = block === undefined ? '' : `.content[${block}]`;
  return `messages[${message}]${content}${member === undefined ? '' : `.${member}`}`;
}
