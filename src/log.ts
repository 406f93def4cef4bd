/**
 * Diagnostics: one JSON line per event on stderr, never on stdout (stdout belongs to the protocol).
 * Every line passes the redaction gate, so a secret that slips into a field is still not written.
 */

export const LOG_LEVELS = ['error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export interface Logger {
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

export type Redact = (text: string) => string;

// Access key IDs, session tokens in AWS error texts, Bedrock API keys, bearer headers, SigV4 signatures.
const SECRET_PATTERNS: readonly RegExp[] = [
  /\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{12,124}\b/g,
  /\b(?:ABSK|bedrock-api-key-)[A-Za-z0-9+/=_-]{20,4096}/g,
  /\b(?:FwoGZXIv|IQoJb3Jp)[A-Za-z0-9+/=_%-]{20,4096}/g,
  /(?<=\bBearer )[A-Za-z0-9._~+/=-]{8,4096}/gi,
  /(?<=Signature=)[0-9a-f]{32,128}/g,
];

/**
 * Makes the one redaction gate. `secrets` are exact values (keys, tokens) of this process;
 * those shorter than 8 characters are left alone, because they would blank ordinary words.
 */
export function createRedact(secrets: readonly (string | undefined)[] = []): Redact {
  const exact = [...new Set(secrets)].filter((s): s is string => s !== undefined && s.length >= 8);
  exact.sort((a, b) => b.length - a.length);
  return (text) => {
    let out = text;
    for (const secret of exact) out = out.replaceAll(secret, '[redacted]');
    for (const pattern of SECRET_PATTERNS) out = out.replace(pattern, '[redacted]');
    return out;
  };
}

/** A logger that writes levels up to `level` through `write` (stderr by default). */
export function createLogger(
  level: LogLevel,
  redact: Redact,
  write: (line: string) => void = (line) => void process.stderr.write(line),
): Logger {
  const threshold = LOG_LEVELS.indexOf(level);
  const emit = (at: LogLevel) => (message: string, fields?: Readonly<Record<string, unknown>>) => {
    if (LOG_LEVELS.indexOf(at) > threshold) return;
    write(`${redact(JSON.stringify({ time: new Date().toISOString(), level: at, message, ...fields }))}\n`);
  };
  return { error: emit('error'), warn: emit('warn'), info: emit('info'), debug: emit('debug') };
}
