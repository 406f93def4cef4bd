/** The contract that models see: a change of it shows up as a change of a checked-in file, and its price has a limit. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isJsonObject, type JsonObject } from '../../src/json.ts';
import { ALL_TOOLS, publishTools } from '../../src/tools/registry.ts';
import { PUBLISHED } from '../../src/tools/tool-set.ts';
import { connectInProcess, type InProcess } from './in-process.ts';

const CORE = ALL_TOOLS.flatMap(({ name, sets }) => (sets?.includes('core') === true ? [name] : []));
const CORE_LIMIT = 1_000;

/** What the budget counts: all that a model reads before it calls a tool, at about four bytes a token. */
function tokensInSight(tool: JsonObject): number {
  const { name, description, inputSchema } = tool;
  return Math.ceil(Buffer.byteLength(JSON.stringify({ name, description, inputSchema })) / 4);
}

describe('tools/list', () => {
  let server: InProcess;
  let tools: JsonObject[];
  beforeAll(async () => {
    server = await connectInProcess();
    const { result } = await server.request('tools/list', {});
    tools =
      isJsonObject(result) && Array.isArray(result['tools']) ? result['tools'].filter(isJsonObject) : [];
  });
  afterAll(() => server.close());

  it('has every tool once, in alphabetical order', () => {
    const names = ALL_TOOLS.map(({ name }) => name).sort();
    expect(tools.map((tool) => tool['name'])).toEqual(names);
    expect(new Set(names).size).toBe(names.length);
  });

  it.each(publishTools())('$name is as checked in: npm run docs writes src/tools/published.json', (made) => {
    expect(PUBLISHED.find((each) => each.name === made.name)).toEqual(made);
    expect(tools.find((each) => each['name'] === made.name)).toMatchObject({ inputSchema: made.inputSchema });
  });

  it.each(ALL_TOOLS.map(({ name }) => name))(
    '%s describes every argument and costs at most 600 tokens',
    (name) => {
      const tool = tools.find((each) => each['name'] === name) ?? {};
      expect(tokensInSight(tool)).toBeLessThanOrEqual(600);
      const schema = isJsonObject(tool['inputSchema']) ? tool['inputSchema'] : {};
      // Hosts that check before they send would turn away what is taken beside the others.
      expect(schema).not.toHaveProperty('additionalProperties');
      for (const [argument, facts] of Object.entries(
        isJsonObject(schema['properties']) ? schema['properties'] : {},
      ))
        expect(facts, argument).toHaveProperty('description');
      expect(String(tool['name'])).toMatch(/^[a-z_]{1,64}$/);
    },
  );

  it('says of every argument and every list what type it has: some hosts refuse schemas without', () => {
    for (const { name, inputSchema } of publishTools()) {
      const { properties } = inputSchema;
      for (const [argument, facts] of Object.entries(isJsonObject(properties) ? properties : {})) {
        const { type, items } = isJsonObject(facts) ? facts : {};
        expect(type, `${name}.${argument}`).toEqual(expect.any(String));
        if (type === 'array') expect(items, `${name}.${argument}`).toHaveProperty('type', expect.any(String));
      }
    }
  });

  it('sends nothing of a tool but what the protocol has', () => {
    const members = new Set(tools.flatMap((tool) => Object.keys(tool)));
    expect([...members].sort()).toEqual(
      ['_meta', 'annotations', 'description', 'inputSchema', 'name', 'outputSchema', 'title'].sort(),
    );
    expect(CORE).toHaveLength(5);
  });

  it('fits the budgets for core, for all, and on the wire', () => {
    const rows = tools.map((tool) => ({ name: String(tool['name']), tokens: tokensInSight(tool) }));
    const sum = (names: readonly string[]) =>
      rows.filter(({ name }) => names.includes(name)).reduce((total, { tokens }) => total + tokens, 0);
    const core = sum(CORE);
    const all = sum(rows.map(({ name }) => name));
    const wire = Math.ceil(Buffer.byteLength(JSON.stringify(tools)) / 4);
    process.stdout.write(
      `tokens in sight: ${rows.map(({ name, tokens }) => `${name} ${tokens}`).join(', ')}; core ${core}, all ${all}, wire ${wire}\n`,
    );
    expect(core).toBeLessThanOrEqual(CORE_LIMIT);
    expect(all).toBeLessThanOrEqual(2_500);
    expect(wire).toBeLessThanOrEqual(5_000);
  });
});
