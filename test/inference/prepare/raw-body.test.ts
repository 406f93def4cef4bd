import { expect, it } from 'vitest';
import { besideRawBody } from '../../../src/inference/prepare/raw-body.ts';

const prompt = { messages: [{ role: 'user' as const, content: [{ text: 'Hi' }] }] };

it("names what is not sent beside the caller's own body", () => {
  const rawBody = { prompt: 'Hi' };
  expect(besideRawBody(prompt)).toEqual([]);
  expect(besideRawBody({ messages: [], rawBody, inferenceConfig: {} })).toEqual([]);
  expect(
    besideRawBody({
      ...prompt,
      rawBody,
      system: [{ text: 'Be brief.' }],
      inferenceConfig: { temperature: 0 },
      toolConfig: { tools: [] },
      reasoning: { effort: 'high' },
      anthropicBeta: ['b'],
    }),
  ).toEqual([
    'Not sent, because native_body goes as it is: prompt or messages, system, max_tokens or sampling, tools, reasoning, anthropic_beta.',
  ]);
});
