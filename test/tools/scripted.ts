/** Bedrock with answers written beforehand, for what no sandbox model would say. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { CallLimits } from '../../src/aws/types.ts';
import type { BilledRequest } from '../../src/calls/billing.ts';
import {
  askForShape,
  readResponseSchema,
  type ShapedAnswer,
} from '../../src/calls/structured/ask-for-json.ts';
import type { JsonObject, JsonValue } from '../../src/json.ts';
import { prompt } from './shapes.ts';
import type { Bench } from './with-sandbox.ts';

export interface ScriptedAnswer {
  readonly said?: string;
  /** Input of a tool call. */
  readonly call?: JsonValue;
  readonly stopReason?: string;
  /** ms until it begins. */
  readonly after?: number;
  /** Other members of Converse's output. */
  readonly more?: JsonObject;
}

export interface Scripted {
  readonly services: Bench['services'];
  /** What was sent, and with which limits. */
  readonly sent: { readonly input: JsonObject; readonly limits: CallLimits }[];
}

/** Bedrock with these answers, one after the other. */
export async function scripted(on: Bench, ...answers: readonly ScriptedAnswer[]): Promise<Scripted> {
  const deps = await on.services.inference();
  const sent: { input: JsonObject; limits: CallLimits }[] = [];
  const next = async ({ input }: { input: Readonly<Record<string, unknown>> }, limits: CallLimits) => {
    const answer = answers[sent.length] ?? {};
    sent.push({ input: JSON.parse(JSON.stringify(input)), limits });
    const { said, call, stopReason = call === undefined ? 'end_turn' : 'tool_use', more, after = 0 } = answer;
    if (after > 0) await sleep(after);
    const toolUse = { toolUseId: 'id', name: 'answer', input: call };
    const content = [
      ...(said === undefined ? [] : [{ text: said }]),
      ...(call === undefined ? [] : [{ toolUse }]),
    ];
    return { content, stopReason, usage: { inputTokens: 100, outputTokens: 10 }, ...more };
  };
  const runtime = {
    ...deps.runtime,
    converse: async (call: { input: Readonly<Record<string, unknown>> }, limits: CallLimits) => {
      const { content, ...rest } = await next(call, limits);
      return { output: { output: { message: { role: 'assistant', content } }, ...rest }, headers: {} };
    },
    converseStream: async (call: { input: Readonly<Record<string, unknown>> }, limits: CallLimits) => ({
      events: events(await next(call, limits)),
      headers: {},
    }),
  };
  return { services: { ...on.services, inference: async () => ({ ...deps, runtime }) }, sent };
}

/** A text as ConverseStream tells it. */
async function* events({ content, stopReason, ...more }: Streamed): AsyncGenerator<unknown> {
  yield { messageStart: { role: 'assistant' } };
  for (const [contentBlockIndex, block] of content.entries())
    if ('text' in block) yield { contentBlockDelta: { contentBlockIndex, delta: { text: block.text } } };
  const { additionalModelResponseFields, ...metadata } = more;
  yield { messageStop: { stopReason, additionalModelResponseFields } };
  yield { metadata };
}

interface Streamed {
  readonly content: readonly ({ readonly text: string } | { readonly toolUse: unknown })[];
  readonly stopReason: string;
  readonly additionalModelResponseFields?: unknown;
}

/** A whole answer asked for over Converse. */
export const asking = (more: Partial<BilledRequest['call']> = {}): BilledRequest => ({
  callId: '00000000-0000-4000-8000-000000000000',
  tool: 'invoke_model',
  call: {
    asked: 'nova-lite',
    request: { messages: [{ role: 'user', content: [{ text: prompt }] }] },
    region: 'us-east-1',
    stream: false,
    defaultMaxTokens: 100,
    timeoutMs: 60_000,
    idleTimeoutMs: 60_000,
    signal: new AbortController().signal,
    ...more,
  },
});

export async function askShaped(
  schema: JsonObject,
  services: Bench['services'],
  ask = asking(),
): Promise<ShapedAnswer> {
  const shape = await readResponseSchema(schema);
  const request = { ...ask.call.request, outputSchema: shape.outputSchema };
  return askForShape({ ...ask, call: { ...ask.call, request } }, shape, services);
}
