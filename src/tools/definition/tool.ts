/** What a tool is. Tools know nothing of the protocol: `mcp/`, the CLI and the OpenAI face call `run` the same way. */

import type * as z from 'zod';
import type { CallContext } from '../../calls/call-context.ts';

export interface ToolAnnotations {
  readonly readOnlyHint: boolean;
  readonly destructiveHint: boolean;
  readonly idempotentHint: boolean;
  readonly openWorldHint: boolean;
}

export type ToolSetName = 'core';

export interface ToolAnswer<T> {
  /** The whole answer: some hosts show the model nothing else. */
  readonly structured: T;
  /** The same for hosts that show only text. */
  readonly text: string;
}

export interface Tool<I extends z.ZodObject = z.ZodObject, O extends z.ZodObject = z.ZodObject> {
  readonly name: string;
  readonly title: string;
  /** The first sentence stands alone: tool search shows nothing else. */
  readonly description: string;
  readonly input: I;
  readonly output: O;
  /**
   * Arguments that few calls need: they are not published by themselves, because every byte of a schema is paid for in
   * every conversation; the description of `options` names them. They are taken there and, for those who guess, beside
   * the others.
   */
  readonly rare?: readonly (keyof I['shape'] & string)[];
  /** Sets beside `all` that it belongs to. */
  readonly sets?: readonly ToolSetName[];
  /** Its answers may be longer than hosts expect of a tool. */
  readonly longAnswer?: true;
  readonly annotations: ToolAnnotations;
  /** @throws BedrockError for everything the reader can act on. */
  run(args: z.output<I>, context: CallContext): Promise<ToolAnswer<z.output<O>>>;
}

/** A tool whose types have been checked against each other, seen from outside. */
export interface AnyTool {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly input: z.ZodObject;
  readonly output: z.ZodObject;
  readonly rare: readonly string[];
  readonly sets?: readonly ToolSetName[];
  readonly longAnswer?: true;
  readonly annotations: ToolAnnotations;
  /** @throws BedrockError `invalid_request` for arguments that the schema refuses. */
  call(args: unknown, context: CallContext): Promise<ToolAnswer<Record<string, unknown>>>;
}
