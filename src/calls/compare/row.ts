/** One model's row of a comparison. Whatever goes wrong stays in it, so that the others are not lost with it. */
import { randomUUID } from 'node:crypto';
import { asBedrockError, BedrockError } from '../../bedrock-error.ts';
import { defined } from '../../defined.ts';
import { mappedStack } from '../../mapped-stack.ts';
import { shownStopReason } from '../../messages/answer-notes.ts';
import { answerText } from '../../messages/answer-text.ts';
import type { StreamDelta } from '../../messages/types.ts';
import type { ComparisonRow, ShownError } from '../answer.ts';
import { type Costs, createMeter } from '../call-cost.ts';
import type { Services } from '../services.ts';
import { askModel, comparable } from '../text/billed-call.ts';
import type { ComparedModel, PlannedRow } from './plan.ts';

export interface RowOutcome {
  readonly compared: ComparedModel;
  readonly row: ComparisonRow;
  readonly costs: Costs;
  /** Absent when it answered. */
  readonly error?: BedrockError;
  /** The part of an answer that had arrived before it failed. */
  readonly partialText?: string;
  /** Under which the rest of a long text can be had; absent when there is no text. */
  readonly callId?: string;
}

export interface RowOptions {
  /** For the ledger. */
  readonly tool: string;
  /** USD that somebody agreed to spend. */
  readonly confirmedUsd: number | undefined;
  onDelta(delta: StreamDelta): void;
}

/** Asks one model. Never rejects. */
export async function askRow(
  planned: PlannedRow,
  { tool, confirmedUsd, onDelta }: RowOptions,
  services: Services,
): Promise<RowOutcome> {
  const { model, sample, name, call } = planned;
  const head = { model, ...defined({ sample }) };
  const compared: ComparedModel = { ...head, name };
  const callId = randomUUID();
  const started = new Date().toISOString();
  const meter = createMeter();
  const keep = (row: ComparisonRow) => services.calls().finished({ callId, tool, model, started }, row);
  try {
    if (call === undefined) throw planned.error;
    const { result, receipt } = comparable(
      await askModel(
        {
          callId,
          tool,
          call: { ...call, onDelta },
          meter,
          ...defined({ confirmedUsd }),
        },
        services,
      ),
    );
    const { model_id, api, usage, cost_usd, cost_note, duration_ms, warnings } = receipt;
    const row = {
      ...head,
      model_id,
      api,
      text: answerText(result.content),
      stop_reason: shownStopReason(result),
      ...defined({ cost_usd, cost_note, duration_ms }),
      ...defined({ input_tokens: usage?.input_tokens, output_tokens: usage?.output_tokens, warnings }),
      call_id: callId,
    };
    keep(row);
    return { compared, row, costs: meter.costs(), callId };
  } catch (cause) {
    const error = failureOf(cause, services);
    const { partialText } = error;
    const costs = meter.costs();
    const row = {
      ...head,
      error: shownError(error),
      ...(costs.usd === undefined || Number(costs.usd) === 0 ? {} : { cost_usd: costs.usd }),
      ...(partialText === undefined ? {} : { text: partialText, incomplete: true, call_id: callId }),
    };
    if (partialText === undefined) return { compared, row, costs, error };
    keep(row);
    return { compared, row, costs, error, partialText, callId };
  }
}

/** What one part of a comparison failed with. A bug in one part must not take the others along, so it is an error like others. */
export function failureOf(cause: unknown, { log }: Pick<Services, 'log'>): BedrockError {
  if (!(cause instanceof BedrockError))
    log.error('A part of a comparison failed in a way that was not foreseen.', { error: mappedStack(cause) });
  return asBedrockError(cause);
}

/** An error as a part of an answer. */
export function shownError({ code, message, fix, requestId }: BedrockError): ShownError {
  return { code, message, fix, ...defined({ request_id: requestId }) };
}

/** The text of a tool error has room for so much of the reasons, and of what to do. */
const MOST_REASON_CHARACTERS = 590;
const MOST_NAME_CHARACTERS = 40;

/** When no model answered: one error that names each reason, with what had arrived and what it cost. */
export function noneAnswered(rows: readonly RowOutcome[], { usd }: Costs): BedrockError | undefined {
  const errors = rows.flatMap(({ compared, error, partialText }) =>
    error === undefined ? [] : [{ name: compared.name, error, partialText }],
  );
  const [first] = errors;
  if (first === undefined || errors.length < rows.length) return undefined;
  const share = Math.floor(MOST_REASON_CHARACTERS / errors.length);
  const reasonOf = ({ error }: (typeof errors)[number]) => `${error.code}, ${error.message}`;
  // What holds for all of them, such as a closed account, is told once.
  const isShared = errors.length > 1 && errors.every((each) => reasonOf(each) === reasonOf(first));
  const reasons = errors.map((each) =>
    cut(`${cut(each.name, MOST_NAME_CHARACTERS)}: ${reasonOf(each)}`, share),
  );
  const told = isShared ? `All of them: ${cut(reasonOf(first), MOST_REASON_CHARACTERS)}` : reasons.join(' ');
  const fixes = new Set(errors.map(({ error }) => error.fix));
  const partial = errors.flatMap(({ name, partialText }) =>
    partialText === undefined ? [] : [`## ${name} (incomplete)\n${partialText}`],
  );
  const cost = usd === undefined || Number(usd) === 0 ? '' : ` It cost ${usd} USD.`;
  return new BedrockError(first.error.code, {
    message: `None of the models answered.${cost} ${told}`,
    fix:
      fixes.size === 1
        ? first.error.fix
        : errors
            .map(({ name, error }) => cut(`${cut(name, MOST_NAME_CHARACTERS)}: ${error.fix}`, share))
            .join(' '),
    retryable: errors.some(({ error }) => error.retryable),
    ...(partial.length === 0 ? {} : { partialText: partial.join('\n\n') }),
    cause: first.error,
  });
}

function cut(text: string, characters: number): string {
  return text.length <= characters ? text : `${text.slice(0, characters - 1)}…`;
}
