/** How many tokens a request will be, before anybody has counted them. */
import type { ContentBlock, InferenceRequest } from '../inference/types.ts';

/** Characters a token holds on average in English prose and code; other scripts hold fewer. */
const CHARACTERS_PER_TOKEN = 4;
/** Claude counts about (width x height) / 750; a full-size image is near this. */
const TOKENS_PER_IMAGE = 1_600;
/** Text and page image of one page; a page of PDF is taken as 50 kB. */
const TOKENS_PER_DOCUMENT_PAGE = 2_500;
const BYTES_PER_PAGE = 50_000;
const TOKENS_PER_MESSAGE = 4;

/** Tokens of plain text, rounded up. Scripts without an alphabet (CJK ...) count about one token a character. */
export function estimateTextTokens(text: string): number {
  let dense = 0;
  for (let at = 0; at < text.length; at += 1) if (text.charCodeAt(at) > 0x2e7f) dense += 1;
  return Math.ceil((text.length - dense) / CHARACTERS_PER_TOKEN + dense);
}

/** Input tokens of a whole request: text, tools, media. An estimate; CountTokens is exact where Bedrock offers it. */
export function estimateTokens(request: InferenceRequest): number {
  let tokens = 0;
  for (const block of request.system ?? []) if ('text' in block) tokens += estimateTextTokens(block.text);
  for (const tool of request.toolConfig?.tools ?? []) tokens += estimateTextTokens(JSON.stringify(tool));
  for (const message of request.messages) {
    tokens += TOKENS_PER_MESSAGE;
    for (const block of message.content) tokens += blockTokens(block);
  }
  if (request.rawBody !== undefined) tokens += estimateTextTokens(JSON.stringify(request.rawBody));
  return tokens;
}

function blockTokens(block: ContentBlock): number {
  if ('text' in block) return estimateTextTokens(block.text);
  if ('image' in block) return TOKENS_PER_IMAGE;
  if ('document' in block) {
    const { source } = block.document;
    if ('text' in source) return estimateTextTokens(source.text);
    if ('bytes' in source) return Math.ceil(source.bytes.length / BYTES_PER_PAGE) * TOKENS_PER_DOCUMENT_PAGE;
    return TOKENS_PER_DOCUMENT_PAGE;
  }
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
