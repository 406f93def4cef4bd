/**
 * Asking the person before a dear call, where the client can (elicitation, both eras). The answer counts only for the very
 * call that was asked about: the sealed state that travels through the client names the tool, the arguments and the amount.
 */
import { createHash, randomBytes } from 'node:crypto';
import {
  CLIENT_CAPABILITIES_META_KEY,
  createRequestStateCodec,
  type InputRequiredResult,
  inputRequired,
  inputResponse,
  type Server,
  type ServerContext,
} from '@modelcontextprotocol/server';
import { BedrockError } from '../bedrock-error.ts';
import { isJsonObject } from '../json.ts';
import { clientSaid } from './client-quirks.ts';

const KEY = 'confirm';
const MINUTES_TO_ANSWER = 10;
/** What a person who agrees to an unknown price agrees to. */
const ANY_AMOUNT_USD = 1_000_000;

export interface Confirmation {
  /** For `ServerOptions.requestState`. */
  verify(state: string, ctx: ServerContext): Promise<unknown>;
  /**
   * What the person agreed to spend on this call, USD; undefined when nobody was asked.
   * @throws BedrockError `confirmation_required` when the person declined.
   */
  agreed(tool: string, args: unknown, ctx: ServerContext): number | undefined;
  /**
   * Asks: clients of 2025 at once, and the answer is here; newer ones through a result in place of the error. undefined
   * when this client cannot be asked, or fails at it.
   * @throws BedrockError `confirmation_required` when the person declined.
   */
  ask(
    error: BedrockError,
    tool: string,
    args: unknown,
    server: Server,
    ctx: ServerContext,
  ): Promise<{ readonly agreedUsd: number } | { readonly question: InputRequiredResult } | undefined>;
}

export function createConfirmation(): Confirmation {
  const codec = createRequestStateCodec<unknown>({
    key: randomBytes(32),
    ttlSeconds: MINUTES_TO_ANSWER * 60,
  });
  /** Agreements that were used, and when (ms): each is for one call. */
  const used = new Map<string, number>();
  const isFirstUse = (id: unknown): boolean => {
    const now = performance.now();
    for (const [old, at] of used) if (now - at > MINUTES_TO_ANSWER * 60_000) used.delete(old);
    if (typeof id !== 'string' || used.has(id)) return false;
    used.set(id, now);
    return true;
  };
  return {
    verify: (state, ctx) => codec.verify(state, ctx),
    agreed(tool, args, ctx) {
      const answer = inputResponse(ctx.mcpReq.inputResponses, KEY);
      if (answer.kind !== 'elicit') return undefined;
      const state = ctx.mcpReq.requestState();
      const isThisCall = isJsonObject(state) && state['call'] === fingerprint(tool, args);
      if (!isThisCall) throw declined('The agreement was given for another call.');
      if (answer.action === 'cancel') throw unanswered();
      if (!isAgreement(answer)) throw declined(DECLINED);
      if (!isFirstUse(state['once'])) throw declined('The agreement was for one call, which was made.');
      return Number(state['usd']);
    },
    async ask(error, tool, args, server, ctx) {
      if (!canAsk(server, ctx)) return undefined;
      const usd = error.costUsd === undefined ? ANY_AMOUNT_USD : Number(error.costUsd);
      const question = questionOf(error);
      if (ctx.mcpReq.envelope === undefined) {
        // Left to the SDK, a client that fails at it would answer for us, without the cost and without a next step.
        const answer = await ctx.mcpReq
          .elicitInput(question, {
            timeout: MINUTES_TO_ANSWER * 60_000,
            signal: ctx.mcpReq.signal,
            // Over HTTP it goes where the answer will: a stream beside it is optional.
            relatedRequestId: ctx.mcpReq.id,
          })
          .catch(() => undefined);
        if (answer === undefined) return undefined;
        if (answer.action === 'cancel') throw unanswered(error);
        if (!isAgreement(answer)) throw declined(DECLINED);
        return { agreedUsd: usd };
      }
      const once = randomBytes(12).toString('base64url');
      const requestState = await codec.mint({ call: fingerprint(tool, args), usd, once }, ctx);
      const inputRequests = { [KEY]: inputRequired.elicit(question) };
      return { question: inputRequired({ inputRequests, requestState }) };
    },
  };
}

const DECLINED = 'The person was asked and did not agree to the cost.';

function declined(what: string): BedrockError {
  return new BedrockError('confirmation_required', {
    message: `${what} Nothing was sent.`,
    fix: 'Do not repeat the call as it is; propose a cheaper model, a smaller max_tokens or a shorter input.',
  });
}

/** Hosts that run without a person close the question by themselves (Claude Code with `-p`, seen 2026-11). */
function unanswered(about?: BedrockError): BedrockError {
  const what =
    about?.message ?? 'The call may cost more than this server spends without asking. Nothing was sent.';
  return new BedrockError('confirmation_required', {
    message: `${what} The question about it was closed without an answer.`,
    fix:
      about?.fix ??
      'If the user agrees, call again with options.confirm_cost_usd set to the amount; or lower max_tokens, shorten the input, or choose a cheaper model (estimate_cost).',
    field: 'options.confirm_cost_usd',
  });
}

function isAgreement({ action, content }: { readonly action: string; readonly content?: unknown }): boolean {
  return action === 'accept' && isJsonObject(content) && content[KEY] === true;
}

function questionOf(error: BedrockError) {
  return {
    message: `${error.message} Go on?`,
    requestedSchema: {
      type: 'object' as const,
      properties: {
        [KEY]: {
          type: 'boolean' as const,
          title: 'Spend it',
          description: 'Agree to the cost of this one call',
        },
      },
      required: [KEY],
    },
  };
}

function fingerprint(tool: string, args: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify([tool, args ?? null]))
    .digest('base64url');
}

function canAsk(server: Server, ctx: ServerContext): boolean {
  const capabilities = clientSaid(ctx, CLIENT_CAPABILITIES_META_KEY, server.getClientCapabilities());
  const elicitation: unknown = isJsonObject(capabilities) ? capabilities['elicitation'] : undefined;
  // Before modes existed an empty object meant forms.
  return (
    isJsonObject(elicitation) && (elicitation['form'] !== undefined || Object.keys(elicitation).length === 0)
  );
}
