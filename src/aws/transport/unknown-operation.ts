/**
 * AWS's framework refuses an operation that an endpoint does not know with 404, or in a form of its own with 200
 * (recorded: `{"Output":{"__type":"com.amazon.coral.service#UnknownOperationException"},"Version":"1.0"}`), which the
 * SDK would read as an empty answer.
 */
import { Readable } from 'node:stream';

/** Bytes. No whole answer of a model is so short, so that the others are not looked at. */
const MOST = 512;
const SAYS_SO = /^\s*\{"Output":\{"__type":"[\w.]+#UnknownOperationException"/;

interface Head {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Looks at the beginning of what may be that answer. Nobody may listen to the body yet.
 * @returns the body, to be read from its start.
 * @throws an error of the name that the SDK gives to the 404.
 */
export async function refuseUnknownOperation(
  { statusCode, headers }: Head,
  body: Readable,
): Promise<Readable> {
  const isShort = Number(headers['content-length'] ?? 0) <= MOST;
  if (statusCode !== 200 || !isShort || headers['content-type']?.startsWith('application/json') !== true)
    return body;
  for await (const part of body.iterator({ destroyOnReturn: false })) {
    if (SAYS_SO.test(part.subarray(0, MOST).toString()))
      throw Object.assign(new Error(''), { name: 'UnknownOperationException' });
    body.unshift(part);
    return body;
  }
  // It has ended, and would not say so again.
  return Readable.from([]);
}
