/** An error as a model or a person reads it: what happened, what to do next, under 2 kB, no stack, no secret. */
import type { BedrockError } from '../bedrock-error.ts';
import type { Redact } from '../log.ts';

const LIMIT = 1_900;

/** Renders the one error shape as text. The partial answer, if any, gets the room that is left. */
export function errorText(error: BedrockError, redact: Redact): string {
  // Redacted before it is cut: half a secret at the edge would no longer be recognised.
  const line = (text: string, limit: number) => cut(oneLine(redact(text)), limit);
  const lines = [`Error ${error.code}: ${line(error.message, 700)}`, `What to do: ${line(error.fix, 600)}`];
  if (error.field !== undefined) lines.push(`Field: ${line(error.field, 120)}`);
  if (error.retryAfterMs !== undefined) lines.push(`retry_after: ${Math.ceil(error.retryAfterMs / 1000)} s`);
  if (error.requestId !== undefined) lines.push(`AWS request ID: ${line(error.requestId, 80)}`);
  const head = lines.join('\n');
  if (error.partialText === undefined || error.partialText === '') return head;
  const room = LIMIT - Buffer.byteLength(head) - 60;
  if (room < 40) return head;
  return `${head}\nThe answer so far (incomplete):\n${cut(withoutControls(redact(error.partialText)), room)}`;
}

/** Line breaks become spaces, so that a foreign text cannot pretend to be a line of ours. */
function oneLine(text: string): string {
  return withoutControls(text)
    .replace(/[\t\n\u2028\u2029]+/g, ' ')
    .trim();
}

/** Control characters could rewrite a terminal, and bidirectional ones could show a text other than it is. */
function withoutControls(text: string): string {
  return (
    text
      .replace(/\r\n?/g, '\n')
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is removed
      .replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]+/g, ' ')
  );
}

function cut(text: string, bytes: number): string {
  const buffer = Buffer.from(text);
  if (buffer.length <= bytes) return text;
  return `${new TextDecoder('utf-8', { ignoreBOM: true }).decode(buffer.subarray(0, bytes)).replace(/\ufffd+$/, '')}…`;
}
