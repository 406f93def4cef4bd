/** The members that an answer has, so that answers can be compared by their form. */
import { chunkOf, framesIn } from './frames.ts';
import { asksForStream, type Raw, type Row } from './row.ts';

/** Objects whose members are the caller's, the model's or the guardrail's, not the form's. */
const FREE = /\.(input|trace|amazon-bedrock-trace|json)$/;

function paths(value: Raw, at: string): string[] {
  if (Array.isArray(value)) return value.flatMap((each) => paths(each, `${at}[]`));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries<Raw>(value).flatMap(([name, member]) => {
    const path = `${at}.${name}`;
    return FREE.test(path) ? [path] : [path, ...paths(member, path)];
  });
}

/** Paths of a whole answer, or of the events of a stream, each under its name. */
export function membersOf(row: Row, bytes: Buffer): string[] {
  if (!asksForStream(row)) return paths(JSON.parse(bytes.toString()), '');
  return framesIn(bytes).flatMap((frame) => {
    if (frame.payload.bytes === undefined) return paths(frame.payload, frame.name);
    const chunk = chunkOf(frame);
    const name = chunk.type === undefined ? 'chunk' : `chunk ${chunk.type}`;
    return [...('p' in frame.payload ? ['frame.p'] : []), ...paths(chunk, name)];
  });
}
