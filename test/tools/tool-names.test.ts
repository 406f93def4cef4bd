/** A sentence that sends its reader to a tool must name one that exists, and say so when this server does not offer it. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { listSettings } from '../../src/config/settings.ts';
import { ALL_TOOLS } from '../../src/tools/registry.ts';
import { createToolHost, PUBLISHED } from '../../src/tools/tool-set.ts';
import { fresh } from './fresh.ts';

/** Words of AWS, of providers and of formats that sentences quote. */
const QUOTED = [
  'anthropic_beta',
  'aws_review',
  'content_filtered',
  'provider_data_share',
  'reasoning_effort',
  'relevance_score',
  'three_gp',
  'top_n',
];

/** Names of tools, of their arguments and members of answers, and of settings. */
function knownNames(): ReadonlySet<string> {
  const names = new Set<string>([...QUOTED, ...listSettings().map(({ name }) => name)]);
  const add = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const [key, inner] of Object.entries(value)) {
      names.add(key);
      add(inner);
    }
  };
  add(PUBLISHED);
  for (const tool of ALL_TOOLS) {
    names.add(tool.name);
    // What is published in words only: the members of `options`.
    const options: unknown = tool.input.shape['options'];
    if (options instanceof z.ZodType)
      for (const [word] of (options.description ?? '').matchAll(/[a-z]+(?:_[a-z]+)+/g)) names.add(word);
  }
  return names;
}

/** The snake_case words in the sentences of the product; the sandbox speaks for AWS. */
function namesInSentences(): ReadonlyMap<string, string> {
  const root = fileURLToPath(new URL('../../src/', import.meta.url));
  const found = new Map<string, string>();
  for (const file of readdirSync(root, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.ts') || /^sandbox[\\/]/.test(file)) continue;
    for (const name of snakeWords(readFileSync(`${root}${file}`, 'utf8'))) found.set(name, file);
  }
  return found;
}

function snakeWords(source: string): ReadonlySet<string> {
  const code = source.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
  const words = new Set<string>();
  for (const [, one, two, three] of code.matchAll(
    /'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`/g,
  )) {
    const text = (one ?? two ?? three ?? '').replace(/\$\{[^}]*\}/g, ' ');
    if (!/[a-z] [a-z]/i.test(text)) continue;
    for (const [word] of text.matchAll(/(?<![\w.$-])[a-z]+(?:_[a-z0-9]+)+(?![\w-])/g)) words.add(word);
  }
  return words;
}

describe('a name in a sentence', () => {
  it('is a tool, an argument, a setting, or a word of AWS that is listed here', () => {
    const known = knownNames();
    expect([...namesInSentences()].filter(([name]) => !known.has(name))).toEqual([]);
  });

  it('that is none of these would be found', () => {
    const known = knownNames();
    const words = snakeWords("fix: 'Use rerank_texts for reranking, or embed_text.'");
    expect([...words].filter((name) => !known.has(name))).toEqual(['rerank_texts']);
  });
});

describe('the fix of an error', () => {
  const refused = async (tools: readonly string[], name: string, args: Record<string, unknown>) => {
    const on = await fresh();
    const host = createToolHost(tools, async () => ({ tools: ALL_TOOLS, services: on.services }));
    return host.call(name, args, { signal: new AbortController().signal }).catch((error: unknown) => error);
  };

  it.each([
    [['core'], 'list_models is not offered here (BEDROCK_MCP_TOOLS).'],
    [['invoke_model'], 'list_inference_profiles and list_models are not offered here (BEDROCK_MCP_TOOLS).'],
  ])('says what of it is not offered with the tools %j', async (tools, note) => {
    const error = await refused(tools, 'invoke_model', { model: 'no-such-model', prompt: 'Hello' });
    expect(error).toMatchObject({ code: 'unknown_model', fix: expect.stringContaining(note) });
  });

  it('stays as it is where every tool that it names is offered', async () => {
    const error = await refused(['all'], 'invoke_model', { model: 'no-such-model', prompt: 'Hello' });
    expect(error).toMatchObject({ fix: expect.not.stringContaining('offered here') });
    expect(error).toMatchObject({ fix: expect.stringContaining('list_models') });
  });
});
