/** What a tool is. Tools know nothing of the protocol: `mcp/`, the CLI and the OpenAI face call `run` the same way. */
import type * as z from 'zod';
import type { Services } from '../../calls/services.ts';

export interface ToolAnnotations {
  readonly readOnlyHint: boolean;
  readonly destructiveHint: boolean;
  readonly idempotentHint: boolean;
  readonly openWorldHint: boolean;
}

/** One step of a long call. `progress` only grows; nothing that matters is said here alone (the last one may be lost). */
export interface ProgressUpdate {
  readonly progress: number;
  readonly total?: number;
  readonly message: string;
}

export interface ToolContext {
  readonly services: Services;
  /** Aborted when the caller cancels, goes away, or the server stops. */
  readonly signal: AbortSignal;
  /** USD that a person has agreed to spend on this very call. */
  readonly confirmedUsd?: number;
  /** Absent when the caller did not ask for progress. */
  readonly progress?: (update: ProgressUpdate) => void;
  /** Characters of text that this client takes in one reply, where that is known. */
  readonly answerChars?: number;
}

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
  readonly annotations: ToolAnnotations;
  /** @throws BedrockError for everything the reader can act on. */
  run(args: z.output<I>, context: ToolContext): Promise<ToolAnswer<z.output<O>>>;
}

/** A tool whose types have been checked against each other, seen from outside. */
export interface AnyTool {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly input: z.ZodObject;
  readonly output: z.ZodObject;
  readonly annotations: ToolAnnotations;
  /** @throws BedrockError `invalid_request` for arguments that the schema refuses. */
  call(args: unknown, context: ToolContext): Promise<ToolAnswer<Record<string, unknown>>>;
}
