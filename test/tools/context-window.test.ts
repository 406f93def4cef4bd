/** Input and answer share the context window: a limit of our own gives way, the caller's is his to change. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isJsonObject } from '../../src/json.ts';
import { invokeModel } from '../../src/tools/invoke-model.ts';
import { type Bench, bench } from './with-sandbox.ts';

let on: Bench;
beforeAll(async () => {
  on = await bench();
});
afterAll(() => on.close());

/** Counted the same by the estimate and by the sandbox. */
const KNOWN = 'and '.repeat(195_000);
/** The estimate takes each for one token, the sandbox for one and a half. */
const MISJUDGED = 'lorem '.repeat(129_000);

async function ask(args: Record<string, unknown>) {
  const before = on.sandbox.record.requests.length;
  const call = on.call(invokeModel, { model: 'claude-haiku-4-5', ...args });
  const { structured, error } = await call.then(
    (answer) => ({ ...answer, error: '' }),
    (cause: unknown) => ({ structured: {}, error: String(cause) }),
  );
  const sent = on.sandbox.record.requests
    .slice(before)
    .filter(({ operation }) => /Converse|Invoke/.test(operation ?? ''));
  const { receipt }: Record<string, unknown> = structured;
  return {
    error,
    requests: sent.length,
    limits: sent.map(({ body }) => /"max_?tokens":(\d+)/i.exec(JSON.stringify(body))?.[1]),
    warnings: JSON.stringify(isJsonObject(receipt) ? (receipt['warnings'] ?? []) : []),
  };
}

describe.each(['converse', 'native'])('a prompt that nearly fills the window, on %s', (api) => {
  it('gets what is left for the answer, in one request, told', async () => {
    const { requests, limits, warnings } = await ask({ prompt: KNOWN, api });
    expect(requests).toBe(1);
    expect(Number(limits[0])).toBeGreaterThan(4_500);
    expect(Number(limits[0])).toBeLessThanOrEqual(5_000);
    expect(warnings).toMatch(/The answer was limited to \d+ tokens: the input has about \d+ of the 200000/);
  });

  it("is sent once more with Bedrock's own numbers where the estimate was wrong", async () => {
    const { requests, limits, warnings } = await ask({ prompt: MISJUDGED, api });
    expect(requests).toBe(2);
    expect(limits).toEqual(['8192', '6500']);
    expect(warnings).toContain('The answer was limited to 6500 tokens');
  });

  it("is refused beside the caller's own limit, once", async () => {
    const { error, requests } = await ask({ prompt: MISJUDGED, api, max_tokens: 8_192 });
    expect(requests).toBe(1);
    expect(error).toContain('193500 + 8192 > 200000');
  });
});
