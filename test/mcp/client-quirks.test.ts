import { Client as ModernClient } from '@modelcontextprotocol/client';
import { Client as LegacyClient } from '@modelcontextprotocol/sdk/client/index.js';
import { InMemoryTransport } from '@modelcontextprotocol/server';
import { afterEach, describe, expect, it } from 'vitest';
import { isJsonObject } from '../../src/json.ts';
import { LONG_ANSWER_META, traitsByName } from '../../src/mcp/client-quirks.ts';
import { createServerFactory } from '../../src/mcp/server.ts';
import { ALL_TOOLS } from '../../src/tools/registry.ts';
import { createToolHost } from '../../src/tools/tool-set.ts';
import { type Bench, bench } from '../tools/with-sandbox.ts';

/** Measured with Claude Code 2.1.330: what a tool may say, and what is shown of tools that say nothing. */
const CLAUDE_CODE_MOST = 500_000;
const CLAUDE_CODE_UNSAID = 50_000;
/** Characters of an answer for a client that nobody measured. */
const UNKNOWN_CLIENT = 40_000;

describe('client traits', () => {
  it.each(['claude-code', 'Claude-Code'])(
    '%s gets answers that fit what the tools say of themselves',
    (name) => {
      const { answerChars = 0 } = traitsByName(name);
      expect(answerChars).toBeGreaterThan(UNKNOWN_CLIENT);
      // Every character may need a second one in JSON.
      expect(answerChars * 2).toBeLessThan(LONG_ANSWER_META['anthropic/maxResultSizeChars']);
      expect(LONG_ANSWER_META['anthropic/maxResultSizeChars']).toBeLessThanOrEqual(CLAUDE_CODE_MOST);
    },
  );

  it.each(['claude', 'claude-ai', 'claude-desktop'])('%s gets more than an unknown client', (name) => {
    expect(traitsByName(name).answerChars).toBeGreaterThan(UNKNOWN_CLIENT);
  });

  it.each([undefined, '', 'vscode', 'my-claude-code', 'claude-code-2', 'constructor'])(
    '%s gets what is safe everywhere',
    (name) => {
      expect(traitsByName(name)).toEqual({});
      expect(UNKNOWN_CLIENT).toBeLessThan(CLAUDE_CODE_UNSAID);
    },
  );
});

/** A client that really speaks 2026: test/e2e/resources.test.ts. */
describe.each(['v1 SDK', 'v2 SDK'])('a client of the %s', (kind) => {
  let on: Bench;
  afterEach(() => on.close());

  const connect = async (name: string) => {
    on = await bench();
    const factory = createServerFactory({
      version: '0.0.0',
      host: createToolHost(['all'], async () => ({ tools: ALL_TOOLS, services: on.services })),
      log: on.services.log,
      redact: on.services.redact,
      stopping: new AbortController().signal,
    });
    const [mine, theirs] = InMemoryTransport.createLinkedPair();
    await factory().connect(theirs);
    if (kind === 'v1 SDK') {
      const client = new LegacyClient({ name, version: '1' });
      await client.connect(mine);
      return client;
    }
    const client = new ModernClient({ name, version: '1' });
    await client.connect(mine);
    return client;
  };

  it.each([
    ['claude-code', 190_000],
    ['somebody', UNKNOWN_CLIENT],
  ])('that calls itself %s gets %d characters of a long answer', async (name, characters) => {
    const client = await connect(name);
    const { structuredContent } = await client.callTool({
      name: 'invoke_model',
      arguments: { model: 'claude-haiku-4-5', prompt: 'sandbox:long 60000', max_tokens: 64_000 },
    });
    const text = isJsonObject(structuredContent) ? structuredContent['text'] : undefined;
    expect(String(text).length).toBe(characters);
    await client.close();
  });

  it('is told which tools answer at length', async () => {
    const client = await connect('somebody');
    const { tools } = await client.listTools();
    const told = tools.filter(({ _meta }) => _meta !== undefined);
    expect(new Set(told.map((tool) => tool.name))).toEqual(
      new Set(['invoke_model', 'get_result', 'compare_models', 'embed_text']),
    );
    for (const { _meta } of told) expect(_meta).toEqual(LONG_ANSWER_META);
    await client.close();
  });
});
