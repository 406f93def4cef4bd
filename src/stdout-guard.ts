/**
 * Imported before everything else: stdout belongs to the protocol, so whatever a library prints goes to stderr.
 * One stray line on stdout breaks every stdio host.
 */
for (const method of ['log', 'info', 'debug', 'dir', 'table', 'group', 'trace'] as const) {
  console[method] = (...parts: unknown[]) => {
    process.stderr.write(
      `${parts.map((part) => (typeof part === 'string' ? part : String(part))).join(' ')}\n`,
    );
  };
}
