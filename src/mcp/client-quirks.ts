/**
 * What is known of clients beyond the protocol, by the name they give. Data with its source; unknown clients get what is
 * safe everywhere.
 */
import { CLIENT_INFO_META_KEY, type Server, type ServerContext } from '@modelcontextprotocol/server';
import { isJsonObject } from '../json.ts';

export interface ClientTraits {
  /** Characters of text in one reply that reach the model. */
  readonly answerChars?: number;
}

interface Row extends ClientTraits {
  readonly name: RegExp;
}

const ROWS: readonly Row[] = [
  // Claude Code 2.1.330: above 50,000 characters, counted as JSON, a result goes to a file and the model sees 2 kB of it,
  // unless the tool says `anthropic/maxResultSizeChars`, up to 500,000 (measured). Escapes may double what we count here.
  { name: /^claude-code$/i, answerChars: 190_000 },
  // Claude Desktop and claude.ai: about 150,000 characters a result (Anthropic's connector documentation); text and
  // structured answer may both count.
  { name: /^claude(-ai|-desktop)?$/i, answerChars: 60_000 },
];

/** The traits of the client behind a request. */
export function traitsOf(server: Server, ctx: ServerContext): ClientTraits {
  return traitsByName(nameOf(server, ctx));
}

export function traitsByName(name: string | undefined): ClientTraits {
  const row = name === undefined ? undefined : ROWS.find((each) => each.name.test(name));
  if (row === undefined) return {};
  const { name: _, ...traits } = row;
  return traits;
}

/** 2026-era requests say it themselves, older clients said it when they connected. */
export function clientSaid(ctx: ServerContext, key: string, whenItConnected: unknown): unknown {
  const envelope: unknown = ctx.mcpReq.envelope;
  return isJsonObject(envelope) && envelope[key] !== undefined ? envelope[key] : whenItConnected;
}

function nameOf(server: Server, ctx: ServerContext): string | undefined {
  const info = clientSaid(ctx, CLIENT_INFO_META_KEY, server.getClientVersion());
  const name = isJsonObject(info) ? info['name'] : undefined;
  return typeof name === 'string' ? name : undefined;
}

/** Tools whose answers may be long, told to hosts that ask: Claude Code takes up to this many characters from them. */
export const LONG_ANSWER_META = { 'anthropic/maxResultSizeChars': 400_000 };
