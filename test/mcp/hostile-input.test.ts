/** What nobody would write by hand: every answer is an answer, readable, quick, and without a secret. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isJsonObject, type JsonObject } from '../../src/json.ts';
import { connectInProcess, type InProcess } from './in-process.ts';

const SECRET = 'sandbox-secret';
const CALLS_PER_SEED = 170;

type Random = () => number;

/** mulberry32: small, and the same on every machine. */
function seeded(seed: number): Random {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

const TEXTS: readonly string[] = [
  '',
  ' ',
  '\0\u0001\u001b[2J\u202e',
  '\ud800',
  '🙂'.repeat(500),
  'a'.repeat(100_000),
  `${'a'.repeat(40_000)}!`,
  `${'a:'.repeat(20_000)}b`,
  `${'.'.repeat(5_000)}-v1:0`,
  '__proto__',
  'constructor',
  'toString',
  '../../etc/passwd',
  'file:///etc/passwd',
  'http://169.254.169.254/latest/meta-data/',
  'us-east-1.evil.example',
  'x.evil.example/#',
  'arn:aws:bedrock:us-east-1:123456789012:inference-profile/../../x',
  `arn:aws:bedrock:${'a'.repeat(2_000)}`,
  'arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0',
  'claude-haiku-4-5',
  'nova-lite',
  'global.anthropic.claude-haiku-4-5-20251001-v1:0',
  "'; DROP TABLE usage; --",
  '$(rm -rf /)',
  '{{7*7}}%s%n',
  '<script>alert(1)</script>',
  'null',
  'us-east-1',
  'auto',
  'user',
  'aGVsbG8=',
];

function nested(depth: number, asArray: boolean): unknown {
  let value: unknown = 'deep';
  for (let at = 0; at < depth; at += 1) value = asArray ? [value] : { text: value };
  return value;
}

function anyValue(random: Random, depth = 0): unknown {
  const pick = <T>(list: readonly T[]): T | undefined => list[Math.floor(random() * list.length)];
  const kind = Math.floor(random() * (depth > 3 ? 5 : 9));
  if (kind < 2) return pick(TEXTS);
  if (kind === 2) return pick([0, -0, -1, 1, 0.5, 1e308, 2 ** 53, -(2 ** 31), 4096, 1e-320]);
  if (kind === 3) return random() < 0.5;
  if (kind === 4) return null;
  if (kind === 5) return Array.from({ length: Math.floor(random() * 4) }, () => anyValue(random, depth + 1));
  if (kind === 6) return nested(pick([10, 500, 20_000]) ?? 10, random() < 0.5);
  if (kind === 7) return pick(BLOCKS);
  return anyObject(
    random,
    [...(TEXTS.slice(8, 14) ?? []), 'text', 'role', 'content', 'type', 'name'],
    depth + 1,
  );
}

/** Nearly right: most of what can go wrong hides behind the first check. */
const BLOCKS: readonly unknown[] = [
  { role: 'user', content: 'hello' },
  { role: 'assistant', content: [] },
  { role: 'user', content: [{ text: '' }, { image: { format: 'png', source: { bytes: '%%%' } } }] },
  { role: 'user', content: [{ document: { format: 'pdf', name: '../x', source: { bytes: 'aGVsbG8=' } } }] },
  {
    role: 'user',
    content: [{ toolResult: { toolUseId: '__proto__', content: [{ json: nested(200, true) }] } }],
  },
  { role: 'assistant', content: [{ toolUse: { toolUseId: 'x', name: 'constructor', input: null } }] },
  { role: 'system', content: 'no' },
  { role: 'user', content: [{ type: 'image', source: { type: 'url', url: 'http://169.254.169.254/' } }] },
  { name: '__proto__', description: 7, input_schema: { type: 'object', properties: { constructor: {} } } },
  { name: 'f', input_schema: { $ref: '#/definitions/f', definitions: { f: { $ref: '#/definitions/f' } } } },
  { type: 'function', function: { name: 'g', parameters: { type: 'array' } } },
  { native_body: { messages: [{ role: 'user', content: nested(300, false) }] } },
  { guardrail: { id: '../..', version: 'DRAFT' }, anthropic_beta: ['x\r\ny: z'] },
  { additional_model_request_fields: { constructor: { prototype: 1 } } },
  { type: 'object', properties: { __proto__: { $ref: 'http://169.254.169.254/x' } }, pattern: '(a+)+$' },
  { type: 'wrong', $ref: '#', allOf: [{ $ref: '#' }], required: 'x' },
  { path: '/etc/passwd', base64: '%%%', url: 'http://169.254.169.254/' },
  { base64: 'iVBORw0KGgo=', format: 'exe', name: '../../x' },
];

/** Arguments that are taken and not published one by one. */
const RARE: readonly string[] = [
  'files',
  'cache',
  'wait_seconds',
  'max_output_chars',
  'temperature',
  'tool_choice',
  'api',
  'region',
  'criteria',
  'messages',
  'calls',
  'cursor',
  'input_type',
];

function anyObject(random: Random, names: readonly string[], depth = 0): Record<string, unknown> {
  const count = 1 + Math.floor(random() * 4);
  const entries = Array.from({ length: count }, (): [string, unknown] => [
    names[Math.floor(random() * names.length)] ?? 'x',
    anyValue(random, depth),
  ]);
  return Object.fromEntries(entries);
}

/** Something valid to start from, so that the wrong part is reached. */
const STARTS: Readonly<Record<string, Record<string, unknown>>> = {
  invoke_model: { prompt: 'hello', max_tokens: 20 },
  embed_text: { texts: ['hello'] },
  estimate_cost: { models: ['nova-lite'] },
  compare_models: { models: ['nova-lite', 'claude-haiku-4-5'], prompt: 'hello', max_tokens: 20 },
  get_result: { call_id: '3b241101-e2bb-4255-8caf-4136c566a962', wait_seconds: 0 },
};

describe('hostile arguments', () => {
  let server: InProcess;
  let tools: readonly { name: string; properties: readonly string[] }[];

  beforeAll(async () => {
    server = await connectInProcess({ config: { timeout: 5_000, max_retries: 0 } });
    const { result } = await server.request('tools/list', {});
    const listed = isJsonObject(result) && Array.isArray(result['tools']) ? result['tools'] : [];
    tools = listed.filter(isJsonObject).map((tool) => {
      const schema = isJsonObject(tool['inputSchema']) ? tool['inputSchema'] : {};
      const properties = isJsonObject(schema['properties']) ? Object.keys(schema['properties']) : [];
      return { name: String(tool['name']), properties };
    });
  });
  afterAll(() => server.close());

  it.each([1, 2, 3])('are answered and leave nothing behind, from the seed %i', async (seed) => {
    const random = seeded(seed);
    for (let at = 0; at < CALLS_PER_SEED; at += 1) {
      const tool = tools[Math.floor(random() * tools.length)] ?? { name: 'none', properties: [] };
      const names = [
        ...tool.properties,
        ...tool.properties,
        ...RARE,
        '__proto__',
        'constructor',
        'unknown',
        '',
      ];
      const args = { ...(random() < 0.7 ? STARTS[tool.name] : {}), ...anyObject(random, names) };
      const label = `seed ${seed}, call ${at}: ${tool.name} ${Object.keys(args).join(', ')}`;
      expectAnswer(await server.request('tools/call', { name: tool.name, arguments: args }), label);
    }
    // Nothing is left hanging upstream, and nothing of this process was changed.
    expect(server.bench.sandbox.record.inFlight).toBe(0);
    expect(Reflect.ownKeys(Object.prototype)).not.toContain('text');
    const after = await server.request('tools/call', {
      name: 'estimate_cost',
      arguments: { models: ['nova-lite'] },
    });
    expect(after).toHaveProperty('result.structuredContent');
  });

  it.each<[string, Record<string, unknown>]>([
    [
      'messages',
      {
        messages: [
          {
            role: 'user',
            content: [{ toolResult: { toolUseId: 'x', content: [{ json: nested(20_000, true) }] } }],
          },
        ],
      },
    ],
    ['a tool schema', { prompt: 'x', tools: [{ name: 'f', input_schema: nested(20_000, false) }] }],
    ['a native body', { options: { native_body: { messages: nested(20_000, false) } } }],
    [
      'additional fields',
      { prompt: 'x', options: { additional_model_request_fields: { a: nested(5_000, true) } } },
    ],
  ])('%s nested without end get an answer that says so', async (_, args) => {
    const answer = await server.request('tools/call', { name: 'invoke_model', arguments: args });
    expectAnswer(answer, 'deep');
    expect(JSON.stringify(answer)).toMatch(/nested deeper/);
  });

  it.each<[string, string, Record<string, unknown>]>([
    ['no tool name', 'tools/call', {}],
    ['a number as tool name', 'tools/call', { name: 7 }],
    ['a very long tool name', 'tools/call', { name: 'x'.repeat(100_000) }],
    ['text as arguments', 'tools/call', { name: 'invoke_model', arguments: 'x' }],
    ['a number as cursor', 'tools/list', { cursor: 7 }],
    ['a very long cursor', 'tools/list', { cursor: 'x'.repeat(100_000) }],
    ['an unknown method', 'no/such/method', {}],
    ['the method __proto__', '__proto__', {}],
    ['a method without a name', '', {}],
    ['a method that is not offered', 'logging/setLevel', { level: 'debug' }],
  ])('%s is answered', async (_, method, params) => {
    const answer = await server.request(method, params);
    expect('result' in answer || 'error' in answer).toBe(true);
    expect(JSON.stringify(answer).length).toBeLessThan(60_000);
    expect(JSON.stringify(answer)).not.toMatch(/\\n\s+at /);
  });
});

function expectAnswer(answer: JsonObject, label: string): void {
  const text = JSON.stringify(answer);
  expect(text, label).not.toMatch(/\\n\s+at [\w.<]/);
  expect(text, label).not.toContain(SECRET);
  expect(text, label).not.toMatch(/Error internal/);
  const { result } = answer;
  if (!isJsonObject(result)) {
    expect(answer, label).toHaveProperty('error.code', -32602);
    return;
  }
  if (result['isError'] !== true) {
    expect(result['structuredContent'], label).toBeTypeOf('object');
    return;
  }
  const [block] = Array.isArray(result['content']) ? result['content'] : [];
  const words = isJsonObject(block) ? String(block['text']) : '';
  expect(words, label).toMatch(/^Error [a-z_]+: \S/);
  expect(words, label).toMatch(/\nWhat to do: \S/);
  expect(Buffer.byteLength(words), label).toBeLessThan(2_000);
}
