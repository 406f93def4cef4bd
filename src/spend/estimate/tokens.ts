/**
 * How many tokens a request will be, before anybody has counted them. No tokenizer is shipped: text is cut where every
 * tokenizer cuts it (words, numbers, punctuation, scripts), and each family adds the frame that its chat template puts
 * around the messages. Weights and frames were fitted to, and are measured on, recorded Bedrock answers.
 */
import type { Family } from '../../catalog/types.ts';
import { TEXT_DOCUMENTS } from '../../messages/file-format.ts';
import type { ContentBlock, DocumentBlock, InferenceRequest, MediaSource } from '../../messages/types.ts';

/** The model that will read the text; without it the frame of no family is added. */
export interface ReadBy {
  readonly id: string;
  readonly family: Family;
}

/**
 * The measured error of `estimateTokens` on 70 recorded plain-text requests and of `estimateTextTokens` on 35 recorded
 * answers, all in Latin script: `share` of them lie within `tokens` tokens or `relative` of the count that Bedrock
 * reported, whichever is more. `npx vitest run test/spend/estimate.test.ts` prints the distribution.
 */
export const ESTIMATE_ERROR = { share: 0.95, tokens: 8, relative: 0.2 } as const;

/** Letters of an alphabet that one token holds at most; longer words are cut. */
const LETTERS_PER_TOKEN = 8;
const DIGITS_PER_TOKEN = 3;
const MARKS_PER_TOKEN = 2;
/** Alphabets beyond Latin (Cyrillic, Greek, Arabic, Devanagari ...) are cut finer. */
const FOREIGN_LETTERS_PER_TOKEN = 2.5;
/** A letter with an accent often stands alone. */
const TOKENS_PER_ACCENT = 0.5;
/** Half of a character beyond the basic plane: emoji are two or three tokens. */
const TOKENS_PER_SURROGATE = 1.5;
const BLANKS_PER_TOKEN = 8;

/** Claude counts about (width x height) / 750; a full-size image is near this. */
const TOKENS_PER_IMAGE = 1_600;
/** Text and page image of one page; a page of PDF is taken as 50 kB. */
const TOKENS_PER_DOCUMENT_PAGE = 2_500;
const BYTES_PER_PAGE = 50_000;
/** Nova reads a frame a second, about 290 tokens each; a second of video is taken as 250 kB, of audio as 16 kB. */
const TOKENS_PER_VIDEO_BYTE = 290 / 250_000;
const TOKENS_PER_AUDIO_BYTE = 25 / 16_000;
const TOKENS_PER_CLIP = 400;
const TOKENS_PER_MESSAGE = 4;

/** What a family's chat template adds to a request: once, and once more when there are tools. */
interface Frame {
  readonly request: number;
  readonly tools: number;
}
const NO_FRAME: Frame = { request: 0, tools: 0 };
const FRAMES: Partial<Readonly<Record<Family, Frame>>> = {
  claude: { request: 8, tools: 320 },
  'claude-legacy': { request: 8, tools: 0 },
  nova: { request: 0, tools: 360 },
  llama3: { request: 34, tools: 100 },
  llama4: { request: 10, tools: 100 },
  mistral: { request: 6, tools: 70 },
  'mistral-chat': { request: 6, tools: 70 },
  jamba: { request: 10, tools: 100 },
  'deepseek-r1': { request: 5, tools: 100 },
  deepseek: { request: 5, tools: 100 },
  'gpt-oss': { request: 68, tools: 60 },
  qwen: { request: 12, tools: 150 },
};
/** Models whose frame differs from their family's; the longest prefix of the bare ID wins. */
const FRAMES_BY_PREFIX: readonly (readonly [prefix: string, frame: Frame])[] = [
  ['amazon.nova-2-', { request: 46, tools: 880 }],
];

const BLANK = 0;
const LINE = 1;
const DIGIT = 2;
const LETTER = 3;
const ACCENTED = 4;
const MARK = 5;
const FOREIGN = 6;
const IDEOGRAPH = 7;
const SURROGATE = 8;
/** First code unit of each range, ascending, and what the range holds. */
const RANGES: readonly (readonly [from: number, kind: number])[] = [
  [0x00, MARK],
  [0x09, BLANK],
  [0x0a, LINE],
  [0x0b, MARK],
  [0x0d, LINE],
  [0x0e, MARK],
  [0x20, BLANK],
  [0x21, MARK],
  [0x30, DIGIT],
  [0x3a, MARK],
  [0x41, LETTER],
  [0x5b, MARK],
  [0x61, LETTER],
  [0x7b, MARK],
  [0xa0, BLANK],
  [0xa1, MARK],
  [0xc0, ACCENTED],
  [0x250, FOREIGN],
  // General punctuation, arrows, mathematical signs, boxes.
  [0x2000, MARK],
  [0x2e80, IDEOGRAPH],
  [0xd800, SURROGATE],
  [0xe000, IDEOGRAPH],
];
let kinds: Uint8Array | undefined;

/** Kind of every code unit, made on first use: texts of millions of characters are read through it. */
function kindsByCode(): Uint8Array {
  const table = new Uint8Array(0x10000);
  for (const [from, kind] of RANGES) table.fill(kind, from);
  return table;
}

/** Tokens of plain text, rounded up. One pass, linear in the length. */
export function estimateTextTokens(text: string): number {
  kinds ??= kindsByCode();
  let tokens = 0;
  for (let at = 0; at < text.length; ) {
    const start = at;
    const kind = kinds[text.charCodeAt(at)];
    // A word is one run, with and without accents.
    const isWord = kind === LETTER || kind === ACCENTED;
    const same = isWord ? LETTER : kind;
    let accents = 0;
    for (; at < text.length; at += 1) {
      const each = kinds[text.charCodeAt(at)];
      if (isWord && each === ACCENTED) accents += 1;
      else if (each !== same) break;
    }
    tokens += tokensOfRun(kind, at - start) + accents * TOKENS_PER_ACCENT;
  }
  return Math.ceil(tokens);
}

function tokensOfRun(kind: number | undefined, length: number): number {
  switch (kind) {
    case BLANK:
      // One blank belongs to the word behind it.
      return length === 1 ? 0 : Math.ceil(length / BLANKS_PER_TOKEN);
    case LINE:
      return 1;
    case DIGIT:
      return Math.ceil(length / DIGITS_PER_TOKEN);
    case MARK:
      return Math.ceil(length / MARKS_PER_TOKEN);
    case FOREIGN:
      return Math.max(1, length / FOREIGN_LETTERS_PER_TOKEN);
    case IDEOGRAPH:
      return length;
    case SURROGATE:
      return length * TOKENS_PER_SURROGATE;
    default:
      return Math.ceil(length / LETTERS_PER_TOKEN);
  }
}

/** What the template of this model adds to every request, in tokens. */
export function frameTokens(model: ReadBy | undefined, hasTools: boolean): number {
  if (model === undefined) return 0;
  const own = FRAMES_BY_PREFIX.find(([prefix]) => model.id.startsWith(prefix))?.[1];
  const frame = own ?? FRAMES[model.family] ?? NO_FRAME;
  return frame.request + (hasTools ? frame.tools : 0);
}

/**
 * Input tokens of a whole request: text, tools, media, and the frame of the model when it is given.
 * An estimate within `ESTIMATE_ERROR` for plain text, looser for media; CountTokens is exact where Bedrock offers it.
 */
export function estimateTokens(request: InferenceRequest, model?: ReadBy): number {
  const tools = request.toolConfig?.tools ?? [];
  let tokens = frameTokens(model, tools.length > 0);
  for (const block of request.system ?? []) if ('text' in block) tokens += estimateTextTokens(block.text);
  for (const tool of tools) tokens += estimateTextTokens(JSON.stringify(tool));
  for (const message of request.messages) {
    for (const block of message.content) tokens += blockTokens(block);
  }
  tokens += Math.max(0, request.messages.length - 1) * TOKENS_PER_MESSAGE;
  // Both become part of what the model reads.
  for (const added of [request.outputSchema?.schema, request.additionalModelRequestFields])
    if (added !== undefined) tokens += estimateTextTokens(JSON.stringify(added));
  if (request.rawBody !== undefined) tokens += estimateTextTokens(JSON.stringify(request.rawBody));
  return Math.ceil(tokens);
}

function blockTokens(block: ContentBlock): number {
  if ('text' in block) return estimateTextTokens(block.text);
  if ('image' in block) return TOKENS_PER_IMAGE;
  if ('document' in block) return documentTokens(block.document);
  if ('video' in block) return Math.max(TOKENS_PER_CLIP, bytesOf(block.video.source) * TOKENS_PER_VIDEO_BYTE);
  if ('audio' in block) return Math.max(TOKENS_PER_CLIP, bytesOf(block.audio.source) * TOKENS_PER_AUDIO_BYTE);
  if ('guardContent' in block)
    return 'text' in block.guardContent ? estimateTextTokens(block.guardContent.text.text) : TOKENS_PER_IMAGE;
  if ('cachePoint' in block) return 0;
  if ('toolUse' in block) return estimateTextTokens(JSON.stringify(block.toolUse.input)) + 20;
  if ('toolResult' in block) {
    return block.toolResult.content.reduce(
      (total, part) =>
        total + ('json' in part ? estimateTextTokens(JSON.stringify(part.json)) : blockTokens(part)),
      20,
    );
  }
  if ('reasoningContent' in block)
    return 'reasoningText' in block.reasoningContent
      ? estimateTextTokens(block.reasoningContent.reasoningText.text)
      : 100;
  return estimateTextTokens(JSON.stringify(block));
}

function documentTokens({ source, format }: DocumentBlock): number {
  if ('text' in source) return estimateTextTokens(source.text);
  if ('content' in source)
    return source.content.reduce((total, part) => total + estimateTextTokens(part.text), 0);
  if (!('bytes' in source)) return TOKENS_PER_DOCUMENT_PAGE;
  return TEXT_DOCUMENTS.has(format)
    ? estimateTextTokens(new TextDecoder().decode(source.bytes))
    : Math.ceil(source.bytes.length / BYTES_PER_PAGE) * TOKENS_PER_DOCUMENT_PAGE;
}

function bytesOf(source: MediaSource): number {
  // What lies in S3 is not read for an estimate.
  return 'bytes' in source ? source.bytes.length : 0;
}
