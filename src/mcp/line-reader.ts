/** Bytes -> lines, in time linear in their number, with a limit per line: one line is one JSON-RPC message on stdio. */

const EDGE_BYTES = 256;

/** What is kept of a line that is too long: enough to find the request ID where clients write it. */
export interface LongLine {
  readonly bytes: number;
  readonly head: string;
  readonly tail: string;
}

export interface LineSink {
  /** One line without its end; never empty. */
  line(text: string): void;
  tooLong(line: LongLine): void;
}

export interface LineReader {
  push(chunk: Buffer): void;
  /** Hands out a last line that has no line end. */
  end(): void;
}

/** `limit` is in bytes. The line above it is skipped, not kept; the ones after it are read as usual. */
export function createLineReader(limit: number, sink: LineSink): LineReader {
  let parts: Buffer[] = [];
  let bytes = 0;
  let head = Buffer.alloc(0);
  let tail = Buffer.alloc(0);

  const add = (part: Buffer) => {
    bytes += part.length;
    if (bytes <= limit) {
      parts.push(part);
      return;
    }
    if (parts.length > 0) {
      head = Buffer.from(Buffer.concat(parts.slice(0, EDGE_BYTES)).subarray(0, EDGE_BYTES));
      parts = [];
    } else if (head.length === 0) head = Buffer.from(part.subarray(0, EDGE_BYTES));
    tail = Buffer.from(Buffer.concat([tail, part.subarray(-EDGE_BYTES)]).subarray(-EDGE_BYTES));
  };
  const finish = () => {
    if (bytes > limit) sink.tooLong({ bytes, head: head.toString(), tail: tail.toString().trimEnd() });
    else if (bytes > 0) {
      const [only] = parts;
      const text = (parts.length === 1 && only !== undefined ? only : Buffer.concat(parts)).toString().trim();
      if (text !== '') sink.line(text);
    }
    parts = [];
    bytes = 0;
    head = tail = Buffer.alloc(0);
  };

  return {
    push(chunk) {
      let from = 0;
      for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, from)) {
        if (at > from) add(chunk.subarray(from, at));
        from = at + 1;
        finish();
      }
      if (from < chunk.length) add(chunk.subarray(from));
    },
    end: finish,
  };
}
