import { type ContentBlock, ConverseCommand, type Message } from '@aws-sdk/client-bedrock-runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSandbox } from '../../../src/sandbox/server/server.ts';
import type { Sandbox } from '../../../src/sandbox/types.ts';
import { refusalOf, runtimeClient } from '../clients.ts';

const HAIKU = 'us.anthropic.claude-haiku-4-5-20251001-v1:0';
const HAIKU_3 = 'anthropic.claude-3-haiku-20240307-v1:0';
const NOVA = 'us.amazon.nova-lite-v1:0';
const LLAMA = 'us.meta.llama3-3-70b-instruct-v1:0';
const S3 = { s3Location: { uri: 's3://bucket/plan.pdf' } };
const words = { bytes: Buffer.from('words') };
const toolConfig = { tools: [{ toolSpec: { name: 'f', inputSchema: { json: { type: 'object' } } } }] };
const citations = { enabled: true };

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(() => sandbox.close());

const asked = (block: ContentBlock): Message[] => [{ role: 'user', content: [{ text: 'a' }, block] }];
type Part = NonNullable<NonNullable<ContentBlock['toolResult']>['content']>[number];
const answered = (part: Part): Message[] => [
  { role: 'user', content: [{ text: 'a' }] },
  { role: 'assistant', content: [{ toolUse: { toolUseId: 't', name: 'f', input: {} } }] },
  { role: 'user', content: [{ toolResult: { toolUseId: 't', content: [part] } }] },
];
const search = { source: 'https://x.y', title: 'X', content: [{ text: 'words' }] };
const NAME = 'The document file name can only contain alphanumeric characters';

type Row = readonly [what: string, modelId: string, messages: Message[], words: string];
const REFUSED: readonly Row[] = [
  [
    'a document in S3 to Claude',
    HAIKU,
    asked({ document: { format: 'pdf', name: 'a', source: S3 } }),
    'The model returned the following errors: messages.0.content.1.document.source.type: Field required',
  ],
  [
    'an image in S3 to Claude',
    HAIKU,
    asked({ image: { format: 'png', source: S3 } }),
    "This model doesn't support the s3Uri field. Remove s3Uri and try again.",
  ],
  [
    'a document in S3 to Llama',
    LLAMA,
    asked({ document: { format: 'pdf', name: 'a', source: S3 } }),
    "This model doesn't support the s3Uri field. Remove s3Uri and try again.",
  ],
  [
    'an image in S3 inside a tool result to Claude',
    HAIKU,
    answered({ image: { format: 'png', source: S3 } }),
    "This model doesn't support the s3Uri field. Remove s3Uri and try again.",
  ],
  [
    'citations of a table',
    HAIKU,
    asked({ document: { format: 'csv', name: 'a', source: words, citations } }),
    'Unsupported document format. Only txt and pdf formats are supported when citations are enabled',
  ],
  [
    'citations of text that comes as bytes',
    HAIKU,
    asked({ document: { format: 'txt', name: 'a', source: words, citations } }),
    'messages.0.content.1.image.source.bytes: The PDF specified was not valid.',
  ],
  [
    'citations in a tool result',
    HAIKU,
    answered({ document: { format: 'txt', name: 'a', source: { text: 'words' }, citations } }),
    'Citations are not supported in tool result documents.',
  ],
  [
    'citations to Nova',
    NOVA,
    asked({ document: { format: 'txt', name: 'a', source: { text: 'words' }, citations } }),
    "This model doesn't support citations.",
  ],
  [
    'citations to Claude 3 Haiku',
    HAIKU_3,
    asked({ document: { format: 'txt', name: 'a', source: { text: 'words' }, citations } }),
    "This model doesn't support citations.",
  ],
  [
    'a source of text without citations',
    HAIKU,
    asked({ document: { format: 'txt', name: 'a', source: { text: 'words' } } }),
    'DocumentSource object at messages.0.content.1.document.source',
  ],
  [
    'a source of parts without citations',
    NOVA,
    asked({ document: { format: 'txt', name: 'a', source: { content: [{ text: 'words' }] } } }),
    'DocumentSource object at messages.0.content.1.document.source',
  ],
  ...['a\tb', 'a  b', 'a\nb', 'a\u00a0b', 'a.b', '', 'a'.repeat(201)].map(
    (name): Row => [
      `the document name ${JSON.stringify(name.slice(0, 9))}`,
      NOVA,
      asked({ document: { format: 'txt', name, source: words } }),
      NAME,
    ],
  ),
  [
    'a cache point behind a text document to Claude',
    HAIKU,
    [
      {
        role: 'user',
        content: [
          { text: 'a' },
          { document: { format: 'txt', name: 'a', source: words } },
          { cachePoint: { type: 'default' } },
        ],
      },
    ],
    'The model returned the following errors: messages.0.content.2.type: Field required',
  ],
  [
    'a document name inside a tool result',
    HAIKU,
    answered({ document: { format: 'txt', name: 'a\tb', source: words } }),
    NAME,
  ],
  [
    'a search result to Nova',
    NOVA,
    asked({ searchResult: search }),
    "This model doesn't support the searchResult content block",
  ],
  [
    'a search result inside a tool result to Llama',
    LLAMA,
    answered({ searchResult: search }),
    "This model doesn't support the searchResult content block",
  ],
];

describe('documents, files in S3 and search results that Converse refuses', () => {
  it.each(REFUSED)('%s', async (_what, modelId, messages, said) => {
    const command = new ConverseCommand({ modelId, messages, toolConfig });
    expect(await refusalOf(runtimeClient(sandbox.url).send(command))).toContain(said);
  });

  it.each<[string, string, Message[]]>([
    [
      'citations of text to Claude',
      HAIKU,
      asked({ document: { format: 'txt', name: 'a [1] (2)-b_c', source: { text: 'words' }, citations } }),
    ],
    ['a document in S3 to Nova', NOVA, asked({ document: { format: 'pdf', name: 'a b', source: S3 } })],
    ['a search result to Claude', HAIKU, asked({ searchResult: search })],
    ['a search result inside a tool result to Claude', HAIKU, answered({ searchResult: search })],
  ])('takes %s', async (_what, modelId, messages) => {
    const command = new ConverseCommand({ modelId, messages, toolConfig });
    expect(await runtimeClient(sandbox.url).send(command)).toHaveProperty('stopReason');
  });
});
