/** A stream of the SDK as an AsyncIterable that keeps the limits, releases its socket and throws only BedrockError. */
import type { BedrockError } from '../../bedrock-error.ts';
import type { CallGuard } from './call-guard.ts';

/**
 * `read` turns one SDK event into what is delivered, or into undefined when there is nothing to deliver; it may
 * throw. A clean end simply ends: whether the end marker was there is for the codec to say. Leaving the loop early
 * closes the upstream connection at once, also while an event is awaited.
 */
export function streamEvents<T>(
  source: AsyncIterable<T>,
  guard: CallGuard,
  toError: (error: unknown) => BedrockError,
  read: (event: T) => { readonly value: unknown } | undefined,
): AsyncIterable<unknown> {
  const iterator = source[Symbol.asyncIterator]();
  let over = false;

  const next = async (): Promise<IteratorResult<unknown>> => {
    while (!over) {
      guard.alive();
      try {
        const step = await guard.race(iterator.next());
        guard.rest();
        if (step.done === true) {
          over = true;
          guard.done();
          break;
        }
        const event = read(step.value);
        if (event !== undefined) return { done: false, value: event.value };
      } catch (cause) {
        over = true;
        const error = toError(cause);
        guard.abandon();
        throw error;
      }
    }
    return { done: true, value: undefined };
  };
  const leave = async (): Promise<IteratorResult<unknown>> => {
    if (!over) {
      over = true;
      guard.abandon();
    }
    return { done: true, value: undefined };
  };
  return { [Symbol.asyncIterator]: () => ({ next, return: leave }) };
}
