/**
 * What we advise is what we publish: Gemini CLI, Qwen Code, LangChain and Mastra check arguments against the published
 * schema before they send them, so advice that it refuses can never be followed there.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { isJsonObject, type JsonObject, parseJson } from '../../src/json.ts';
import { ALL_TOOLS } from '../../src/tools/registry.ts';
import { PUBLISHED } from '../../src/tools/tool-set.ts';

const ajv = new Ajv({ strict: false });
const TOOLS = PUBLISHED.map((tool) => ({
  ...tool,
  check: ajv.compile({ ...tool.inputSchema, required: [] }),
}));

function sourceFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory())
      return entry.name === 'sandbox' || entry.name === 'data' ? [] : sourceFiles(path);
    return entry.name.endsWith('.ts') ? [path] : [];
  });
}

/** Comments speak to whoever changes the code, not to callers. */
function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
}

const SOURCES = sourceFiles('src').map((path) => ({
  path,
  text: withoutComments(readFileSync(path, 'utf8')),
}));
/** What is put in is known only when the text is made. */
const filled = (text: string) => text.replace(/\$\{[^{}]*\}/g, '…');
const README = readFileSync('README.md', 'utf8');
const TEXTS = [
  ...SOURCES.flatMap(({ path, text }) =>
    [...text.matchAll(/(['`])((?:\\.|(?!\1)[^\\\n])*?)\1/g)].map(([, , inner = '']) => ({
      path,
      text: filled(inner),
    })),
  ),
  ...[...README.matchAll(/`([^`\n]+)`/g)].map(([, inner = '']) => ({
    path: 'README.md',
    text: filled(inner),
  })),
];

/** Arguments that a tool takes, published by themselves or not. */
const ARGUMENTS = new Map<string, string[]>();
for (const tool of ALL_TOOLS)
  for (const name of Object.keys(tool.input.shape))
    ARGUMENTS.set(name, [...(ARGUMENTS.get(name) ?? []), tool.name]);

function hasWords(tool: string, argument: string): boolean {
  const properties = TOOLS.find(({ name }) => name === tool)?.inputSchema['properties'];
  const facts = isJsonObject(properties) ? properties[argument] : undefined;
  return isJsonObject(facts) && facts['enum'] !== undefined;
}

interface Advice {
  readonly path: string;
  readonly tool: string;
  readonly args: JsonObject;
}

/** `dry_run: true`, `thread_id: "new"`, `options.confirm_cost_usd: 2` in a text. */
function pairsIn({ path, text }: { path: string; text: string }): Advice[] {
  const found = text.matchAll(
    /(?<![\w.{])(options\.)?([a-z_]+)(?:: ("[^"]+"|true|false|\d+(?:\.\d+)?|[a-z_0-9]+)| ("[\w.-]+"))/g,
  );
  return [...found].flatMap(([, inOptions, name = '', behindColon, behindBlank = '']) => {
    const written = behindColon ?? behindBlank;
    const json = parseJson(written);
    const value = { [name]: json ?? written };
    if (inOptions !== undefined) return [{ path, tool: 'invoke_model', args: { options: value } }];
    // A word behind a colon is a value only where words are: "models: in Tokyo" advises nothing.
    const tools = (ARGUMENTS.get(name) ?? []).filter((tool) => json !== undefined || hasWords(tool, name));
    return tools.map((tool) => ({ path, tool, args: value }));
  });
}

/** `get_result {"call_id": "...", "offset": 5}` in a text, and what `JSON.stringify({ ... })` puts there. */
function callsIn({ path, text }: { path: string; text: string }): Advice[] {
  return TOOLS.flatMap(({ name: tool }) =>
    [...text.matchAll(new RegExp(`${tool} (\\{"[^}]*\\})`, 'g'))].flatMap(([, written = '']) => {
      const args = parseJson(written);
      return isJsonObject(args) ? [{ path, tool, args }] : [];
    }),
  );
}

/** Shapes that texts describe in words, each with the words; when they change, so must the row. */
const IN_WORDS: readonly (readonly [words: string, tool: string, args: JsonObject])[] = [
  ['options.confirm_cost_usd: ${amount}', 'invoke_model', { options: { confirm_cost_usd: 1.5 } }],
  [
    '`files` takes paths, data URIs, `s3://`',
    'invoke_model',
    { files: ['a.txt', 'data:text/plain;base64,YQ==', 's3://b/k', 'https://a.b/c'] },
  ],
  [
    'or content as a data: URI',
    'compare_models',
    { options: { files: ['data:application/pdf;base64,YQ=='] } },
  ],
  [
    '(off, low, medium, high, max) and `cache` (true, 5m, 1h)',
    'invoke_model',
    { reasoning: 'max', cache: true, options: { cache: '1h' } },
  ],
  [
    'Give `tools`, get `tool_calls`, hand back `toolResult` blocks',
    'invoke_model',
    {
      tools: [{ name: 'a', description: 'b', input_schema: { type: 'object', properties: {} } }],
      messages: [
        { role: 'user', content: 'Hi' },
        { role: 'assistant', text: '', tool_calls: [{ toolUseId: 't', name: 'a', input: {} }] },
        { role: 'user', content: [{ toolResult: { toolUseId: 't', content: [{ text: 'x' }] } }] },
      ],
    },
  ],
  ['Set temperature to 0 and raise max_tokens', 'invoke_model', { temperature: 0, max_tokens: 9000 }],
  ['max_output_chars: Math.min', 'get_result', { call_id: 'c', max_output_chars: 100_000 }],
  ['max_output_chars: 100_000', 'get_result', { call_id: 'c', max_output_chars: 100_000 }],
  ['JSON.stringify({ call_id, offset: next_offset })', 'get_result', { call_id: 'c', offset: 5 }],
  ['return: base64 gives the whole', 'embed_text', { texts: ['a'], return: 'base64' }],
  ['thread_id and options.native_body', 'invoke_model', { options: { native_body: { a: 1 } } }],
];

describe('An argument that a text of ours advises', () => {
  it('validates against the published schema wherever it is named with its value', () => {
    const advice = TEXTS.flatMap((each) => [...pairsIn(each), ...callsIn(each)]);
    const names = new Set(advice.flatMap(({ args }) => Object.keys(args)));
    // It finds what it looks for.
    for (const name of ['dry_run', 'thread_id', 'return', 'cancel', 'call_id']) expect(names).toContain(name);
    const refused = advice.flatMap(({ path, tool, args }) => {
      const facts = TOOLS.find(({ name }) => name === tool);
      return facts?.check(args) === true
        ? []
        : [`${path}: ${tool} ${JSON.stringify(args)}: ${ajv.errorsText(facts?.check.errors)}`];
    });
    expect(refused).toEqual([]);
  });

  it.each(IN_WORDS)('in the words "%s" validates', (words, tool, args) => {
    expect([README, ...SOURCES.map(({ text }) => text)].some((text) => text.includes(words))).toBe(true);
    const facts = TOOLS.find(({ name }) => name === tool);
    expect(facts?.check(args), ajv.errorsText(facts?.check.errors)).toBe(true);
  });

  it.each(ALL_TOOLS)('validates beside the others and inside options, of $name', ({ name, input, rare }) => {
    const facts = TOOLS.find((each) => each.name === name);
    expect(rare.filter((argument) => !Object.hasOwn(input.shape, argument))).toEqual([]);
    for (const argument of rare) {
      const number = /^(temperature|top_p|confirm)/.test(argument);
      const value = number ? 0.5 : 'x';
      expect(facts?.check({ [argument]: value }), argument).toBe(true);
      expect(facts?.check({ options: { [argument]: value } }), argument).toBe(true);
    }
  });
});
