/**
 * Every recorded text answer through the tool that a caller uses, and back to Bedrock in the next turn of a thread,
 * against an independent reading of its bytes. At the end a table says what became of every row; no row is excepted.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROWS } from './corpus.ts';
import { expectedError } from './expected-errors.ts';
import { errorOf } from './product.ts';
import { hashOf, isRefused, kindOf, type Row } from './row.ts';
import { recorded, type Said } from './said.ts';
import { createTally } from './tally.ts';
import { type Door, openDoor } from './tool-door.ts';
import { isOpen, turnDue, turnSent, wordsOf, wordsSaid } from './tool-told.ts';

const rows = ROWS.filter((row) => kindOf(row) === 'text');
const cases = (some: readonly Row[]) => some.map((row) => [row.id, row] as const);

const tally = createTally({
  rows,
  names: ['operation', 'family'],
  groupOf: ({ operation, family }) => [operation, family],
  outcomes: ['exact', 'sent back', 'not kept', 'error'],
});

/** The tools that the answer calls, so that the request could have led to it. */
function toolsFor(said: Said): Record<string, unknown> {
  const names = [...new Set(said.tools.filter(isOpen).map(({ name }) => name))];
  if (names.length === 0) return {};
  return { tools: names.map((name) => ({ name, description: name, input_schema: { type: 'object' } })) };
}

/** Answers that would spoil the thread for every later turn. */
function isKept({ stop = '', text, tools }: Said): boolean {
  return !/^(guardrail|content_filtered|malformed)/.test(stop) && (text.trim() !== '' || tools.length > 0);
}

describe('recorded answers through invoke_model', () => {
  let door: Door;
  beforeAll(async () => {
    door = await openDoor();
  });
  afterAll(async () => {
    await door?.close();
    process.stdout.write(`\n${tally.table()}\n`);
  });

  it.each(cases(rows.filter((row) => !isRefused(row))))('are told, and sent back: %s', async (_id, row) => {
    const said = recorded(row);
    const first = await door.ask(row, { prompt: 'Hello', thread_id: 'new', ...toolsFor(said) });
    const { structured, text } = first;
    expect(first.sent).toHaveLength(1);
    expect(wordsOf(structured)).toEqual(wordsSaid(said));
    const calls = said.tools
      .filter(isOpen)
      .map(({ id: toolUseId, name, input }) => ({ toolUseId, name, input }));
    expect(structured.tool_calls ?? []).toEqual(calls);
    expect(text).toContain(said.text);
    if (calls.length > 0) expect(text).toContain(JSON.stringify(calls));
    tally.note(row, 'exact');

    const { thread_id, stored } = structured.thread;
    expect(stored !== false).toBe(isKept(said));
    if (stored === false) {
      const { reason } = structured.thread;
      if (said.text.trim() === '') {
        expect(text).toContain(reason);
        expect(text).toContain(said.reasoning);
        expect(structured.receipt.warnings).toContain(reason);
      }
      return tally.note(row, 'not kept', reason);
    }
    const results = calls.map(({ toolUseId, name }) => ({
      toolResult: { toolUseId, content: [{ text: `${name} has run.` }] },
    }));
    const turn =
      results.length === 0 ? { prompt: 'And now?' } : { messages: [{ role: 'user', content: results }] };
    const second = await door.ask(row, { thread_id, ...turn });
    const due = turnDue(row, said);
    expect(second.sent).toHaveLength(1);
    expect(turnSent(second.sent[0]?.body, due)).toEqual(due);
    tally.note(row, 'sent back');
  });

  it.each(cases(rows.filter(isRefused)))('are told as the error that they are: %s', async (_id, row) => {
    const error = await errorOf(door.ask(row, { prompt: 'Hello' }));
    expect(error.code).toBe(expectedError(hashOf(row)));
    expect(error.fix).not.toBe('');
    tally.note(row, 'error');
  });

  it('are all accounted for', () => {
    expect(tally.forgotten()).toEqual([]);
  });
});
