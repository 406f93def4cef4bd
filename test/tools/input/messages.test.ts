import { describe, expect, it } from 'vitest';
import { BedrockError } from '../../../src/bedrock-error.ts';
import { textAnswerFields } from '../../../src/calls/answer.ts';
import { readMessages } from '../../../src/tools/input/messages.ts';

const PNG = 'iVBORw0KGgo=';
const PDF = Buffer.from('%PDF-1.4').toString('base64');
const bytes = new Uint8Array(Buffer.from(PNG, 'base64'));
const user = (content: unknown) => readMessages([{ role: 'user', content }])[0]?.content;

describe('content blocks as callers write them', () => {
  it.each([
    ['plain text', 'hi', [{ text: 'hi' }]],
    ['a text block', [{ text: 'hi' }], [{ text: 'hi' }]],
    ['a text block in Anthropic form', [{ type: 'text', text: 'hi' }], [{ text: 'hi' }]],
    [
      'an image',
      [{ image: { format: 'png', source: { bytes: PNG } } }],
      [{ image: { format: 'png', source: { bytes } } }],
    ],
    [
      'an image that does not say its format',
      [{ image: { source: { bytes: PNG } } }],
      [{ image: { format: 'png', source: { bytes } } }],
    ],
    [
      'an image as data URI, jpg for jpeg',
      [{ image: { format: 'jpg', source: { bytes: `data:image/jpeg;base64,${PNG}` } } }],
      [{ image: { format: 'jpeg', source: { bytes } } }],
    ],
    [
      'an image in Anthropic form',
      [{ type: 'image', source: { type: 'base64', media_type: 'image/png', data: PNG } }],
      [{ image: { format: 'png', source: { bytes } } }],
    ],
    [
      'a PDF in Anthropic form',
      [
        {
          type: 'document',
          source: { type: 'base64', media_type: 'application/pdf', data: PDF },
          title: 'Plan',
          context: 'Of last year',
          citations: { enabled: true },
        },
      ],
      [
        {
          document: {
            format: 'pdf',
            name: 'Plan',
            source: { bytes: new Uint8Array(Buffer.from(PDF, 'base64')) },
            context: 'Of last year',
            citations: { enabled: true },
          },
        },
      ],
    ],
    [
      'a text document in Anthropic form',
      [{ type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'x' } }],
      [{ document: { format: 'txt', name: 'document', source: { text: 'x' } } }],
    ],
    [
      'a document of parts in Anthropic form, inside a tool result',
      [
        {
          type: 'tool_result',
          tool_use_id: 't',
          content: [
            { type: 'document', source: { type: 'content', content: [{ type: 'text', text: 'x' }] } },
            { type: 'document', source: { type: 'content', content: 'y' } },
          ],
        },
      ],
      [
        {
          toolResult: {
            toolUseId: 't',
            content: [
              { document: { format: 'txt', name: 'document', source: { content: [{ text: 'x' }] } } },
              { document: { format: 'txt', name: 'document', source: { text: 'y' } } },
            ],
          },
        },
      ],
    ],
    [
      'an image in S3',
      [{ image: { format: 'png', source: { s3Location: { uri: 's3://b/k' } } } }],
      [{ image: { format: 'png', source: { s3Location: { uri: 's3://b/k' } } } }],
    ],
    [
      'a text document',
      [{ document: { format: 'txt', name: 'a', source: { text: 'x' } } }],
      [{ document: { format: 'txt', name: 'a', source: { text: 'x' } } }],
    ],
    [
      'a tool result with text',
      [{ toolResult: { toolUseId: 't', content: 'ok' } }],
      [{ toolResult: { toolUseId: 't', content: [{ text: 'ok' }] } }],
    ],
    [
      'a failed tool result in Anthropic form',
      [{ type: 'tool_result', tool_use_id: 't', content: 'no', is_error: true }],
      [{ toolResult: { toolUseId: 't', content: [{ text: 'no' }], status: 'error' } }],
    ],
    [
      'JSON in a tool result',
      [{ toolResult: { toolUseId: 't', content: [{ json: { a: 1 } }] } }],
      [{ toolResult: { toolUseId: 't', content: [{ json: { a: 1 } }] } }],
    ],
    [
      'a cache point',
      [{ text: 'x' }, { cachePoint: { type: 'default', ttl: '1h' } }],
      [{ text: 'x' }, { cachePoint: { type: 'default', ttl: '1h' } }],
    ],
  ])('are read: %s', (_what, given, read) => {
    expect(user(given)).toEqual(read);
  });

  it('an answer of this server is taken back as it was returned, in the order a model needs', () => {
    const [message] = readMessages([
      {
        role: 'assistant',
        text: 'Let me look.',
        tool_calls: [{ toolUseId: 't1', name: 'look', input: { a: 1 } }],
        reasoning: [{ text: 'hm', signature: 's' }, { redacted: PNG }],
      },
    ]);
    expect(message?.content).toEqual([
      { reasoningContent: { reasoningText: { text: 'hm', signature: 's' } } },
      { reasoningContent: { redactedContent: bytes } },
      { text: 'Let me look.' },
      { toolUse: { toolUseId: 't1', name: 'look', input: { a: 1 } } },
    ]);
  });
});

describe('an answer with all that stands around it', () => {
  const about = { stop_reason: 'end_turn', receipt: { call_id: 'c' }, thread: { thread_id: 't' }, note: 'n' };

  it('is taken back, whatever an answer may have, and only what the model said is kept', () => {
    const { next_offset: _, ...members } = textAnswerFields;
    const all = Object.fromEntries(Object.keys(members).map((name) => [name, {}]));
    const said = { text: 'Yes.', tool_calls: [], reasoning: [], content: undefined };
    expect(readMessages([{ role: 'assistant', ...all, ...about, ...said }])).toEqual([
      { role: 'assistant', content: [{ text: 'Yes.' }] },
    ]);
    const [message] = readMessages([{ role: 'assistant', text: 'Yes.', ...about }]);
    expect(message).toEqual({ role: 'assistant', content: [{ text: 'Yes.' }] });
  });

  it('has the parsed value as its text', () => {
    const [message] = readMessages([{ role: 'assistant', parsed: { a: 1 }, ...about }]);
    expect(message?.content).toEqual([{ text: '{"a":1}' }]);
  });

  it('is refused when only a part of it came', () => {
    const cut = [{ role: 'assistant', text: 'Ye', next_offset: 2, ...about }];
    expect(() => readMessages(cut)).toThrow(/only a part of an answer/);
  });

  it('is nothing that a user says', () => {
    expect(() => readMessages([{ role: 'user', text: 'Yes.', ...about }])).toThrow('stop_reason');
  });
});

describe("MCP's own content blocks", () => {
  it('are taken too', () => {
    const content = [
      { type: 'image', data: PNG, mimeType: 'image/png' },
      { type: 'audio', data: PNG, mimeType: 'audio/wav' },
    ];
    expect(readMessages([{ role: 'user', content }])[0]?.content).toEqual([
      { image: { format: 'png', source: { bytes } } },
      { audio: { format: 'wav', source: { bytes } } },
    ]);
  });
});

describe('what is wrong is named', () => {
  it.each([
    ['a role', [{ role: 'robot', content: 'x' }], 'messages[0].role'],
    ['no object', ['hi'], 'messages[0]'],
    ['an unknown member', [{ role: 'user', contents: 'x' }], 'messages[0].contents'],
    ['an unknown block', [{ role: 'user', content: [{ picture: {} }] }], 'messages[0].content[0]'],
    [
      'two kinds in one block',
      [{ role: 'user', content: [{ text: 'a', image: {} }] }],
      'messages[0].content[0]',
    ],
    [
      'an unknown image format',
      [{ role: 'user', content: [{ image: { format: 'bmp', source: { bytes: PNG } } }] }],
      'messages[0].content[0].image.format',
    ],
    [
      'bytes that are no base64',
      [{ role: 'user', content: [{ image: { format: 'png', source: { bytes: '***' } } }] }],
      'messages[0].content[0].image.source.bytes',
    ],
    [
      'an S3 URI that is none',
      [
        {
          role: 'user',
          content: [{ image: { format: 'png', source: { s3Location: { uri: 'http://x' } } } }],
        },
      ],
      'messages[0].content[0].image.source.s3Location.uri',
    ],
    [
      'a tool result without an ID',
      [{ role: 'user', content: [{ toolResult: { content: [] } }] }],
      'messages[0].content[0].toolResult.toolUseId',
    ],
    [
      'a document in Anthropic form without its data',
      [{ role: 'user', content: [{ type: 'document', source: { type: 'base64' } }] }],
      'messages[0].content[0].source.data',
    ],
    [
      'a source that nobody here fetches',
      [{ role: 'user', content: [{ type: 'document', source: { type: 'url', url: 'https://x/y.pdf' } }] }],
      'messages[0].content[0].source.type',
    ],
    ['an unknown type', [{ role: 'user', content: [{ type: 'hologram' }] }], 'messages[0].content[0].type'],
    [
      'a block called constructor',
      [{ role: 'user', content: [{ constructor: {} }] }],
      'messages[0].content[0]',
    ],
  ])('%s', (_what, messages, field) => {
    let caught: unknown;
    try {
      readMessages(messages);
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(BedrockError);
    expect(caught).toMatchObject({ code: 'invalid_request', field });
  });
});
