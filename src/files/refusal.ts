/** Refusals of file arguments: always the argument's name, the reason and the next step; never content, never a secret. */
import { BedrockError } from '../bedrock-error.ts';
import { createRedact } from '../log.ts';

const LONGEST_SHOWN = 160;
const redact = createRedact();

/** Code `file`: the file cannot be read, may not be read, or no model takes it. */
export function fileRefusal(field: string, message: string, fix: string, cause?: unknown): BedrockError {
  return new BedrockError('file', { message, fix, field, ...(cause === undefined ? {} : { cause }) });
}

/** Code `invalid_request`: the argument itself is malformed. */
export function badArgument(field: string, message: string, fix: string): BedrockError {
  return new BedrockError('invalid_request', { message, fix, field });
}

/** A name or path in quotes, on one line, cut to `LONGEST_SHOWN` characters. */
export function quoted(text: string): string {
  const line = redact(oneLine(text.slice(0, LONGEST_SHOWN + 1)));
  return `"${line.length > LONGEST_SHOWN ? `${line.slice(0, LONGEST_SHOWN)}…` : line}"`;
}

/** Control characters and line separators become a space each: names end up in prompts and error texts. */
export function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]/gu, ' ');
}

/** Bytes as `1.25 MiB`, small ones as `12 KiB`. */
export function sizeText(bytes: number): string {
  return bytes < 104_858 ? `${Math.ceil(bytes / 1024)} KiB` : `${(bytes / 1_048_576).toFixed(2)} MiB`;
}
