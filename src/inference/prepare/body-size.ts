/** How large the body of a request will be. Pure. */

/** Bedrock takes bodies of 25,000,000 bytes on both APIs; the rest is for what stands around the messages. */
export const MOST_BODY_BYTES = 24_000_000;

/** Bytes of a value as JSON, with its bytes as base64. Close, not exact: families name their members differently. */
export function bodyBytes(value: unknown): number {
  if (value instanceof Uint8Array) return base64Length(value.length);
  if (typeof value === 'string') return Buffer.byteLength(JSON.stringify(value));
  if (Array.isArray(value)) return value.reduce<number>((sum, each) => sum + bodyBytes(each) + 1, 2);
  if (typeof value !== 'object' || value === null) return 8;
  return Object.entries(value).reduce((sum, [name, member]) => sum + name.length + 4 + bodyBytes(member), 2);
}

export function base64Length(bytes: number): number {
  return Math.ceil(bytes / 3) * 4 + 2;
}
