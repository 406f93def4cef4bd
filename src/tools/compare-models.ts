/** The same question to several models at once, side by side, with an optional blind judge. */
import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import { compareWaiting } from '../calls/compare/compare-call.ts';
import { defined } from '../defined.ts';
import { defineTool, rareOptions } from './definition/define.ts';
import { readTurn, turnInput } from './input/turn.ts';
import { charactersOf, waitFields, waitOf } from './input/wait.ts';
import { deliver } from './output/deliver.ts';

const TOOL = 'compare_models';
const modelName = z.string().min(1).max(2048);
const usd = z.number().positive().max(1_000_000);

const input = z.strictObject({
  models: z.array(modelName).min(2).max(8).describe('Two to eight'),
  prompt: turnInput.prompt.describe('What all are asked'),
  system: turnInput.system,
  max_tokens: z.int().min(1).max(1_000_000).optional().describe('Each, default 8192'),
  judge: modelName.optional().describe('Model that ranks the answers without seeing names, in both orders'),
  max_cost_usd: usd.optional().describe('For all together'),
  files: turnInput.files,
  criteria: z.string().min(1).max(10_000).optional(),
  temperature: z.number().min(0).max(2).optional(),
  reasoning: z.enum(['off', 'low', 'medium', 'high', 'max']).optional(),
  region: z.string().max(30).optional(),
  timeout_ms: z.int().min(100).max(86_400_000).optional(),
  confirm_cost_usd: usd.optional(),
  ...waitFields,
  options: rareOptions(
    'files, criteria (for the judge), reasoning, region, timeout_ms, wait_seconds, max_output_chars, confirm_cost_usd',
    { temperature: { type: 'number' } },
  ),
});

const output = z.looseObject({
  status: z.string().optional(),
  call_id: z.string(),
  results: z.array(z.looseObject({ model: z.string(), text: z.string().optional() })).optional(),
  judge: z.record(z.string(), z.unknown()).optional(),
  total_cost_usd: z.string().optional(),
});

export const compareModels = defineTool({
  name: TOOL,
  title: 'Compare models',
  description:
    'Ask several Bedrock models the same, in parallel: answers, cost and time side by side. Failures stay in their row. Costs money.',
  input,
  output,
  rare: [
    'files',
    'criteria',
    'temperature',
    'reasoning',
    'region',
    'timeout_ms',
    'confirm_cost_usd',
    'wait_seconds',
    'max_output_chars',
  ],
  longAnswer: true,
  // As invoke_model: it changes nothing but spends money.
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: true },
  run: async (args, context) => {
    const { services } = context;
    const callId = randomUUID();
    const { system, reasoning } = args;
    const request = {
      callId,
      tool: TOOL,
      models: args.models,
      ...defined({
        region: args.region,
        timeoutMs: args.timeout_ms,
        question: args.prompt,
        judge: args.judge,
        criteria: args.criteria,
        maxUsd: args.max_cost_usd,
        confirmedUsd: args.confirm_cost_usd ?? context.confirmedUsd,
      }),
      parts: {
        ...defined({
          system: system === undefined || system === '' ? undefined : [{ text: system }],
          reasoning: reasoning === undefined ? undefined : { effort: reasoning },
        }),
        inferenceConfig: defined({ maxTokens: args.max_tokens, temperature: args.temperature }),
      },
      read: (signal: AbortSignal) => readTurn(args, services, signal, 'prompt or options.files'),
    };
    const state = await compareWaiting(request, waitOf(args), context);
    const { structured, text } = await deliver(callId, state, charactersOf(args, context), services);
    return { structured: { ...structured, call_id: callId }, text };
  },
});
