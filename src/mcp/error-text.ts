/** An error as a model or a person reads it: what happened, what to do next, under 2 kB, no stack, no secret. */
import type { BedrockError } from '../bedrock-error.ts';
import type { Redact } from '../log.ts';

const LIMIT = 1_900;

/** Renders the one error shape as text. The partial answer, if any, gets the room that is left. */
export function errorText(error: BedrockError, redact: Redact): string {
  const lines = [`Error ${error.code}: ${clean(error.message, 700)}`, `What to do: ${clean(error.fix, 600)}`];
  if (error.field !== undefined) lines.push(`Field: ${clean(error.field, 120)}`);
  if (error.retryAfterMs !== undefined) lines.push(`retry_after: ${Math.ceil(error.retryAfterMs / 1000)} s`);
  if (error.requestId !== undefined) lines.push(`AWS request ID: ${clean(error.requestId, 80)}`);
  const head = redact(lines.join('\n'));
  if (error.partialText === undefined || error.partialText === '') return head;
  const room = LIMIT - Buffer.byteLength(head) - 60;
  if (room < 40) return head;
  return `${head}\nThe answer so far (incomplete):\n${cut(redact(error.partialText), room)}`;
}

/** Control characters could rewrite a terminal or hide text; line breaks are kept as spaces. */
function clean(text: string, limit: number): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is removed
  return cut(text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ').trim(), limit);
}

function cut(text: string, bytes: number): string {
  const buffer = Buffer.from(text);
  if (buffer.length <= bytes) return text;
  return `${new TextDecoder('utf-8', { ignoreBOM: true }).decode(buffer.subarray(0, bytes)).replace(/\ufffd+$/, '')}…`;
}
