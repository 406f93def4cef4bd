/** The same question to several models at once, side by side, with an optional blind judge. */
import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import { cancelledError } from '../aws/errors/errors.ts';
import { BedrockError } from '../bedrock-error.ts';
import { callRegion } from '../calls/call-region.ts';
import { judgeBlind } from '../calls/compare/blind-judge.ts';
import { maskNames } from '../calls/compare/mask-model-names.ts';
import {
  checkComparison,
  type PlannedJudge,
  type PlannedRow,
  planJudge,
  planRows,
  type SharedCall,
  tellApart,
} from '../calls/compare/plan.ts';
import { type ComparisonBoard, createComparisonBoard } from '../calls/compare/progress.ts';
import { askRow, failureOf, noneAnswered, type RowAsked, shownError } from '../calls/compare/row.ts';
import { allCosts, type Costs, createMeter } from '../calls/cost-meter.ts';
import type { Services } from '../calls/services.ts';
import { defineTool, rareOptions } from './definition/define.ts';
import { readTurn, type TurnWithFiles, turnInput } from './input/turn.ts';
import { charactersOf, waitFields, waitOf } from './input/wait.ts';
import { DEFAULT_MAX_TOKENS } from './invoke-model.ts';
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

type Input = z.output<typeof input>;

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
    const wanted = args.region?.trim() ?? '';
    const region = wanted === '' ? undefined : await callRegion(wanted, '', services);
    const calls = services.calls();
    const asked = tellApart(args.models);
    const board = createComparisonBoard(asked, args.judge, (update) => calls.report(callId, update));
    const confirmedUsd = args.confirm_cost_usd ?? context.confirmedUsd;
    const state = await calls.run(
      {
        callId,
        tool: TOOL,
        model: args.models.join(', '),
        waitMs: waitOf(args),
        timeoutMs: timeoutOf(args, services) * (args.judge === undefined ? 1 : 2),
        text: board.text,
        soFar: board.soFar,
        work: async (signal) => {
          // Files may be slow to come: their reading is part of what is waited for.
          const turn = await readTurn(args, services, signal, 'prompt or options.files');
          const call = { ...readCall(args, turn, services), signal };
          const planned = await planRows(asked, call, region, services);
          const judge =
            args.judge === undefined || planned.every((row) => row.call === undefined)
              ? undefined
              : await planJudge(
                  { model: args.judge, criteria: args.criteria, files: turn.files },
                  planned,
                  call,
                  region,
                  services,
                );
          checkComparison(
            [
              ...planned.flatMap(({ worst }) => (worst === undefined ? [] : [worst.usd])),
              ...(judge === undefined ? [] : [judge.atMostUsd]),
            ],
            { maxUsd: args.max_cost_usd, confirmedUsd },
            services,
          );
          const rows = await Promise.all(
            planned.map(async (row, at) => {
              const options = { tool: TOOL, confirmedUsd, onDelta: board.deltaOf(at) };
              const done = await askRow(row, options, services);
              board.ended(at, done);
              return done;
            }),
          );
          const costs = allCosts(rows.map((row) => row.costs));
          const failure = noneAnswered(rows, costs);
          if (failure !== undefined) throw failure;
          const judged =
            judge === undefined
              ? undefined
              : await judgeRows({ rows, planned }, judge, { args, turn, confirmedUsd }, board, services);
          return {
            call_id: callId,
            results: rows.map(({ row }) => row),
            ...(judged === undefined ? {} : { judge: judged.verdict }),
            ...totals(allCosts([costs, ...(judged === undefined ? [] : [judged.costs])])),
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

/** ms, for one answer. */
function timeoutOf({ timeout_ms }: Input, { config }: Services): number {
  return timeout_ms ?? config.timeout;
}

function readCall(args: Input, { messages }: TurnWithFiles, services: Services): SharedCall {
  return {
    request: {
      messages,
      ...(args.system === undefined || args.system === '' ? {} : { system: [{ text: args.system }] }),
      inferenceConfig: {
        ...(args.max_tokens === undefined ? {} : { maxTokens: args.max_tokens }),
        ...(args.temperature === undefined ? {} : { temperature: args.temperature }),
      },
      ...(args.reasoning === undefined ? {} : { reasoning: { effort: args.reasoning } }),
    },
    defaultMaxTokens: DEFAULT_MAX_TOKENS,
    // A row or a verdict of another model than the one it stands under would compare what nobody wanted.
    fallbacks: false,
    timeoutMs: timeoutOf(args, services),
    idleTimeoutMs: services.config.idle_timeout,
    signal: new AbortController().signal,
  };
}

interface Compared {
  readonly rows: readonly RowAsked[];
  readonly planned: readonly PlannedRow[];
}

interface Question {
  readonly args: Input;
  readonly turn: TurnWithFiles;
  readonly confirmedUsd: number | undefined;
}

/** What the judge says, or why it says nothing: the answers stand without it. */
async function judgeRows(
  { rows, planned }: Compared,
  { call, modelId }: PlannedJudge,
  { args, turn, confirmedUsd }: Question,
  board: ComparisonBoard,
  services: Services,
): Promise<{ readonly verdict: Record<string, unknown>; readonly costs: Costs }> {
  const meter = createMeter();
  const names = maskNames(
    rows.map(({ asking: { model }, row: { model_id } }, at) => ({
      asked: model,
      called: [planned[at]?.modelId, model_id].filter((id) => typeof id === 'string'),
    })),
    await services.catalog(),
    questionOf({ args, turn }),
  );
  const warnings = [
    ...(planned.some((row) => row.modelId === modelId)
      ? [`The judge ${call.asked} is one of the models compared; models favour their own answers.`]
      : []),
    ...(names.said.length === 0
      ? []
      : [`What was asked names ${names.said.join(', ')}, so these names were not hidden from the judge.`]),
  ];
  const said = (verdict: Record<string, unknown>) => {
    const costs = meter.costs();
    const paid = costs.usd === undefined || costs.unknown > 0 ? {} : { cost_usd: costs.usd };
    const noted = warnings.length === 0 ? {} : { warnings };
    return { verdict: { model: call.asked, ...verdict, ...paid, ...noted }, costs };
  };
  try {
    const candidates = rows.flatMap(({ asking: { name }, row: { text }, error }) =>
      typeof text === 'string' && error === undefined ? [{ name, text }] : [],
    );
    if (call.signal.aborted) throw cancelledError('Judging');
    if (candidates.length < 2) throw nothingToJudge();
    board.judges('reads the answers');
    const verdict = await judgeBlind(
      {
        tool: TOOL,
        question: args.prompt ?? '(it stands in what was given)',
        system: args.system === '' ? undefined : args.system,
        files: turn.files,
        criteria: args.criteria,
        candidates,
        call,
        names,
        confirmedUsd,
        meter,
      },
      services,
    );
    board.judges('done');
    return said({ ...verdict });
  } catch (cause) {
    board.judges('failed');
    return said({ error: shownError(failureOf(cause, services)) });
  }
}

/** Everything that the answers may take up: what was asked, with what, and what the judge is to look at. */
function questionOf({ args, turn }: Pick<Question, 'args' | 'turn'>): string {
  const texts = turn.files.flatMap((block) => ('text' in block ? [block.text] : []));
  return [args.prompt, args.criteria, ...texts].join('\n');
}

function nothingToJudge(): BedrockError {
  return new BedrockError('invalid_request', {
    message: 'Fewer than two models answered, so there is nothing to judge.',
    fix: 'See the errors of the others.',
  });
}

function totals({ usd, calls, unknown }: Costs): Record<string, string> {
  return {
    ...(usd === undefined ? {} : { total_cost_usd: usd }),
    ...(unknown === 0 ? {} : { cost_note: `The cost of ${unknown} of ${calls} calls is not known.` }),
  };
}
