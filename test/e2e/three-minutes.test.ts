/**
 * An answer of three minutes through clients that give up after one. Long, so it runs only when asked for; long-calls.test.ts
 * has a short twin that always runs.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSandbox } from '../../src/sandbox/server/server.ts';
import type { Sandbox } from '../../src/sandbox/types.ts';
import { collectWhole, slowAnswer } from './collect-whole.ts';
import { CLIENTS, type ClientKind, type Door } from './mcp-clients.ts';
import { modelCalls, sandboxEnvironment, startHttpServer, stopServers } from './server-process.ts';

const SECONDS = 180;
const CLIENT_TIMEOUT_MS = 60_000;
const isAsked = process.env['BEDROCK_MCP_LONG_TESTS'] === '1';
if (!isAsked)
  process.stdout.write(
    'three-minutes: skipped; BEDROCK_MCP_LONG_TESTS=1 npx vitest run test/e2e/three-minutes.test.ts runs it.\n',
  );

describe.skipIf(!isAsked)('an answer of three minutes', () => {
  let sandbox: Sandbox;
  beforeAll(async () => {
    sandbox = await startSandbox();
  });
  afterAll(async () => {
    stopServers();
    await sandbox.close();
  });

  const doors: readonly { over: string; kind: ClientKind | undefined; open: () => Promise<Door> }[] = [
    {
      over: 'stdio',
      kind: CLIENTS.at(0),
      open: async () => ({ stdio: sandboxEnvironment(sandbox) }),
    },
    {
      over: 'HTTP',
      kind: CLIENTS.at(-1),
      open: async () => ({ url: (await startHttpServer([], sandboxEnvironment(sandbox))).url }),
    },
  ];

  it.concurrent.each(doors)(
    'comes whole over $over to a client that waits for 60 s, $kind.name',
    async ({ over, kind, open }) => {
      const client = await kind?.connect(await open());
      if (client === undefined) throw new Error('There is no such client.');
      const prompt = `sandbox:slow ${SECONDS} over ${over}`;
      const since = performance.now();
      const { text, end, requests, firstNote, longestSilence } = await collectWhole(client, prompt, {
        timeout: CLIENT_TIMEOUT_MS,
      });
      const took = performance.now() - since;
      process.stdout.write(
        `${over}: ${text.length} characters in ${(took / 1_000).toFixed(1)} s and ${requests} requests; first progress after ${Math.round(firstNote)} ms, longest silence ${Math.round(longestSilence)} ms\n`,
      );
      expect(text).toBe(slowAnswer(SECONDS));
      expect(end).toMatchObject({
        status: 'done',
        stop_reason: 'end_turn',
        receipt: { cost_usd: expect.any(String) },
      });
      expect(took).toBeGreaterThan(2 * CLIENT_TIMEOUT_MS);
      // It was asked for and paid for once.
      const sent = modelCalls(sandbox).filter(({ body }) => JSON.stringify(body ?? null).includes(prompt));
      expect(sent).toHaveLength(1);
      expect(firstNote).toBeLessThan(5_000);
      expect(longestSilence).toBeLessThan(10_000);
      await client.close();
    },
    300_000,
  );
});
