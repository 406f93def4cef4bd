/** The judge of a comparison: what it says, or why it says nothing; the answers are there without it. */
import { cancelledError } from '../../aws/errors/errors.ts';
import { BedrockError } from '../../bedrock-error.ts';
import { defined } from '../../defined.ts';
import type { Judgement } from '../answer.ts';
import { type Costs, createMeter } from '../call-cost.ts';
import type { Services } from '../services.ts';
import { judgeBlind } from './blind-judge.ts';
import { maskNames, type NameMask } from './mask-model-names.ts';
import type { PlannedJudge, PlannedRow } from './plan.ts';
import type { ComparisonBoard } from './progress.ts';
import type { ComparisonRequest, QuestionRead } from './request.ts';
import { failureOf, type RowOutcome, shownError } from './row.ts';

export interface Compared {
  readonly request: ComparisonRequest;
  readonly question: QuestionRead;
  readonly planned: readonly PlannedRow[];
  readonly rows: readonly RowOutcome[];
}

/** Never rejects. */
export async function judgeRows(
  compared: Compared,
  judge: PlannedJudge,
  board: ComparisonBoard,
  services: Services,
): Promise<{ readonly judgement: Judgement; readonly costs: Costs }> {
  const meter = createMeter();
  const names = await namesIn(compared, services);
  const verdict = await verdictOf(compared, judge, names, meter, board, services);
  const warnings = warningsOf(compared, judge, names);
  const costs = meter.costs();
  const judgement = {
    model: judge.call.asked,
    ...verdict,
    ...defined({
      cost_usd: costs.unknown > 0 ? undefined : costs.usd,
      warnings: warnings.length === 0 ? undefined : warnings,
    }),
  };
  return { judgement, costs };
}

async function verdictOf(
  { request, question, rows }: Compared,
  { call }: PlannedJudge,
  names: NameMask,
  meter: ReturnType<typeof createMeter>,
  board: ComparisonBoard,
  services: Services,
): Promise<Omit<Judgement, 'model'>> {
  try {
    const candidates = rows.flatMap(({ compared: { name }, row: { text }, error }) =>
      text !== undefined && error === undefined ? [{ name, text }] : [],
    );
    if (call.signal.aborted) throw cancelledError('Judging');
    if (candidates.length < 2) throw nothingToJudge();
    board.judges('reads the answers');
    const verdict = await judgeBlind(
      {
        tool: request.tool,
        question: request.question ?? '(it stands in what was given)',
        system: request.parts.system?.flatMap((block) => ('text' in block ? [block.text] : [])).join('\n'),
        files: question.files,
        criteria: request.criteria,
        candidates,
        call,
        names,
        confirmedUsd: request.confirmedUsd,
        meter,
      },
      services,
    );
    board.judges('done');
    return verdict;
  } catch (cause) {
    board.judges('failed');
    return { error: shownError(failureOf(cause, services)) };
  }
}

async function namesIn(
  { request, question, planned, rows }: Compared,
  services: Services,
): Promise<NameMask> {
  // Everything that the answers may take up: what was asked, with what, and what the judge is to look at.
  const texts = question.files.flatMap((block) => ('text' in block ? [block.text] : []));
  return maskNames(
    rows.map(({ compared: { model }, row: { model_id } }, at) => ({
      requested: model,
      called: [planned[at]?.modelId, model_id].filter((id) => id !== undefined),
    })),
    await services.catalog(),
    [request.question, request.criteria, ...texts].join('\n'),
  );
}

function warningsOf(
  { planned }: Compared,
  { call, modelId }: PlannedJudge,
  { inQuestion }: NameMask,
): string[] {
  return [
    ...(planned.some((row) => row.modelId === modelId)
      ? [`The judge ${call.asked} is one of the models compared; models favour their own answers.`]
      : []),
    ...(inQuestion.length === 0
      ? []
      : [`What was asked names ${inQuestion.join(', ')}, so these names were not hidden from the judge.`]),
  ];
}

function nothingToJudge(): BedrockError {
  return new BedrockError('invalid_request', {
    message: 'Fewer than two models answered, so there is nothing to judge.',
    fix: 'See the errors of the others.',
  });
}
