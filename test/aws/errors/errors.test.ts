import { describe, expect, it } from 'vitest';
import { toBedrockError } from '../../../src/aws/errors/errors.ts';
import { BedrockError } from '../../../src/bedrock-error.ts';
import { aws, CASES, CONTEXT, D, T, V } from './error-cases.ts';

describe('what AWS says and what it becomes', () => {
  it.each(Object.entries(CASES))(
    'is one error with its fix: %s',
    (_name, { error, code, retryable, fix, message, context }) => {
      const result = toBedrockError(error, { ...CONTEXT, ...context });
      expect(result.code).toBe(code);
      if (retryable !== undefined) expect(result.retryable).toBe(retryable);
      if (fix !== undefined) expect(result.fix).toContain(fix);
      if (message !== undefined) expect(result.message).toContain(message);
      expect(result.message).not.toBe('');
      expect(result.fix).not.toBe('');
      expect(Buffer.byteLength(result.message + result.fix)).toBeLessThan(1_900);
    },
  );
});

describe('what is kept and what is not', () => {
  it('keeps AWS’s own words untouched beside the shown ones', () => {
    const raw = 'Odd\n\u001b[31m thing: isn\u2019t';
    const error = toBedrockError(aws(V, 400, raw), CONTEXT);
    expect(error.awsMessage).toBe(raw);
    expect(error.message).toContain('Odd [31m thing');
    expect(error).toMatchObject({ requestId: 'req-9', httpStatus: 400, awsName: V });
  });

  it('cuts a message of a megabyte', () => {
    const error = toBedrockError(aws(V, 400, `x${'<a>&'.repeat(300_000)}`), CONTEXT);
    expect(error.message.length).toBeLessThan(951);
    const wide = toBedrockError(aws(V, 400, '\u6f22'.repeat(5_000)), CONTEXT);
    expect(Buffer.byteLength(wide.message + wide.fix)).toBeLessThan(1_900);
    expect(wide.message).toMatch(/\u6f22…$/);
  });

  it('redacts secrets, known ones and those with a known shape', () => {
    const said = 'key AKIAABCDEFGHIJKLMNOP token very-secret-value';
    const redact = (text: string): string => text.replaceAll('very-secret-value', '[redacted]');
    expect(toBedrockError(aws(V, 400, said), CONTEXT).message).not.toContain('AKIAABCDEFGHIJKLMNOP');
    expect(toBedrockError(aws(V, 400, said), { ...CONTEXT, redact }).message).not.toContain('very-secret');
  });

  it('reads the wait from both headers', () => {
    const wait = (headers: Record<string, string>) =>
      toBedrockError(aws(T, 429, 'x', headers), CONTEXT).retryAfterMs;
    expect(wait({ 'retry-after': '3' })).toBe(3_000);
    expect(wait({ 'retry-after': '0.5' })).toBe(500);
    expect(wait({ 'x-amz-retry-after': '250', 'retry-after': '3' })).toBe(250);
    expect(wait({ 'retry-after': '-1' })).toBeUndefined();
    expect(wait({ 'retry-after': new Date(Date.now() - 5_000).toUTCString() })).toBe(0);
  });

  it('lets a BedrockError pass', () => {
    const own = new BedrockError('budget_exceeded', { message: 'm', fix: 'f' });
    expect(toBedrockError(own, CONTEXT)).toBe(own);
  });

  it('unwraps the JSON of an unmodelled exception frame', () => {
    const error = toBedrockError(aws('overloaded_error', undefined, '{"message":"Overloaded now"}'), CONTEXT);
    expect(error.awsMessage).toBe('Overloaded now');
  });

  it('survives hostile shapes', () => {
    const hostile = {
      get message(): string {
        throw new Error('no');
      },
      name: 42,
      $metadata: null,
      $response: { headers: 'none' },
      code: '__proto__',
    };
    expect(toBedrockError(hostile, CONTEXT).code).toBe('internal');
  });

  it('names the streaming action for a streaming operation', () => {
    const error = toBedrockError(aws(D, 403, 'no'), { ...CONTEXT, operation: 'ConverseStream' });
    expect(error.fix).toContain('bedrock:InvokeModelWithResponseStream');
  });
});
