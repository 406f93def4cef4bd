/**
 * Every member that AWS puts into an answer of a family is in the sandbox's answers of that family, for each operation.
 * The recorded requests are sent to the sandbox, and the paths of members in both answers are compared.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Sandbox } from '../../src/sandbox/types.ts';
import { ROWS } from '../recorded/corpus.ts';
import { membersOf } from '../recorded/members.ts';
import { isRefused, kindOf, type Raw, type Row } from '../recorded/row.ts';
import { sandboxFor, sendRow } from './send-row.ts';

const rows = ROWS.filter((row) => kindOf(row) === 'text' && !isRefused(row));

const groupOf = ({ operation, family }: Row) => `${operation} ${family}`;

function collect(into: Map<string, Set<string>>, row: Row, bytes: Buffer): void {
  const known = into.get(groupOf(row)) ?? new Set<string>();
  for (const path of membersOf(row, bytes)) known.add(path);
  into.set(groupOf(row), known);
}

/**
 * What a recorded request would not bring about here: requests that were not made public, and those to which this
 * sandbox gives another answer than the model did.
 */
function probesFor(row: Row): Row[] {
  const bodies = row.operation.startsWith('Converse') ? converseProbes() : nativeProbes();
  return bodies.map((request_body) => ({ ...row, request_body }));
}

function nativeProbes(): Raw[] {
  const guarded = 'sandbox:guardrail';
  return [
    {
      anthropic_version: 'bedrock-2023-05-31',
      max_tokens: 9,
      messages: [{ role: 'user', content: guarded }],
    },
    {
      anthropic_version: 'bedrock-2023-05-31',
      max_tokens: 9,
      system: [{ type: 'text', text: 'word '.repeat(5_000), cache_control: { type: 'ephemeral' } }],
      messages: [{ role: 'user', content: 'Hello' }],
    },
    { messages: [{ role: 'user', content: [{ text: guarded }] }] },
    { inputText: guarded },
    { messages: [{ role: 'user', content: 'word '.repeat(500) }] },
  ];
}

function converseProbes(): Raw[] {
  const body = {
    messages: [{ role: 'user', content: [{ text: 'Hello' }] }],
    inferenceConfig: { maxTokens: 2_000 },
  };
  const inputSchema = { json: { type: 'object', properties: { a: { type: 'string' } } } };
  const document = {
    name: 'd',
    format: 'txt',
    source: { bytes: Buffer.from('Text').toString('base64') },
    citations: { enabled: true },
  };
  const long = { text: 'word '.repeat(5_000) };
  const pdf = { ...document, format: 'pdf', source: { bytes: Buffer.from('%PDF-1.4').toString('base64') } };
  return [
    body,
    { ...body, toolConfig: { tools: [{ toolSpec: { name: 'f', description: 'f', inputSchema } }] } },
    { ...body, toolConfig: { tools: [{ systemTool: { name: 'nova_code_interpreter' } }] } },
    { ...body, additionalModelRequestFields: { thinking: { type: 'enabled', budget_tokens: 1_024 } } },
    { ...body, additionalModelRequestFields: { reasoning: { effort: 'low' } } },
    { ...body, system: [long, { cachePoint: { type: 'default' } }] },
    { ...body, messages: [{ role: 'user', content: [{ text: 'Cite.' }, { document }] }] },
    { ...body, messages: [{ role: 'user', content: [{ text: 'Cite.' }, { document: pdf }] }] },
    { ...body, guardrailConfig: { guardrailIdentifier: 'g', guardrailVersion: '1', trace: 'enabled' } },
  ];
}

/** Members that the sandbox has no reason to send. */
const EXCEPTIONS: readonly (readonly [group: RegExp, path: RegExp, reason: string])[] = [
  [
    /claude-legacy/,
    /^\.(content|id|model|role|stop_sequence|usage)/,
    'claude-v2 once answered in the Messages form',
  ],
  [
    /claude-legacy/,
    /^chunk\./,
    'chunks of 2023 had no type yet; their members are those of `chunk completion`',
  ],
  [/marketplace/, /./, 'the catalogue has no marketplace endpoints'],
  [/claude$/, /redactedContent$/, 'Claude hides parts of its thinking for reasons of its own'],
];

describe("members of the sandbox's answers", () => {
  let sandbox: Sandbox;
  const missing = new Map<string, string[]>();
  const needed = new Set<string>();
  beforeAll(async () => {
    sandbox = await sandboxFor(rows);
    const fromAws = new Map<string, Set<string>>();
    const ours = new Map<string, Set<string>>();
    const probed = new Set<string>();
    for (const row of rows) {
      collect(fromAws, row, row.bytes);
      const of = `${groupOf(row)} ${row.model_id}`;
      const probes = probed.has(of) ? [] : probesFor(row);
      probed.add(of);
      for (const sent of [...(row.request_body === null ? [] : [row]), ...probes]) {
        const { status, bytes } = await sendRow(sandbox, sent);
        if (status === 200) collect(ours, row, bytes);
      }
    }
    for (const [group, members] of fromAws) {
      const left = [...members].filter((path) => !ours.get(group)?.has(path));
      const isExcepted = (path: string) => {
        const exception = EXCEPTIONS.find(([groups, paths]) => groups.test(group) && paths.test(path));
        if (exception !== undefined) needed.add(exception[2]);
        return exception !== undefined;
      };
      missing.set(group, left.filter((path) => !isExcepted(path)).sort());
    }
  });
  afterAll(() => sandbox?.close());

  it.each([...new Set(rows.map(groupOf))])("are all that AWS's have: %s", (group) => {
    expect(missing.get(group)).toEqual([]);
  });

  it('have no exception that nobody needs', () => {
    expect([...needed].sort()).toEqual(EXCEPTIONS.map(([, , reason]) => reason).sort());
  });
});
