/** How much one file, and all files of a call together, may weigh. */
import { fileRefusal, sizeText } from './refusal.ts';

const MOST_PER_FILE = 33_554_432; // 32 MiB
const MOST_TOGETHER = 67_108_864; // 64 MiB

/** Bytes of all files of one call so far. */
export interface Together {
  bytes: number;
}

/** Counts the bytes of one file while they come in. */
export class SizeLimit {
  readonly #field: string;
  readonly #together: Together;
  #bytes = 0;

  constructor(field: string, together: Together) {
    this.#field = field;
    this.#together = together;
  }

  /**
   * Refuses a size that is known before anything is read, in bytes.
   * @throws BedrockError `file`.
   */
  expect(bytes: number): void {
    if (bytes <= MOST_PER_FILE) return;
    throw fileRefusal(
      this.#field,
      `${this.#field} has ${sizeText(bytes)}; a file may have ${sizeText(MOST_PER_FILE)}.`,
      'Give a smaller file or a part of it; images, documents, video and audio can also be given as s3:// URI.',
    );
  }

  /**
   * Adds bytes that have been read.
   * @throws BedrockError `file` when this file, or all together, are over the limit.
   */
  add(bytes: number): void {
    this.#bytes += bytes;
    this.expect(this.#bytes);
    this.#together.bytes += bytes;
    if (this.#together.bytes <= MOST_TOGETHER) return;
    throw fileRefusal(
      this.#field,
      `The files have more than ${sizeText(MOST_TOGETHER)} together, reached at ${this.#field}.`,
      'Give fewer or smaller files in one call, or s3:// URIs.',
    );
  }
}
