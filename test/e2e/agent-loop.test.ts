/** An agent as people write them, with the official 2025-era client: it passes its tools on, runs them, and lets the server keep the conversation. */
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { CallToolResultSchema } from '@modelcontextprotocol/sdk/types.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { startSandbox } from '../../src/sandbox/server/server.ts';
import type { Sandbox } from '../../src/sandbox/types.ts';
import { MAIN, sandboxEnvironment, stopServers } from './server-process.ts';

const ROUNDS = 10;

const answerSchema = z.object({
  text: z.string(),
  stop_reason: z.string(),
  tool_calls: z
    .array(z.object({ toolUseId: z.string(), name: z.string(), input: z.record(z.string(), z.unknown()) }))
    .optional(),
  thread: z.object({ thread_id: z.string(), turns: z.int(), cost_usd: z.string() }),
  receipt: z.object({ api: z.string(), model_id: z.string(), warnings: z.array(z.string()).optional() }),
});
type Answer = z.output<typeof answerSchema>;

const TOOLS = [
  {
    name: 'get_weather',
    description: 'Weather of a city',
    input_schema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
  {
    name: 'convert',
    description: 'Converts degrees',
    input_schema: { type: 'object', properties: { celsius: { type: 'number' } }, required: ['celsius'] },
  },
];

/** What the agent's own tools give back, in the shapes that tools use. */
function runTool(name: string, round: number) {
  if (round % 3 === 0) return { status: 'error', content: [{ text: `${name} failed in round ${round}` }] };
  return round % 3 === 1
    ? { content: [{ text: `${name} says ${round} degrees` }] }
    : { content: [{ json: { degrees: round, from: name } }] };
}

/** The loop: ask, run the tools that are called, hand their results back; the same for every model and either API. */
async function agent(
  ask: (args: Record<string, unknown>) => Promise<Answer>,
  choice: { model: string; api: string },
): Promise<{ answers: Answer[] }> {
  const answers = [
    await ask({
      ...choice,
      thread_id: 'new',
      prompt: 'Use get_weather and convert for Paris, in parallel.',
      system: 'You are a weather desk.',
      tools: TOOLS,
      tool_choice: 'any',
    }),
  ];
  for (let round = 1; round <= ROUNDS; round += 1) {
    const last = answers.at(-1);
    const isLast = round === ROUNDS;
    const results = (last?.tool_calls ?? []).map(({ toolUseId, name }) => ({
      toolResult: { toolUseId, ...runTool(name, round) },
    }));
    answers.push(
      await ask({
        ...choice,
        thread_id: last?.thread.thread_id,
        messages: [
          { role: 'user', content: [...results, ...(isLast ? [] : [{ text: `Round ${round}, parallel.` }])] },
        ],
        tool_choice: isLast ? 'auto' : 'any',
      }),
    );
  }
  return { answers };
}

describe('an agent that delegates with tools, written once', () => {
  let sandbox: Sandbox;
  let client: Client;
  beforeAll(async () => {
    sandbox = await startSandbox();
    client = new Client({ name: 'an-agent', version: '1.0.0' });
    await client.connect(
      new StdioClientTransport({
        command: process.execPath,
        args: [MAIN],
        env: sandboxEnvironment(sandbox),
        stderr: 'ignore',
      }),
    );
  });
  afterAll(async () => {
    await client.close();
    stopServers();
    await sandbox.close();
  });

  const ask = async (args: Record<string, unknown>) => {
    const result = CallToolResultSchema.parse(
      await client.callTool({ name: 'invoke_model', arguments: args }),
    );
    expect(result.isError, JSON.stringify(result.content).slice(0, 500)).not.toBe(true);
    return answerSchema.parse(result.structuredContent);
  };

  it.each([
    { model: 'claude-haiku-4-5', api: 'converse' },
    { model: 'claude-haiku-4-5', api: 'native' },
    { model: 'nova-lite', api: 'converse' },
    { model: 'nova-lite', api: 'native' },
    { model: 'gpt-oss-120b', api: 'converse' },
    { model: 'gpt-oss-120b', api: 'native' },
    { model: 'mistral-large-2402', api: 'converse' },
  ])('goes $model over $api for 10 rounds', async (choice) => {
    const before = sandbox.record.requests.length;
    const { answers } = await agent(ask, choice);
    const calls = answers.slice(0, ROUNDS);
    expect(calls.map(({ stop_reason }) => stop_reason)).toEqual(calls.map(() => 'tool_use'));
    for (const { tool_calls = [], receipt } of calls) {
      expect(tool_calls.map(({ name }) => name).sort()).toEqual(['convert', 'get_weather']);
      expect(receipt.api).toBe(choice.api);
    }
    const last = answers.at(-1);
    expect(last).toMatchObject({ stop_reason: 'end_turn', thread: { turns: ROUNDS + 1 } });
    expect(last?.text).toContain('tool answered');
    expect(new Set(answers.map(({ thread }) => thread.thread_id)).size).toBe(1);
    // Nothing was said twice and nothing was forgotten: each request carries the whole conversation once.
    const requests = sandbox.record.requests.slice(before);
    const sent = JSON.stringify(requests.at(-1)?.body ?? '');
    for (let round = 1; round < ROUNDS; round += 1)
      expect(sent.split(`Round ${round},`).length, `round ${round}`).toBe(2);
    expect(sent).toContain('weather desk');
  });
});
