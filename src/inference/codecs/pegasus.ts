/** TwelveLabs Pegasus: a question about one video, InvokeModel only. */
import { toBase64 } from '../../base64.ts';
import { type JsonObject, jsonFields, textOf } from '../../json.ts';
import type { InferenceRequest, MediaSource, NativeCodec } from '../../messages/types.ts';
import { configFields, finishBody } from './fields/body-fields.ts';
import { nativeReasoning } from './fields/reasoning-fields.ts';
import { badRequest, cannotCarry } from './fields/refusals.ts';
import { onlyUserText, type PromptForm, plainConversation } from './prompt-text/prompt-turns.ts';
import { type TextReader, textAnswers } from './prompt-text/text-codec.ts';

const FORM: PromptForm = {
  form: 'Pegasus',
  carries: { tools: false, system: false, images: false, documents: false, outputSchema: true },
  neutralise: (text) => text,
};

const CONFIG = { maxTokens: 'maxOutputTokens', temperature: 'temperature' };

export const readPegasus: TextReader = (body) => {
  const text = textOf(body['message']);
  const stop = textOf(body['finishReason']);
  return text === undefined && stop === undefined ? undefined : { text, stop };
};

function mediaSource(source: MediaSource): JsonObject {
  if ('bytes' in source) return { base64String: toBase64(source.bytes) };
  const { uri, bucketOwner } = source.s3Location;
  return { s3Location: jsonFields({ uri, bucketOwner }) };
}

/** Parts the video from the words around it. Throws unless there is exactly one video. */
function partVideo(request: InferenceRequest): { words: InferenceRequest; media: JsonObject } {
  const videos: MediaSource[] = [];
  const messages = request.messages.map((message) => ({
    ...message,
    content: message.content.filter((block) => {
      if (!('video' in block)) return true;
      videos.push(block.video.source);
      return false;
    }),
  }));
  const [source, second] = videos;
  if (second !== undefined) throw cannotCarry(FORM.form, 'more than one video', 'messages');
  if (source === undefined) {
    throw badRequest('Pegasus answers questions about a video.', 'Add one video to the message.', 'messages');
  }
  return { words: { ...request, messages }, media: mediaSource(source) };
}

export const pegasus: NativeCodec = {
  carries: FORM.carries,
  // Whatever is not the video is told in words.
  history: {
    turns: false,
    blocks: ['video', 'audio', 'searchResult', 'unknown'],
    filesInS3: true,
  },
  encode(request, model) {
    const { words, media } = partVideo(request);
    const conversation = plainConversation(words, model, FORM);
    const { config, fields } = nativeReasoning(request, model);
    const schema = request.outputSchema?.schema;
    return finishBody(
      {
        inputPrompt: onlyUserText(conversation, FORM),
        mediaSource: media,
        ...configFields(config, CONFIG, FORM.form),
        ...jsonFields({ responseFormat: schema && { jsonSchema: schema } }),
        ...fields,
      },
      request,
    );
  },
  ...textAnswers(FORM.form, readPegasus),
};
