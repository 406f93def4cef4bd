/** The same question to several models at once: planned and checked together, asked in parallel, judged where that is wanted. */
import { defined } from '../../defined.ts';
import type { CallAnswer } from '../answer.ts';
import type { CallContext } from '../call-context.ts';
import { allCosts, type Costs } from '../call-cost.ts';
import { callRegion } from '../call-region.ts';
import type { Collected } from '../detached/call-state.ts';
import type { Services } from '../services.ts';
import { DEFAULT_MAX_TOKENS } from '../text/request.ts';
import { judgeRows } from './judge-rows.ts';
import { checkComparison, type PlannedRow, planJudge, planRows, type SharedCall, tellApart } from './plan.ts';
import { type ComparisonBoard, createComparisonBoard } from './progress.ts';
import type { ComparisonRequest, QuestionRead } from './request.ts';
import { askRow, noneAnswered, type RowOutcome } from './row.ts';

/**
 * Asks all, and waits for `waitMs`; then it goes on by itself and can be collected under its ID.
 * @throws BedrockError about the Region; what the comparison failed with is in its state.
 */
export async function compareWaiting(
  request: ComparisonRequest,
  waitMs: number,
  context: CallContext,
): Promise<Collected> {
  const { services } = context;
  const { callId, tool, models, judge } = request;
  const wanted = request.region?.trim() ?? '';
  const region = wanted === '' ? undefined : await callRegion(wanted, '', services);
  const calls = services.calls();
  const board = createComparisonBoard(tellApart(models), judge, (update) => calls.report(callId, update));
  const timeoutMs = request.timeoutMs ?? services.config.timeout;
  const job = {
    callId,
    tool,
    model: models.join(', '),
    waitMs,
    timeoutMs: timeoutMs * (judge === undefined ? 1 : 2),
    text: board.text,
    soFar: board.soFar,
    work: (signal: AbortSignal) => compare({ ...request, ...defined({ region }) }, board, signal, services),
  };
  return calls.run(job, context);
}

async function compare(
  request: ComparisonRequest,
  board: ComparisonBoard,
  signal: AbortSignal,
  services: Services,
): Promise<CallAnswer> {
  const { callId, models, region } = request;
  // Files may be slow to come: their reading is part of what is waited for.
  const question = await request.read(signal);
  const call = sharedCall(request, question, signal, services);
  const planned = await planRows(tellApart(models), call, region, services);
  const judge = await judgeOf(request, question, planned, call, services);
  const { maxUsd, confirmedUsd } = request;
  const most = planned.flatMap(({ worst }) => (worst === undefined ? [] : [worst.usd]));
  checkComparison(
    judge === undefined ? most : [...most, judge.atMostUsd],
    { maxUsd, confirmedUsd, models: request.models, judge: request.judge },
    services,
  );
  const rows = await askAll(planned, request, board, services);
  const costs = allCosts(rows.map((row) => row.costs));
  const failure = noneAnswered(rows, costs);
  if (failure !== undefined) throw failure;
  const judged =
    judge === undefined
      ? undefined
      : await judgeRows({ request, question, planned, rows }, judge, board, services);
  return {
    call_id: callId,
    results: rows.map(({ row }) => row),
    ...defined({ judge: judged?.judgement }),
    ...totals(judged === undefined ? costs : allCosts([costs, judged.costs])),
    ...(question.notes.length === 0 ? {} : { warnings: [...question.notes] }),
  };
}

function sharedCall(
  { parts, timeoutMs }: ComparisonRequest,
  { messages }: QuestionRead,
  signal: AbortSignal,
  { config }: Pick<Services, 'config'>,
): SharedCall {
  return {
    request: { messages, ...parts },
    defaultMaxTokens: DEFAULT_MAX_TOKENS,
    // A row or a verdict of another model than the one it is shown under would compare what nobody wanted.
    fallbacks: false,
    timeoutMs: timeoutMs ?? config.timeout,
    idleTimeoutMs: config.idle_timeout,
    signal,
  };
}

async function judgeOf(
  { judge: model, criteria, region }: ComparisonRequest,
  { files }: QuestionRead,
  planned: readonly PlannedRow[],
  call: SharedCall,
  services: Services,
) {
  if (model === undefined || planned.every((row) => row.call === undefined)) return undefined;
  return planJudge({ model, criteria, files }, planned, call, region, services);
}

async function askAll(
  planned: readonly PlannedRow[],
  { tool, confirmedUsd }: ComparisonRequest,
  board: ComparisonBoard,
  services: Services,
): Promise<readonly RowOutcome[]> {
  return Promise.all(
    planned.map(async (row, at) => {
      const done = await askRow(row, { tool, confirmedUsd, onDelta: board.deltaOf(at) }, services);
      board.ended(at, done);
      return done;
    }),
  );
}

function totals({ usd, calls, unknown }: Costs) {
  const note = unknown === 0 ? undefined : `The cost of ${unknown} of ${calls} calls is not known.`;
  return defined({ total_cost_usd: usd, cost_note: note });
}
