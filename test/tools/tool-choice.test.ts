import { afterEach, describe, expect, it } from 'vitest';
import { loadCatalog } from '../../src/catalog/models/catalog.ts';
import type { ModelFeatures } from '../../src/catalog/types.ts';
import { isJsonObject, type JsonObject } from '../../src/json.ts';
import { invokeModel } from '../../src/tools/invoke-model.ts';
import { type Bench, bench } from './with-sandbox.ts';

const open: Bench[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

/** A Bedrock whose model of that ID differs from what the product's catalogue says. */
async function benchWith(id?: string, features: ModelFeatures = {}): Promise<Bench> {
  const catalog = await loadCatalog();
  const models = catalog.models.map((record) =>
    record.id === id ? { ...record, features: { ...record.features, ...features } } : record,
  );
  const on = await bench({ sandbox: { models } });
  open.push(on);
  return on;
}

const tools = [
  {
    name: 'get_weather',
    description: 'Weather',
    input_schema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
];
const shape = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };

const sent = (on: Bench): JsonObject[] =>
  on.sandbox.record.requests.flatMap(({ operation, body }) =>
    /Converse|Invoke/.test(operation ?? '') && isJsonObject(body) ? [body] : [],
  );
/** Converse's and Claude's own words for the choice, in one form. */
function choiceOf(body: JsonObject | undefined): unknown {
  const config = body?.['toolConfig'];
  const native = body?.['tool_choice'];
  if (isJsonObject(native)) return native['type'];
  const choice = isJsonObject(config) ? config['toolChoice'] : undefined;
  return isJsonObject(choice) ? Object.keys(choice)[0] : undefined;
}
const warningsOf = (structured: Record<string, unknown>): string =>
  isJsonObject(structured['receipt']) ? JSON.stringify(structured['receipt']['warnings'] ?? []) : '';

const APIS = ['converse', 'native'] as const;
const UNFORCED = ['claude-opus-5-5', 'claude-sonnet-5-5', 'claude-fable-5'];

describe('a tool choice that the model refuses', () => {
  const cases = APIS.flatMap((api) =>
    UNFORCED.flatMap((model) => ['any', 'get_weather'].map((choice) => [model, api, choice] as const)),
  );
  it.each(cases)(
    'is known of %s on %s: %s goes as auto, in one request, and is told',
    async (model, api, choice) => {
      const on = await benchWith();
      const { structured } = await on.call(invokeModel, {
        model,
        api,
        prompt: 'What is the weather in Paris?',
        tools,
        tool_choice: choice,
      });
      expect(structured).toMatchObject({ tool_calls: [{ name: 'get_weather' }] });
      expect(sent(on).map(choiceOf)).toEqual(['auto']);
      expect(warningsOf(structured)).toContain('was changed to auto');
    },
  );

  it.each(
    APIS.flatMap((api) =>
      [
        ['claude-opus-5', 'anthropic.claude-opus-5'],
        ['nova-pro', 'amazon.nova-pro-v1:0'],
      ].map(([model = '', id = '']) => [model, id, api] as const),
    ).filter(([model, , api]) => model !== 'nova-pro' || api === 'converse'),
  )('is learned of %s (%s) on %s: the second call sends auto at once', async (model, id, api) => {
    const on = await benchWith(id, { toolChoice: ['auto'] });
    const ask = () =>
      on.call(invokeModel, { model, api, prompt: 'Weather in Paris?', tools, tool_choice: 'any' });
    const first = await ask();
    expect(first.structured).toMatchObject({ tool_calls: [{ name: 'get_weather' }] });
    expect(sent(on).map(choiceOf)).toEqual(['any', 'auto']);
    expect(warningsOf(first.structured)).toContain('changed to auto');
    const second = await ask();
    expect(sent(on).map(choiceOf)).toEqual(['any', 'auto', 'auto']);
    expect(warningsOf(second.structured)).toContain('was changed to auto');
  });
});

describe('strict that the model refuses', () => {
  it.each(APIS)('is left out on %s, and from the second call on at once', async (api) => {
    const on = await benchWith('anthropic.claude-opus-5', { strictTools: false });
    const strict = tools.map((tool) => ({ ...tool, strict: true }));
    const ask = () =>
      on.call(invokeModel, { model: 'claude-opus-5', api, prompt: 'Weather in Paris?', tools: strict });
    expect((await ask()).structured).toMatchObject({ tool_calls: [{ name: 'get_weather' }] });
    const { structured } = await ask();
    expect(warningsOf(structured)).toContain('strict was left out of the tool');
    expect(sent(on).map((body) => JSON.stringify(body).includes('"strict":true'))).toEqual([
      true,
      false,
      false,
    ]);
  });
});

describe('response_schema for a model that cannot be forced', () => {
  it.each(APIS.flatMap((api) => UNFORCED.map((model) => [model, api] as const)))(
    'goes to the structured output of %s itself on %s, in one request',
    async (model, api) => {
      const on = await benchWith();
      const { structured } = await on.call(invokeModel, {
        model,
        api,
        prompt: 'Where?',
        response_schema: shape,
      });
      expect(structured).toMatchObject({ parsed: { city: expect.any(String) } });
      const [body, ...more] = sent(on);
      expect(more).toEqual([]);
      expect(JSON.stringify(body?.['outputConfig'] ?? body?.['output_config'])).toContain('json_schema');
      expect(body).not.toHaveProperty(api === 'native' ? 'tools' : 'toolConfig');
    },
  );

  it.each(APIS)(
    'goes in words on %s where Bedrock refuses both, and does so at once the next time',
    async (api) => {
      const on = await benchWith('anthropic.claude-opus-5', {
        toolChoice: ['auto'],
        structuredOutput: false,
      });
      const ask = () =>
        on.call(invokeModel, { model: 'claude-opus-5', api, prompt: 'Where?', response_schema: shape });
      expect((await ask()).structured).toMatchObject({ parsed: { city: expect.any(String) } });
      const before = sent(on).length;
      await ask();
      expect(sent(on)).toHaveLength(before + 1);
      expect(before).toBe(3);
    },
  );
});
