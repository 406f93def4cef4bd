import { describe, expect, it } from 'vitest';
import { BedrockError } from '../../../src/bedrock-error.ts';
import { errorInOwnCount, receiptInOwnCount } from '../../../src/calls/text/message-numbers.ts';

const refusal = (field: string) =>
  new BedrockError('invalid_request', {
    message: `The image at ${field} is empty.`,
    fix: `Fill ${field}.`,
    field,
    partialText: 'so far',
  });

describe('what is said of a turn of a thread', () => {
  it('counts the messages that the caller sent', () => {
    expect(errorInOwnCount(refusal('messages[13].content[2]'), 12)).toMatchObject({
      code: 'invalid_request',
      message: 'The image at messages[1].content[2] is empty.',
      fix: 'Fill messages[1].content[2].',
      field: 'messages[1].content[2]',
      partialText: 'so far',
    });
  });

  it("leaves AWS's own words as they are, and says how they count", () => {
    const said = 'AWS says: messages.12.content: bad thing.';
    const error = new BedrockError('rejected_request', { message: said, fix: 'x', awsMessage: 'bad thing' });
    expect(errorInOwnCount(error, 12)).toMatchObject({
      message: `${said} (Messages are counted from 0, the 12 of the thread first.)`,
    });
  });

  it('names those of the thread as such', () => {
    expect(errorInOwnCount(refusal('messages[3].content[0]'), 12)).toMatchObject({
      message: 'The image at message 4 of the thread is empty.',
      field: 'thread_id',
    });
  });

  it('stays as it is where no message is named, or none came from a thread', () => {
    const error = refusal('messages[3]');
    expect(errorInOwnCount(error, 0)).toBe(error);
    const other = refusal('files[0]');
    expect(errorInOwnCount(other, 12)).toBe(other);
    expect(errorInOwnCount('broken', 12)).toBe('broken');
  });

  it('counts as the caller does in warnings as well', () => {
    const receipt = { call_id: 'c', model_asked: 'm', model_id: 'm', region: 'r', api: 'native' };
    expect(receiptInOwnCount(receipt, 2)).toBe(receipt);
    expect(receiptInOwnCount({ ...receipt, warnings: ['messages[2] was mended.'] }, 2)).toMatchObject({
      warnings: ['messages[0] was mended.'],
    });
  });
});
