/** TwelveLabs Pegasus: a question about a video. */

import { defined } from '../../defined.ts';
import { type Answer, pieces } from '../answers/turn.ts';
import { extraKey, numberOf, objectOf, own, textOf } from '../json-read.ts';
import { malformed } from '../refusal.ts';
import { type NativeCodec, textOfAnswer } from './codec.ts';

const MEMBERS = ['inputPrompt', 'mediaSource', 'temperature', 'maxOutputTokens', 'responseFormat'];
const finishReason = ({ stopReason }: Answer): string => (stopReason === 'max_tokens' ? 'length' : 'stop');

export const pegasus: NativeCodec = {
  read({ body }) {
    const extra = extraKey(body, MEMBERS);
    if (extra !== undefined) throw malformed(`#: extraneous key [${extra}] is not permitted`);
    for (const key of ['inputPrompt', 'mediaSource']) {
      if (own(body, key) === undefined) throw malformed(`#: required key [${key}] not found`);
    }
    const size = JSON.stringify(body['mediaSource']).length;
    const schema = own(objectOf(body['responseFormat']), 'jsonSchema');
    const maxTokens = numberOf(body['maxOutputTokens']);
    const text = textOf(body['inputPrompt']);
    return {
      system: '',
      messages: [
        {
          role: 'user',
          blocks: [
            { kind: 'text', text },
            { kind: 'other', size },
          ],
        },
      ],
      tools: [],
      toolChoice: 'auto',
      ...defined({ schema, maxTokens }),
      stopSequences: [],
      reasoning: false,
    };
  },
  whole: (answer) => ({ message: textOfAnswer(answer), finishReason: finishReason(answer) }),
  *chunks(answer) {
    for (const message of pieces(textOfAnswer(answer))) yield { payload: { message }, delta: true };
    yield { payload: { message: '', finishReason: finishReason(answer) }, end: true };
  },
};
