/** One piece of work per key at a time, shared by everybody who asks meanwhile. */
import { cancelledError } from '../errors/errors.ts';

export interface SingleFlight<T> {
  /**
   * Joins the work for the key, or starts it. Aborting `signal` ends only this caller's wait (`cancelled`); the work
   * itself is aborted when its last waiting caller has gone.
   */
  join(key: string, signal: AbortSignal | undefined, work: (signal: AbortSignal) => Promise<T>): Promise<T>;
}

interface Flight<T> {
  readonly result: Promise<T>;
  readonly controller: AbortController;
  waiting: number;
}

export function createSingleFlight<T>(operation: string): SingleFlight<T> {
  const flights = new Map<string, Flight<T>>();

  const takeOff = (key: string, work: (signal: AbortSignal) => Promise<T>): Flight<T> => {
    const controller = new AbortController();
    const flight: Flight<T> = { result: work(controller.signal), controller, waiting: 0 };
    const land = (): void => {
      if (flights.get(key) === flight) flights.delete(key);
    };
    flight.result.then(land, land);
    flights.set(key, flight);
    return flight;
  };

  return {
    join: async (key, signal, work) => {
      if (signal?.aborted === true) throw cancelledError(operation);
      const flight = flights.get(key) ?? takeOff(key, work);
      flight.waiting += 1;
      let cancel = (): void => {};
      const cancelled = new Promise<never>((_, reject) => {
        cancel = () => reject(cancelledError(operation));
      });
      signal?.addEventListener('abort', cancel, { once: true });
      try {
        return await Promise.race([flight.result, cancelled]);
      } finally {
        signal?.removeEventListener('abort', cancel);
        flight.waiting -= 1;
        if (flight.waiting === 0 && flights.get(key) === flight) {
          flights.delete(key);
          flight.controller.abort();
        }
      }
    },
  };
}
