/**
 * Second tries after a 400 that are known to be safe: they change how something is said, never what is asked.
 * Tools and documents are never dropped, input is never shortened, the model is never changed.
 */
import { refusedMember } from '../../../aws/errors/refused-member.ts';
import type { BedrockError } from '../../../bedrock-error.ts';
import type { CodecModel, InferenceRequest } from '../../../messages/types.ts';
import {
  reasoningLeftOut,
  withOwnReasoning,
  withoutReasoning,
} from '../../prepare/rules/reasoning-history.ts';
import { NO_THINKING_FIRST } from '../../prepare/rules/sampling.ts';
import { hasToolHistory } from '../../prepare/rules/tool-choice.ts';
import { separateResults } from '../../prepare/rules/tool-turns/tool-results.ts';
import { appendUserTurn, prependUserTurn } from '../../prepare/rules/turns.ts';
import { requestMember } from '../request-member.ts';
import { healMember } from './repair-member.ts';
import { changed, has, type Refused, type Repair, type Row } from './repair-row.ts';
import { SCHEMA_REPAIRS } from './repair-schema.ts';

/** `exceed the model limit of 4096` and Anthropic's `max_tokens: 9000 > 4096, which is the maximum`. Tokens. */
function outputLimit(said: string): number | undefined {
  const found =
    /maximum tokens.{0,80}limit of (\d{1,9})/.exec(said) ?? /max_tokens: \d{1,9} > (\d{1,9})/.exec(said);
  const limit = Number(found?.[1]);
  return Number.isSafeInteger(limit) && limit > 0 ? limit : undefined;
}

/**
 * Tokens that the context window leaves for the answer, where a refusal names both numbers: Claude's `195000 + 8192 >
 * 200000`, and what vLLM says for open-weight models.
 */
function roomInWindow(said: string): number | undefined {
  const claude = /exceed context limit: (\d{1,9}) \+ \d{1,9} > (\d{1,9})/.exec(said);
  const vllm =
    /maximum context length is (?<window>\d{1,9}) tokens.{0,80}(?:\(|has )(?<input>\d{1,9}) (?:in the messages|input tokens)/.exec(
      said,
    )?.groups;
  const room = Number(claude?.[2] ?? vllm?.['window']) - Number(claude?.[1] ?? vllm?.['input']);
  return Number.isSafeInteger(room) && room > 0 ? room : undefined;
}

/** `sent` may have asked for more than the caller: a usual limit, or one raised above a thinking budget. */
function lowerMaxTokens(request: InferenceRequest, limit: number, sent: InferenceRequest): InferenceRequest {
  const { inferenceConfig, reasoning } = request;
  const asked = sent.inferenceConfig?.maxTokens;
  if (asked !== undefined && asked <= limit) return request;
  const lowered = { ...request, inferenceConfig: { ...inferenceConfig, maxTokens: limit } };
  const budget = sent.reasoning?.budgetTokens;
  if (reasoning === undefined || budget === undefined) return lowered;
  // Thinking must leave room for an answer, or preparing the request would raise max_tokens again.
  const budgetTokens = budget < limit ? budget : Math.floor(limit / 2);
  return { ...lowered, reasoning: { ...reasoning, budgetTokens } };
}

/** After what stands in the table of members: refusals that are about no single one. */
const ROWS: readonly Row[] = [
  {
    // The apostrophe of this message is U+2019 in every recording.
    cause: 'on-demand',
    matches: has("on-demand throughput isn't supported"),
    repair: () => ({
      needsProfile: true,
      warning: 'Bedrock does not serve this model under its bare ID; an inference profile is needed.',
    }),
  },
  {
    cause: 'system-turns',
    matches: (said) =>
      /messages\.\d+\.role: input should be/.test(said) || has('mid-conversation', 'system')(said),
    repair: (request) =>
      request.messages.every(({ role }) => role !== 'system')
        ? undefined
        : {
            request,
            warning: 'The model refused a system message in mid-conversation.',
            learned: { systemTurns: false },
          },
  },
  {
    cause: 'foreign-reasoning',
    matches: (said) =>
      /invalid `signature` in `thinking` block|thinking\.signature: field required/.test(said),
    repair(request, said, { id }) {
      // Of Fable 5.1 on, a block may also be bound to the very conversation (anomalyco/opencode#48637).
      const own = said.includes('bound to a different conversation')
        ? request
        : withOwnReasoning(request, id);
      const left = own === request ? withoutReasoning(request) : own;
      const repair = changed(
        request,
        left,
        'Reasoning of earlier turns was left out where it is not known to be of this model, because the model refused it.',
      );
      return repair && { ...repair, foreignReasoning: reasoningLeftOut(request, left) };
    },
  },
  {
    // Tool rounds that another model made have no thinking of this one in front of them.
    cause: 'thinking-first',
    matches: has('expected `thinking`', 'but found'),
    repair(request) {
      const { reasoning, ...rest } = request;
      return reasoning === undefined ? undefined : changed(request, rest, NO_THINKING_FIRST);
    },
  },
  {
    cause: 'streaming-tools',
    matches: has('tool use in streaming mode'),
    repair: () => ({
      stream: false,
      warning: 'The answer came whole: the model does not stream when it has tools.',
      learned: { streamingTools: false },
    }),
  },
  {
    cause: 'streaming',
    matches: (said) =>
      [
        "doesn't support streaming",
        'does not support streaming',
        'streaming is not supported',
        'unsupported for streaming',
      ].some((words) => said.includes(words)),
    repair: () => ({ stream: false, warning: 'The answer came whole: the model does not stream.' }),
  },
  {
    cause: 'prefill',
    matches: (said) =>
      said.includes('does not support assistant message prefill') ||
      said.includes('conversation must end with a user message') ||
      said.includes('pre-filling the `assistant` response is not supported'),
    repair: (request, said) =>
      request.messages.at(-1)?.role !== 'assistant'
        ? undefined
        : changed(
            request,
            appendUserTurn(request),
            'A user turn was added, because the model does not continue an assistant message.',
            // With tools alone Claude 3 refuses it, so that wording says nothing about the model as such.
            said.includes('when using tools') ? undefined : { prefill: false },
          ),
  },
  {
    cause: 'user-first',
    matches: has('conversation must start with a user message'),
    repair: (request) =>
      request.messages[0]?.role !== 'assistant'
        ? undefined
        : changed(
            request,
            prependUserTurn(request),
            'A user turn was put first, because the model wants the user to begin.',
            { userFirst: true },
          ),
  },
  {
    cause: 'tool-results-alone',
    matches: has('tool result blocks cannot be provided in the same turn'),
    // Also when the request is already apart: preparing it merges turns of the same role until this is learned.
    repair: (request) =>
      !hasToolHistory(request)
        ? undefined
        : {
            request: separateResults(request),
            warning:
              'Tool results were sent in a turn of their own, because the model refused them beside other content.',
            learned: { toolResultAlone: true },
          },
  },
  {
    cause: 'max-tokens',
    matches: (said) => outputLimit(said) !== undefined,
    repair(request, said, _model, sent) {
      const limit = outputLimit(said);
      return limit === undefined
        ? undefined
        : changed(
            request,
            lowerMaxTokens(request, limit, sent),
            `max_tokens was lowered to ${limit}, the most this model writes.`,
            { outputLimit: limit },
          );
    },
  },
  {
    // Only a limit of our own: the caller's is his to change.
    cause: 'context-window',
    matches: (said) => roomInWindow(said) !== undefined,
    repair(request, said, _model, sent) {
      const room = roomInWindow(said);
      const isOurs = request.inferenceConfig?.maxTokens === undefined && request.rawBody === undefined;
      return room === undefined || !isOurs
        ? undefined
        : changed(
            request,
            lowerMaxTokens(request, room, sent),
            `The answer was limited to ${room} tokens, which is what the input leaves of the model's context window.`,
          );
    },
  },
];

/**
 * The safe second try after `error`, or undefined when there is none left. Only 400s count, and failures without a
 * status: Bedrock reports some of the same refusals in the first frame of a stream.
 * `request` is the one to change, `already` the causes that were tried before, `sent` what was refused.
 */
export function repairFor(
  error: BedrockError,
  request: InferenceRequest,
  model: CodecModel,
  already: ReadonlySet<string>,
  sent = request,
): Repair | undefined {
  if (error.awsMessage === undefined) return undefined;
  const said = error.awsMessage.toLowerCase().replaceAll('\u2019', "'");
  // The one refusal of this kind that Bedrock reports as an access problem.
  const isCaching = error.httpStatus === 403 && said.includes('did not allow prompt caching');
  if ((error.httpStatus ?? 400) !== 400 && !isCaching) return undefined;
  const refused = refusedOf(error.awsMessage);
  const byRow = (rows: readonly Row[]): Repair | undefined => {
    for (const { cause, matches, repair } of rows) {
      if (already.has(cause) || !matches(said, refused)) continue;
      const found = repair(request, said, model, sent, refused);
      if (found !== undefined) return { cause, ...found };
    }
    return undefined;
  };
  const byMember = (): Repair | undefined => {
    const cause = `member ${refused?.path.filter((part) => !/^\d+$/.test(part)).join('.')}`;
    if (refused === undefined || already.has(cause)) return undefined;
    const healed = healMember({ request, sent, refused, said, model });
    return healed && { cause, ...healed };
  };
  // What asked for a shape is left first: it comes with members of its own.
  return byRow(SCHEMA_REPAIRS) ?? byMember() ?? byRow(ROWS);
}

function refusedOf(awsMessage: string): Refused | undefined {
  const found = refusedMember(awsMessage);
  return found && { ...found, member: requestMember(found.path) };
}
