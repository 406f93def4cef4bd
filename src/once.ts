/** What is costly to make is made with its first use, and once. */
export function once<T>(make: () => T): (() => T) & { readonly made: () => T | undefined } {
  let box: { readonly value: T } | undefined;
  const get = () => {
    box ??= { value: make() };
    return box.value;
  };
  return Object.assign(get, { made: () => box?.value });
}

/** The same for what may fail: a failure is not kept, because what caused it may be mended. */
export function onceDone<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make().catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    return made;
  };
}
