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
import { clientSaid } from './client-traits.ts';

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
  /** The question in place of the error; undefined when this client cannot be asked. */
  ask(
    error: BedrockError,
    tool: string,
    args: unknown,
    server: Server,
    ctx: ServerContext,
  ): Promise<InputRequiredResult | undefined>;
}

export function createConfirmation(): Confirmation {
  const codec = createRequestStateCodec<unknown>({
    key: randomBytes(32),
    ttlSeconds: MINUTES_TO_ANSWER * 60,
  });
  return {
    verify: (state, ctx) => codec.verify(state, ctx),
    agreed(tool, args, ctx) {
      const answer = inputResponse(ctx.mcpReq.inputResponses, KEY);
      if (answer.kind !== 'elicit') return undefined;
      const state = ctx.mcpReq.requestState();
      const isThisCall = isJsonObject(state) && state['call'] === fingerprint(tool, args);
      if (isThisCall && answer.action === 'accept' && answer.content?.[KEY] === true)
        return Number(state['usd']);
      throw new BedrockError('confirmation_required', {
        message: isThisCall
          ? 'The person was asked and did not agree to the cost. Nothing was sent.'
          : 'The agreement was given for another call. Nothing was sent.',
        fix: 'Do not repeat the call as it is; propose a cheaper model, a smaller max_tokens or a shorter input.',
      });
    },
    async ask(error, tool, args, server, ctx) {
      if (!canAsk(server, ctx)) return undefined;
      const usd = error.costUsd === undefined ? ANY_AMOUNT_USD : Number(error.costUsd);
      return inputRequired({
        inputRequests: {
          [KEY]: inputRequired.elicit({
            message: `${error.message} Go on?`,
            requestedSchema: {
              type: 'object',
              properties: {
                [KEY]: {
                  type: 'boolean',
                  title: 'Spend it',
                  description: 'Agree to the cost of this one call',
                },
              },
              required: [KEY],
            },
          }),
        },
        requestState: await codec.mint({ call: fingerprint(tool, args), usd }, ctx),
      });
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
