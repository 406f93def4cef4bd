/** The optional image library `sharp`: used when it is installed beside this server, never required. */

/** The part of sharp's interface that is used here. */
export interface SharpImage {
  metadata(): Promise<{ width?: number; height?: number; hasAlpha?: boolean; pages?: number }>;
  /** Without an angle: turned as the camera noted, so that the note may be dropped. */
  rotate(): SharpImage;
  resize(options: { width: number; height: number; fit: 'inside'; withoutEnlargement: true }): SharpImage;
  jpeg(options: { quality: number; mozjpeg?: boolean }): SharpImage;
  webp(options: { quality: number }): SharpImage;
  png(): SharpImage;
  toBuffer(options: {
    resolveWithObject: true;
  }): Promise<{ data: Uint8Array; info: { width: number; height: number } }>;
}
export type Sharp = (input: Uint8Array) => SharpImage;

let loading: Promise<Sharp | undefined> | undefined;

/** sharp, or undefined when it is not installed or does not work on this machine. Looked for once. */
export function loadSharp(): Promise<Sharp | undefined> {
  loading ??= importSharp();
  return loading;
}

async function importSharp(): Promise<Sharp | undefined> {
  // A name that only the running program knows: bundlers and the compiler would demand the package otherwise.
  const specifier: string = ['sharp'].join('');
  try {
    const loaded: unknown = await import(specifier);
    const main =
      typeof loaded === 'object' && loaded !== null && 'default' in loaded ? loaded.default : loaded;
    return isSharp(main) ? main : undefined;
  } catch {
    return undefined;
  }
}

function isSharp(value: unknown): value is Sharp {
  return typeof value === 'function';
}
