/** A conversation as plain turns, for the families whose prompt is one text with a template. */
import { toBase64 } from '../../../base64.ts';
import type { CodecModel, ContentBlock, ImageBlock, InferenceRequest } from '../../../messages/types.ts';
import {
  badRequest,
  cannotCarry,
  checkCachePoint,
  checkRequest,
  type FormLimits,
} from '../fields/refusals.ts';

export interface Turn {
  readonly role: 'user' | 'assistant' | 'system';
  readonly text: string;
}

export interface PlainConversation {
  readonly system: string | undefined;
  /** Neighbours of the same role are joined, so user and assistant alternate. */
  readonly turns: readonly Turn[];
  /** Base64, in the order of appearance. */
  readonly images: readonly string[];
}

export interface PromptForm extends FormLimits {
  /** Makes a text harmless that would end a turn or open another role in this template. */
  readonly neutralise: (text: string) => string;
  /** The token that stands for an image in the prompt. */
  readonly imageToken?: string;
  /** May a system message stand between the turns? */
  readonly systemTurns?: boolean;
}

/**
 * Text blocks of one message are joined by a newline, messages of the same role by a blank line. Reasoning of earlier
 * turns is left out: the templates of DeepSeek and Llama have no place for it, and DeepSeek refuses it.
 * Throws unsupported_feature naming the first block that has no place in a prompt.
 */
export function plainConversation(
  request: InferenceRequest,
  model: CodecModel,
  form: PromptForm,
): PlainConversation {
  checkRequest(request, model, form);
  const images: string[] = [];
  const turns: Turn[] = [];
  request.messages.forEach((message, at) => {
    if (message.role === 'system' && form.systemTurns !== true) {
      throw cannotCarry(form.form, 'a system message between the turns', `messages[${at}].role`);
    }
    const texts = message.content.flatMap((block, index) =>
      blockText(block, `messages[${at}].content[${index}]`, model, form, images),
    );
    const text = texts.join('\n');
    const last = turns.at(-1);
    if (last?.role === message.role) {
      turns[turns.length - 1] = { role: last.role, text: `${last.text}\n\n${text}` };
    } else turns.push({ role: message.role, text });
  });
  const system = (request.system ?? []).flatMap((block) =>
    'text' in block ? [form.neutralise(block.text)] : [],
  );
  return { system: system.length === 0 ? undefined : system.join('\n\n'), turns, images };
}

/** The turns of a template that knows nothing but user, assistant, user ... Throws invalid_request otherwise. */
export function alternatingTurns(conversation: PlainConversation): readonly Turn[] {
  if (conversation.turns[0]?.role !== 'user') {
    throw badRequest(
      'The conversation must start with a user message for this prompt template.',
      'Put a user message first, or set api to "converse".',
      'messages[0].role',
    );
  }
  return conversation.turns;
}

/** The one user message of a form that knows no conversation. Throws unsupported_feature for more. */
export function onlyUserText(conversation: PlainConversation, form: PromptForm): string {
  const [turn, second] = conversation.turns;
  if (turn?.role !== 'user' || second !== undefined) {
    throw cannotCarry(form.form, 'a conversation of several turns', 'messages');
  }
  return turn.text;
}

function blockText(
  block: ContentBlock,
  field: string,
  model: CodecModel,
  form: PromptForm,
  images: string[],
): string[] {
  if ('text' in block) return [form.neutralise(block.text)];
  if ('reasoningContent' in block) return [];
  if ('citationsContent' in block) {
    return [form.neutralise(block.citationsContent.content.map((part) => part.text).join(''))];
  }
  if ('cachePoint' in block) {
    checkCachePoint(form.form, model, `${field}.cachePoint`);
    return [];
  }
  if ('image' in block && form.imageToken !== undefined && model.features.images !== false) {
    images.push(imageBase64(block.image, form.form, field));
    return [form.imageToken];
  }
  const kind = Object.keys(block)[0] ?? 'block';
  throw cannotCarry(form.form, BLOCK_NAMES[kind] ?? 'this content block', `${field}.${kind}`);
}

/** Base64 of an image given as bytes. Throws unsupported_feature for one that lies in S3. */
export function imageBase64(image: ImageBlock, form: string, field: string): string {
  if (!('bytes' in image.source))
    throw cannotCarry(form, 'an image in S3', `${field}.image.source.s3Location`);
  return toBase64(image.source.bytes);
}

/** How blocks are called in refusals. */
export const BLOCK_NAMES: Readonly<Record<string, string>> = {
  image: 'images',
  document: 'documents',
  video: 'video',
  audio: 'audio',
  toolUse: 'tool uses',
  toolResult: 'tool results',
  guardContent: 'guard content',
  searchResult: 'search results',
  unknown: 'blocks of another provider',
};
