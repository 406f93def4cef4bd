import { describe, expect, it } from 'vitest';
import type {
  ContentBlock,
  DocumentBlock,
  ImageBlock,
  InferenceRequest,
} from '../../../../src/messages/types.ts';
import { assistant, call, checkRows, prepare, type RuleRow, spec, talk, user } from './rule-row.ts';

const hi = { text: 'Hi' };
const ascii = (text: string, size = text.length) => {
  const bytes = new Uint8Array(size);
  bytes.set(Buffer.from(text, 'latin1'));
  return bytes;
};
const PNG = '\x89PNG\r\n\x1a\n';
const JPEG = '\xff\xd8\xff\xe0';
const ZIP = 'PK\x03\x04';
const OLE = '\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1';

const image = (format: ImageBlock['format'], bytes: Uint8Array): ContentBlock => ({
  image: { format, source: { bytes } },
});
const png = image('png', ascii(PNG));
const document = (
  name: string,
  format: DocumentBlock['format'] = 'txt',
  bytes = ascii('text'),
): ContentBlock => ({
  document: { format, name, source: { bytes } },
});
const asked = (...content: ContentBlock[]) => talk(user(hi, ...content));

const FORMATS: readonly [what: string, declared: ContentBlock, sent: ContentBlock | 'refused' | 'same'][] = [
  ['a PNG', png, 'same'],
  ['a JPEG called png', image('png', ascii(JPEG)), image('jpeg', ascii(JPEG))],
  ['a GIF called webp', image('webp', ascii('GIF89a')), image('gif', ascii('GIF89a'))],
  ['a WebP called jpeg', image('jpeg', ascii('RIFF....WEBP')), image('webp', ascii('RIFF....WEBP'))],
  ['text called png', image('png', ascii('hello')), 'refused'],
  ['an empty image', image('png', new Uint8Array()), 'refused'],
  ['a PDF', document('a', 'pdf', ascii('%PDF-1.4')), 'same'],
  ['a PDF after some rubbish', document('a', 'pdf', ascii('\r\n\0%PDF-1.4')), 'same'],
  [
    'a Word file called pdf',
    document('a', 'pdf', ascii(`${ZIP}word/x`)),
    document('a', 'docx', ascii(`${ZIP}word/x`)),
  ],
  [
    'an Excel file called docx',
    document('a', 'docx', ascii(`${ZIP}xl/x`)),
    document('a', 'xlsx', ascii(`${ZIP}xl/x`)),
  ],
  ['a zip called pdf', document('a', 'pdf', ascii(`${ZIP}other`)), 'refused'],
  ['an old Word file called docx', document('a', 'docx', ascii(OLE)), document('a', 'doc', ascii(OLE))],
  ['an old Office file', document('a', 'xls', ascii(OLE)), 'same'],
  ['a PDF called txt', document('a', 'txt', ascii('%PDF-1.7')), document('a', 'pdf', ascii('%PDF-1.7'))],
  [
    'a page called pdf',
    document('a', 'pdf', ascii(' <!DOCTYPE html>')),
    document('a', 'html', ascii(' <!DOCTYPE html>')),
  ],
  ['text called pdf', document('a', 'pdf', ascii('Dear all')), document('a', 'txt', ascii('Dear all'))],
  ['Markdown', document('a', 'md', ascii('# Title')), 'same'],
  ['UTF-16 text', document('a', 'csv', ascii('\xff\xfea\0,\0b\0')), 'same'],
  ['a program called txt', document('a', 'txt', ascii('\x7fELF\0\0')), 'refused'],
  ['an image called pdf', document('a', 'pdf', ascii(PNG)), 'refused'],
  ['an empty document', document('a', 'pdf', new Uint8Array()), 'refused'],
];

const rows: readonly RuleRow[] = [
  ...FORMATS.map(([what, declared, sent]): RuleRow => {
    if (sent === 'refused') {
      return {
        name: `refuses ${what}`,
        request: asked(declared),
        refuses: { field: 'messages[0].content[1]' },
      };
    }
    if (sent === 'same') return { name: `leaves ${what} alone`, request: asked(declared), sends: 'same' };
    return {
      name: `sends ${what} as what it is`,
      request: asked(declared),
      sends: asked(sent),
      warns: ['was declared'],
    };
  }),
  {
    name: 'looks at files inside tool results too',
    request: {
      messages: [
        user(hi),
        assistant(call('a')),
        user({
          toolResult: {
            toolUseId: 'a',
            content: [{ text: 'x' }, { image: { format: 'png', source: { bytes: ascii('no') } } }],
          },
        }),
      ],
      toolConfig: { tools: [spec('f')] },
    },
    refuses: { field: 'messages[2].content[0].toolResult.content[1]' },
  },
  {
    name: 'does not look into S3',
    request: asked({ image: { format: 'png', source: { s3Location: { uri: 's3://b/k' } } } }),
    sends: 'same',
  },
  ...(
    [
      ['images', png],
      ['documents', document('a')],
      ['video', { video: { format: 'mp4', source: { bytes: ascii('x') } } }],
      ['audio', { audio: { format: 'mp3', source: { bytes: ascii('x') } } }],
    ] as const
  ).flatMap(([feature, block]): RuleRow[] => [
    {
      name: `refuses ${feature} for a model that takes none`,
      features: { [feature]: false },
      request: asked(block),
      refuses: { code: 'unsupported_feature', field: 'messages[0].content[1]' },
    },
    { name: `sends ${feature} where nothing is known`, request: asked(block), sends: 'same' },
  ]),
  {
    name: 'takes 20 images of 3.75 MB',
    request: asked(...Array.from({ length: 20 }, () => image('png', ascii(PNG, 3_932_160)))),
    sends: 'same',
  },
  {
    name: 'refuses the 21st image',
    request: asked(...Array.from({ length: 21 }, () => png)),
    refuses: { field: 'messages[0].content[21]' },
  },
  {
    name: 'leaves the number of images to the native API',
    api: 'native',
    request: asked(...Array.from({ length: 21 }, () => png)),
    sends: 'same',
  },
  {
    name: 'refuses an image of more',
    request: asked(image('png', ascii(PNG, 3_932_161))),
    refuses: { field: 'messages[0].content[1]' },
  },
  {
    name: 'refuses the sixth document of the whole conversation',
    request: talk(
      user(hi, ...['a', 'b', 'c'].map((name) => document(name))),
      assistant({ text: 'x' }),
      user(hi, ...['d', 'e', 'f'].map((name) => document(name))),
    ),
    refuses: { field: 'messages[2].content[3]' },
  },
  {
    name: 'refuses a document of more than 4.5 MB',
    request: asked(document('a', 'pdf', ascii('%PDF-', 4_718_593))),
    refuses: { field: 'messages[0].content[1]' },
  },
  {
    name: 'refuses a document of the assistant',
    request: talk(user(hi), assistant(document('a'))),
    refuses: { field: 'messages[1].content[0]' },
  },
  {
    name: 'adds text beside a document that stands alone',
    request: talk(user(document('a'))),
    sends: talk(user(document('a'), { text: 'See the attached document.' })),
    warns: ['line of text'],
  },
];

describe('media', () => checkRows(rows));

describe('document names', () => {
  function namesSent(...names: string[]): readonly string[] {
    const request: InferenceRequest = asked(...names.map((name) => document(name)));
    return prepare({ request }).request.messages.flatMap(({ content }) =>
      content.flatMap((block) => ('document' in block ? [block.document.name] : [])),
    );
  }

  it.each([
    ['fine (1) [b]-c_d', 'fine (1) [b]-c_d'],
    ['report.pdf', 'report'],
    ['a/b:c+d.final', 'a-b-c-d-final'],
    ['two  spaces\n here ', 'two spaces here'],
    ['Übersicht café', 'Ubersicht cafe'],
    ['日本語', 'document'],
    ['', 'document'],
    ['   ', 'document'],
    ['...', 'document'],
    ['x'.repeat(300), 'x'.repeat(192)],
  ])('%j is sent as %j', (name, sent) => {
    expect(namesSent(name)).toEqual([sent]);
    expect(namesSent(sent)).toEqual([sent]);
  });

  it('are made unique after they were cleaned, across all turns', () => {
    expect(namesSent('a.b', 'a/b', 'a-b', 'same', 'same')).toEqual([
      'a-b',
      'a-b (2)',
      'a-b (3)',
      'same',
      'same (2)',
    ]);
    expect(namesSent('a', 'a (2)', 'a')).toEqual(['a', 'a (2)', 'a (3)']);
    expect(namesSent('y'.repeat(200), 'y'.repeat(200))).toEqual(['y'.repeat(200), `${'y'.repeat(192)} (2)`]);
  });

  it('stay free on the native API', () => {
    const request = asked(document('a.b'));
    expect(prepare({ request, api: 'native' }).request).toEqual(request);
  });
});
