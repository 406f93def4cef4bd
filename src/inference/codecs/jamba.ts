/**
 * AI21 Jamba 1.5: the OpenAI chat form with `max_tokens` and `stop`, no JSON-schema answers, and no images.
 * Its stream ends with a chunk of nothing but metrics (recorded).
 */
import { CHAT_FORMS, chatCodec } from './openai-chat/chat.ts';

export const jamba = chatCodec(CHAT_FORMS.jamba);
