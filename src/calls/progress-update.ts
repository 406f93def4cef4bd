/** What a long call tells while it runs. */

/** One step of a long call. `progress` only grows; nothing that matters is said here alone (the last one may be lost). */
export interface ProgressUpdate {
  readonly progress: number;
  readonly total?: number;
  readonly message: string;
}
