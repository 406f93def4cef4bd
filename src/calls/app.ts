/** The one composition root: what every door gets. Nothing costly is made before a door asks for the services. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { AwsSettings } from '../aws/types.ts';
import type { BedrockError } from '../bedrock-error.ts';
import type { Config } from '../config/schema.ts';
import { defined } from '../defined.ts';
import type { Logger, Redact } from '../log.ts';
import { once } from '../once.ts';
import type { Services } from './services.ts';

/** ms that calls which go on after their request was answered get to be settled and written. */
const SETTLE_MS = 500;

export interface AppOptions {
  readonly config: Config;
  readonly aws: AwsSettings;
  readonly log: Logger;
  readonly redact: Redact;
  /** Closed with the app, after everything else. */
  readonly backend?: { close(): Promise<void> };
  /** Why there are no services; told to whoever asks for them. */
  readonly problem?: BedrockError;
}

export interface App {
  readonly config: Config;
  readonly log: Logger;
  readonly redact: Redact;
  /** A setting that is wrong: what `services` rejects with. */
  readonly problem?: BedrockError;
  /** Aborted by `stop` and `close`. */
  readonly stopping: AbortSignal;
  /** Made with the first use, code included. */
  services(): Promise<Services>;
  /** Ends what runs; its doors may still answer. */
  stop(): void;
  /** Ends what runs, waits a moment for what has to be written, and closes. */
  close(): Promise<void>;
}

export function createApp({ backend, problem, ...options }: AppOptions): App {
  const { config, log, redact } = options;
  const controller = new AbortController();
  const services = once(async () => {
    const { createServices } = await import('./services.ts');
    return createServices({ ...options, stopping: controller.signal });
  });
  return {
    config,
    log,
    redact,
    ...defined({ problem }),
    stopping: controller.signal,
    services: problem === undefined ? services : () => Promise.reject(problem),
    stop: () => controller.abort(),
    close: async () => {
      controller.abort();
      const made = await services.made();
      await Promise.race([made?.settled(), sleep(SETTLE_MS, undefined, { ref: false })]);
      made?.close();
      await backend?.close();
    },
  };
}
