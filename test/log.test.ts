import { describe, expect, it } from 'vitest';
import { createLogger, createRedact } from '../src/log.ts';

describe('the redaction gate', () => {
  const redact = createRedact(['my-own-secret-value', 'short', undefined, 'my-own-secret-value-longer']);

  it.each([
    ['an exact secret', 'x my-own-secret-value y', 'x [redacted] y'],
    ['the longest match first', 'my-own-secret-value-longer', '[redacted]'],
    ['an access key ID', 'key AKIAIOSFODNN7EXAMPLE used', 'key [redacted] used'],
    [
      'a session token in an AWS text',
      'token FwoGZXIvYXdzEBYaDExampleTokenValue12345 expired',
      'token [redacted] expired',
    ],
    ['a bearer header', 'authorization: Bearer abcdefghij.klmno', 'authorization: Bearer [redacted]'],
    ['a signature', `Signature=${'ab12'.repeat(16)}`, 'Signature=[redacted]'],
    ['a Bedrock API key', `ABSK${'QmVk'.repeat(10)}`, '[redacted]'],
  ])('hides %s', (_what, text, shown) => {
    expect(redact(text)).toBe(shown);
  });

  it('leaves ordinary words alone, also when a secret is a short word', () => {
    expect(redact('a short answer about Bearer bonds')).toBe('a short answer about Bearer bonds');
  });
});

describe('the log', () => {
  it('writes one JSON line per event, up to its level, redacted', () => {
    const lines: string[] = [];
    const log = createLogger('warn', createRedact(['top-secret-value']), (line) => lines.push(line));
    log.info('not shown');
    log.error('broke', { detail: 'top-secret-value', n: 1 });
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      level: 'error',
      message: 'broke',
      detail: '[redacted]',
      n: 1,
    });
  });
});
