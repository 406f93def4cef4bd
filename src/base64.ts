/** Bytes as base64 and back. */

export function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

/** Bytes of base64 that a program wrote; undefined when encoding them again would not give the same text. */
export function fromBase64(text: string): Uint8Array | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? new Uint8Array(bytes) : undefined;
}

/** Bytes of base64 as people paste it: either alphabet, wrapped, with or without padding. Undefined when it is none, or empty. */
export function fromLooseBase64(text: string): Uint8Array | undefined {
  const plain = text.replace(/\s+/g, '').replace(/={1,2}$/, '');
  // One character left over stands for six bits: something is missing.
  const isWhole = plain !== '' && plain.length % 4 !== 1 && /^[A-Za-z0-9+/_-]*$/.test(plain);
  return isWhole ? new Uint8Array(Buffer.from(plain, 'base64')) : undefined;
}
