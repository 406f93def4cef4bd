/** The one composition root: what every door gets. Nothing costly is made before a door asks for the services. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { AwsSettings } from '../aws/types.ts';
import type { Config } from '../config/schema.ts';
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
}

export interface App {
  readonly config: Config;
  readonly log: Logger;
  readonly redact: Redact;
  /** Aborted by `stop` and `close`. */
  readonly stopping: AbortSignal;
  /** Made with the first use, code included. */
  services(): Promise<Services>;
  /** Ends what runs; its doors may still answer. */
  stop(): void;
  /** Ends what runs, waits a moment for what has to be written, and closes. */
  close(): Promise<void>;
}

export function createApp({ backend, ...options }: AppOptions): App {
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
    stopping: controller.signal,
    services,
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
