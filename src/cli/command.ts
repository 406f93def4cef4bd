/** What a command is, and what it is run with. */
import type { App } from '../calls/app.ts';

export interface Flag {
  readonly type: 'string' | 'boolean';
  readonly meaning: string;
}

/** Flags of the command alone, by name; the settings' flags are everybody's. */
export type OwnFlags = Readonly<Record<string, string | boolean | undefined>>;

export interface Invocation {
  /** Words after the command, such as models for `cost`. */
  readonly words: readonly string[];
  readonly flags: OwnFlags;
  /** The configured app; closed when the command has ended. @throws BedrockError `config`. */
  open(options?: { readonly keepServing: boolean }): Promise<App>;
}

export interface Command {
  readonly name: string;
  /** The words that it takes, as help shows them; absent = none. */
  readonly words?: string;
  readonly meaning: string;
  readonly flags: Readonly<Record<string, Flag>>;
  /** Brings the code. The function resolves with the exit code. @throws BedrockError. */
  load(): Promise<(invocation: Invocation) => Promise<number>>;
}
