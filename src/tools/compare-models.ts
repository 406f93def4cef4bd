import { randomUUID } from 'node:crypto';
import { Big } from 'big.js';
import * as z from 'zod';
import { BedrockError } from '../bedrock-error.ts';
import type { Catalog } from '../catalog/models.ts';
import type { InferenceCall } from '../inference/plan.ts';
import { answerText } from './answer-text.ts';
import { askModel } from './ask.ts';
import { judgeBlind, type Verdict } from './blind-judge.ts';
import { callRegion } from './call-region.ts';
import { checkComparison, type PlannedRow, planRows } from './comparison-cost.ts';
import { defineTool, rarely, rareOptions } from './define.ts';
import { deliver } from './deliver.ts';
import { DEFAULT_MAX_TOKENS } from './invoke-model.ts';
import { createLiveText, type LiveText } from './live-text.ts';
import type { Services } from './services.ts';
import { readTurn, turnInput } from './turn-input.ts';
import { charactersOf, rareWait, waitOf } from './wait.ts';

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
  files: rarely(turnInput.files),
  criteria: rarely(z.string().min(1).max(10_000).optional()),
  temperature: rarely(z.number().min(0).max(2).optional()),
  reasoning: rarely(z.enum(['off', 'low', 'medium', 'high', 'max']).optional()),
  region: rarely(z.string().max(30).optional()),
  timeout_ms: rarely(z.int().min(100).max(86_400_000).optional()),
  confirm_cost_usd: rarely(usd.optional()),
  ...rareWait,
  options: rareOptions(
    'files, criteria (for the judge), temperature, reasoning, region, timeout_ms, wait_seconds, max_output_chars, confirm_cost_usd',
  ),
});

const output = z.looseObject({
  status: z.string().optional(),
  call_id: z.string(),
  results: z.array(z.looseObject({ model: z.string(), text: z.string().optional() })).optional(),
  judge: z.record(z.string(), z.unknown()).optional(),
  total_cost_usd: z.string().optional(),
});

type Input = z.output<typeof input>;

/** One row of the answer. */
type Row = { readonly model: string } & Record<string, unknown>;

export const compareModels = defineTool({
  name: TOOL,
  title: 'Compare models',
  description:
    'Ask several Bedrock models the same, in parallel: answers, cost and time side by side. Failures stay in their row. Costs money.',
  input,
  output,
  // As invoke_model: it changes nothing but spends money.
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: true },
  run: async (args, context) => {
    const { services } = context;
    const callId = randomUUID();
    const turn = await readTurn(args, services, context.signal);
    const call = await readCall(args, turn.messages, services);
    const calls = services.calls();
    const rows: LiveRow[] = args.models.map((model) => ({
      model,
      done: undefined,
      live: createLiveText(() => tell()),
    }));
    const total = args.models.length + (args.judge === undefined ? 0 : 1);
    const tell = () => {
      const done = rows.filter((row) => row.done !== undefined).length;
      calls.report(callId, {
        progress: done,
        total,
        message: `${done} of ${rows.length} done; ${told(rows)}`,
      });
    };
    const state = await calls.run(
      {
        callId,
        tool: TOOL,
        model: args.models.join(', '),
        waitMs: waitOf(args, context),
        timeoutMs: call.timeoutMs * (args.judge === undefined ? 1 : 2),
        text: () => told(rows),
        work: async (signal) => {
          const planned = await planRows(args.models, { ...call, signal }, services);
          const confirmed = await checkComparison(
            planned,
            {
              judge: args.judge,
              maxUsd: args.max_cost_usd,
              confirmedUsd: args.confirm_cost_usd ?? context.confirmedUsd,
            },
            { ...call, signal },
            services,
          );
          const results = await Promise.all(
            planned.map((row, at) => askRow(row, { ...call, signal }, confirmed, rows[at], tell, services)),
          );
          const judge =
            args.judge === undefined
              ? undefined
              : await judged(args, args.judge, results, { ...call, signal }, confirmed, services);
          return {
            call_id: callId,
            results,
            ...(judge === undefined ? {} : { judge }),
            ...totals(results, judge),
            ...(turn.notes.length === 0 ? {} : { warnings: turn.notes }),
          };
        },
      },
      context,
    );
    const { structured, text } = await deliver(callId, state, charactersOf(args, context), services);
    return { structured: { call_id: callId, ...structured }, text };
  },
});

interface LiveRow {
  readonly model: string;
  readonly live: LiveText;
  /** How it ended. */
  done: string | undefined;
}

function told(rows: readonly LiveRow[]): string {
  return rows
    .map(
      ({ model, live, done }) =>
        `${model} ${done ?? (live.tokens() === 0 ? 'waits' : `${live.tokens()} tokens`)}`,
    )
    .join(', ');
}

type SharedCall = Omit<InferenceCall, 'asked'>;

async function readCall(
  args: Input,
  messages: SharedCall['request']['messages'],
  services: Services,
): Promise<SharedCall> {
  const [first = ''] = args.models;
  return {
    request: {
      messages,
      ...(args.system === undefined || args.system === '' ? {} : { system: [{ text: args.system }] }),
      inferenceConfig: {
        maxTokens: args.max_tokens ?? DEFAULT_MAX_TOKENS,
        ...(args.temperature === undefined ? {} : { temperature: args.temperature }),
      },
      ...(args.reasoning === undefined ? {} : { reasoning: { effort: args.reasoning } }),
    },
    region: await callRegion(args.region, first, services),
    timeoutMs: args.timeout_ms ?? services.config.timeout,
    idleTimeoutMs: services.config.idle_timeout,
    signal: new AbortController().signal,
  };
}

/** One model's row. Whatever goes wrong stays in it, so that the others are not lost with it. */
async function askRow(
  { model, worst, error }: PlannedRow,
  call: SharedCall,
  isAgreed: boolean,
  live: LiveRow | undefined,
  tell: () => void,
  services: Services,
): Promise<Row> {
  const end = (how: string) => {
    if (live !== undefined) live.done = how;
    tell();
  };
  const callId = randomUUID();
  const started = new Date().toISOString();
  try {
    if (error !== undefined) throw error;
    const agreed =
      worst === undefined || !isAgreed ? undefined : Number(worst.usd ?? Number.MAX_SAFE_INTEGER);
    const { result, receipt } = await askModel(
      {
        callId,
        tool: TOOL,
        call: { ...call, asked: model, ...(live === undefined ? {} : { onDelta: live.live.push }) },
        ...(agreed === undefined ? {} : { confirmedUsd: agreed }),
      },
      services,
    );
    const { model_id, api, usage, cost_usd, duration_ms, warnings } = receipt;
    end('done');
    const row: Row = {
      model,
      model_id,
      api,
      text: answerText(result.content),
      stop_reason: result.stopReasonRaw ?? result.stopReason,
      ...(cost_usd === undefined ? {} : { cost_usd }),
      duration_ms,
      ...(usage === undefined
        ? {}
        : { input_tokens: usage.input_tokens, output_tokens: usage.output_tokens }),
      ...(warnings === undefined ? {} : { warnings }),
      call_id: callId,
    };
    services.calls().finished({ callId, tool: TOOL, model, started }, row);
    return row;
  } catch (cause) {
    if (!(cause instanceof BedrockError)) throw cause;
    end(cause.code === 'cancelled' ? 'cancelled' : 'failed');
    const { code, message, fix, partialText } = cause;
    return {
      model,
      error: { code, message, fix },
      ...(partialText === undefined ? {} : { text: partialText, incomplete: true }),
    };
  }
}

async function judged(
  args: Input,
  judge: string,
  results: readonly Row[],
  { request: _, ...call }: SharedCall,
  isAgreed: boolean,
  services: Services,
): Promise<Verdict | { readonly model: string; readonly error: unknown }> {
  const candidates = results.flatMap(({ model, text, error }) =>
    typeof text === 'string' && error === undefined ? [{ model, text }] : [],
  );
  if (candidates.length < 2) {
    return {
      model: judge,
      error: {
        code: 'invalid_request',
        message: 'Fewer than two models answered, so there is nothing to judge.',
      },
    };
  }
  try {
    return await judgeBlind(
      {
        tool: TOOL,
        question: args.prompt ?? '(a question with files)',
        criteria: args.criteria,
        candidates,
        call: { ...call, asked: judge },
        names: namesOf(args.models, await services.catalog()),
        ...(isAgreed ? { confirmedUsd: Number.MAX_SAFE_INTEGER } : {}),
      },
      services,
    );
  } catch (cause) {
    if (!(cause instanceof BedrockError)) throw cause;
    const { code, message, fix } = cause;
    return { model: judge, error: { code, message, fix } };
  }
}

/** What the compared models and their makers are called: an answer that names its author is not blind. */
function namesOf(models: readonly string[], catalog: Catalog): string[] {
  return models.flatMap((asked) => {
    const model = catalog.byAlias(asked)?.model ?? catalog.get(asked);
    return model === undefined
      ? [asked]
      : [
          asked,
          model.id,
          ...(model.name === undefined ? [] : [model.name]),
          catalog.aliasOf(model.id) ?? asked,
        ];
  });
}

function totals(results: readonly Row[], judge: unknown): Record<string, string> {
  const paid = [
    ...results.filter(({ error }) => error === undefined),
    ...(judge === undefined ? [] : [judge]),
  ];
  const costs = paid.map((each) =>
    typeof each === 'object' && each !== null && 'cost_usd' in each ? String(each.cost_usd) : undefined,
  );
  const known = costs.filter((cost) => cost !== undefined);
  const unknown = costs.length - known.length;
  return {
    ...(known.length === 0
      ? {}
      : { total_cost_usd: known.reduce((sum, cost) => sum.plus(cost), new Big(0)).toFixed() }),
    ...(unknown === 0 ? {} : { cost_note: `The cost of ${unknown} of ${costs.length} calls is not known.` }),
  };
}
