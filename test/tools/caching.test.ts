import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/json.ts';
import { invokeModel } from '../../src/tools/invoke-model.ts';
import { type Bench, bench } from './with-sandbox.ts';

/** Above every minimum, however tokens are counted. */
const LONG = 'A rule of the house that nobody may forget. '.repeat(800);
const TOOLS = [{ name: 'f', description: 'F', input_schema: { type: 'object', properties: {} } }];

let on: Bench;
beforeEach(async () => {
  on = await bench();
});
afterEach(() => on.close());

interface Answered {
  readonly usage: JsonObject;
  readonly cost: number;
  readonly warnings: string;
  readonly sent: JsonObject;
}
const objectOf = (value: unknown): JsonObject => (isJsonObject(value) ? value : {});

async function ask(args: Record<string, unknown>): Promise<Answered> {
  const { structured } = await on.call(invokeModel, { prompt: 'Hello', system: LONG, ...args });
  const { usage, cost_usd, warnings } = objectOf(structured['receipt']);
  const { body } =
    on.sandbox.record.requests.findLast(({ operation }) => /Conv|Inv/.test(operation ?? '')) ?? {};
  return {
    usage: objectOf(usage),
    cost: Number(cost_usd),
    warnings: JSON.stringify(warnings ?? []),
    sent: objectOf(body),
  };
}

/** Where the request has cache points: Converse's blocks, or Claude's marks on blocks. */
function points({ tools, toolConfig, system, messages }: JsonObject): Record<string, JsonValue[]> {
  const found = (value: JsonValue | undefined): JsonValue[] => {
    if (Array.isArray(value)) return value.flatMap(found);
    if (!isJsonObject(value)) return [];
    const own = value['cachePoint'] ?? value['cache_control'];
    return own === undefined ? Object.values(value).flatMap(found) : [own];
  };
  return { tools: found(tools ?? toolConfig), system: found(system), messages: found(messages) };
}

describe('cache', () => {
  it.each<[string, Record<string, unknown>, string, string]>([
    ['claude-haiku-4-5', {}, 'native', '{"type":"ephemeral"}'],
    ['claude-haiku-4-5', { api: 'converse' }, 'Converse', '{"type":"default"}'],
    ['claude-sonnet-4-5', { tools: TOOLS }, 'Converse', '{"type":"default"}'],
    ['claude-opus-5', {}, 'native', '{"type":"ephemeral"}'],
    ['nova-lite', {}, 'Converse', '{"type":"default"}'],
    ['nova-pro', { tools: TOOLS }, 'Converse', '{"type":"default"}'],
  ])(
    '%s %j over %s: the first call writes, the next one reads and costs less',
    async (model, more, _api, point) => {
      const first = await ask({ model, cache: true, ...more });
      const second = await ask({ model, cache: true, ...more });
      const written = Number(first.usage['cache_write_tokens']);
      expect(written).toBeGreaterThan(4_096);
      expect(first.usage).not.toHaveProperty('cache_read_tokens');
      expect(second.usage).toMatchObject({
        cache_read_tokens: written,
        input_tokens: first.usage['input_tokens'],
      });
      expect(second.usage).not.toHaveProperty('cache_write_tokens');
      const plain = await ask({ model, ...more });
      expect(second.cost).toBeLessThan(plain.cost);
      // Claude's writes are dearer than plain input, Nova's are not.
      if (model.startsWith('claude')) expect(first.cost).toBeGreaterThan(plain.cost);
      expect(first.warnings + second.warnings).not.toContain('cache');
      const here = [JSON.parse(point)];
      const tools = more['tools'] !== undefined && model.startsWith('claude') ? here : [];
      expect(points(first.sent)).toEqual({ tools, system: here, messages: here });
      expect(points(plain.sent)).toEqual({ tools: [], system: [], messages: [] });
    },
  );

  it.each([
    ['native', { type: 'ephemeral', ttl: '1h' }],
    ['converse', { type: 'default', ttl: '1h' }],
  ])('asks Claude for one hour: %s', async (api, point) => {
    const { sent, warnings, usage, cost } = await ask({ model: 'claude-haiku-4-5', cache: '1h', api });
    const short = await ask({ model: 'claude-haiku-4-5', cache: '5m', api, system: `${LONG}.` });
    // Written for an hour costs 2 of plain input, for five minutes 1.25.
    expect(cost / short.cost).toBeGreaterThan(1.5);
    expect(points(short.sent)['system']).not.toContainEqual(expect.objectContaining({ ttl: '5m' }));
    expect(points(sent)).toEqual({ tools: [], system: [point], messages: [point] });
    expect(usage).toHaveProperty('cache_write_tokens');
    expect(warnings).toBe('[]');
  });

  it('caches without the hour that Nova does not have, and says so', async () => {
    const { sent, warnings, usage } = await ask({ model: 'nova-lite', cache: '1h' });
    expect(points(sent)).toEqual({
      tools: [],
      system: [{ type: 'default' }],
      messages: [{ type: 'default' }],
    });
    expect(usage).toHaveProperty('cache_write_tokens');
    expect(warnings).toContain('1h was left out');
  });

  it("says that Nova's cache points need Converse", async () => {
    await expect(ask({ model: 'nova-lite', cache: true, api: 'native' })).rejects.toThrow('needs Converse');
  });

  it.each(['llama3-3-70b', 'qwen3-32b', 'gpt-oss-120b'])(
    'sends %s none, which has none, and says so',
    async (model) => {
      const { sent, warnings } = await ask({ model, cache: true });
      expect(points(sent)).toEqual({ tools: [], system: [], messages: [] });
      expect(warnings).toContain('no explicit prompt caching');
    },
  );

  it('says that nothing was cached below the minimum, and what the minimum is', async () => {
    const { usage, warnings } = await ask({ model: 'claude-haiku-4-5', cache: true, system: 'Be brief.' });
    expect(usage).not.toHaveProperty('cache_write_tokens');
    expect(warnings).toMatch(
      /Nothing was cached: the input has about \d+ tokens, and this model caches from 4096/,
    );
  });

  it('says that nothing was cached where the tokens would do but come after the last point', async () => {
    const document = { format: 'txt', name: 'd', source: { text: LONG } };
    const messages = [{ role: 'user', content: [{ text: 'Read this.' }, { document }] }];
    const { warnings } = await ask({
      model: 'claude-haiku-4-5',
      cache: true,
      system: 'Be brief.',
      prompt: undefined,
      messages,
    });
    expect(warnings).toMatch(/Bedrock reported nothing as cached, although .* caches from 4096/);
  });

  it("leaves the caller's own points alone and says so", async () => {
    const own = [
      { role: 'user', content: [{ text: LONG }, { cachePoint: { type: 'default' } }, { text: 'Hi' }] },
    ];
    const { sent, warnings, usage } = await ask({
      model: 'nova-lite',
      cache: true,
      messages: own,
      prompt: undefined,
    });
    expect(points(sent)).toEqual({ tools: [], system: [], messages: [{ type: 'default' }] });
    expect(warnings).toContain('cache points of its own');
    expect(usage).toHaveProperty('cache_write_tokens');
  });

  it('does nothing when it is off', async () => {
    const { sent, warnings } = await ask({ model: 'claude-haiku-4-5', cache: false });
    expect(points(sent)).toEqual({ tools: [], system: [], messages: [] });
    expect(warnings).toBe('[]');
  });

  it('leaves a native body alone and says so', async () => {
    const native_body = {
      anthropic_version: 'bedrock-2023-05-31',
      max_tokens: 9,
      messages: [{ role: 'user', content: 'Hi' }],
    };
    const { structured } = await on.call(invokeModel, {
      model: 'claude-haiku-4-5',
      cache: true,
      options: { native_body },
    });
    expect(on.sandbox.record.requests.at(-1)?.body).toEqual(native_body);
    const warnings = JSON.stringify(objectOf(structured['receipt'])['warnings']);
    expect(warnings).toContain('native_body');
    expect(warnings).not.toContain('cached');
  });

  it('goes with a shape: the tool that carries the answer is cached too', async () => {
    const response_schema = { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] };
    const args = { model: 'claude-opus-4-8', cache: true, response_schema };
    const { sent } = await ask(args);
    expect(points(sent)).toEqual({
      tools: [{ type: 'default' }],
      system: [{ type: 'default' }],
      messages: [{ type: 'default' }],
    });
    expect((await ask(args)).usage).toHaveProperty('cache_read_tokens');
  });
});
