/**
 * The tools as a door sees them: the list at once, the code when the first call comes. Starting costs what `tools/list`
 * needs and nothing more; hosts start servers that are then not used for hours.
 */
import { BedrockError } from '../bedrock-error.ts';
import type { CallContext } from '../calls/call-context.ts';
import type { Services } from '../calls/services.ts';
import { defined } from '../defined.ts';
import { once } from '../once.ts';
import type { Completion } from '../resources/read-resource.ts';
import type { AnyTool, ToolAnnotations, ToolAnswer } from './definition/tool.ts';
import published from './published.json' with { type: 'json' };

/** One entry of `tools/list`. */
export interface ListedTool {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly inputSchema: { readonly type: 'object'; readonly [key: string]: unknown };
  readonly outputSchema: { readonly type: 'object'; readonly [key: string]: unknown };
  readonly annotations: ToolAnnotations;
  /** Never sent: sets beside `all` that it belongs to. */
  readonly sets?: readonly string[];
  /** Never sent as such: its answers may be longer than hosts expect of a tool. */
  readonly longAnswer?: true;
}

export interface ToolHost {
  /** In alphabetical order. */
  readonly listed: readonly ListedTool[];
  /** @throws BedrockError for everything the reader can act on. The name must be in `listed`. */
  call(name: string, args: unknown, context: RequestContext): Promise<ToolAnswer<Record<string, unknown>>>;
  /** The JSON text of a resource; undefined when there is none of this URI. @throws BedrockError when it cannot be read now. */
  read(uri: string, context: RequestContext): Promise<string | undefined>;
  /** Values that fit what was typed for an argument. */
  complete(argument: string, typed: string, context: RequestContext): Promise<Completion>;
  /** Loads the code before it is needed, when there is time. */
  warm(): void;
}

export type RequestContext = Omit<CallContext, 'services'>;

/** What comes with the first call. */
export interface LoadedTools {
  readonly tools: readonly AnyTool[];
  readonly services: Services;
}

/**
 * Offers the tools of `core`, `all`, or a list of names (which may mix sets and names).
 * @param load brings the code and the services, once, on the first call.
 * @throws BedrockError `config` for a name that is no tool.
 */
export function createToolHost(names: readonly string[], load: () => Promise<LoadedTools>): ToolHost {
  const listed = listedTools(names);
  const ready = once(load);
  return {
    listed,
    async call(name, args, context) {
      const { tools, services } = await ready();
      const tool = tools.find((each) => each.name === name);
      if (tool === undefined) {
        throw new BedrockError('internal', {
          message: `${name} is listed but has no code.`,
          fix: 'Report this as a bug.',
        });
      }
      try {
        return await tool.call(args, { ...context, services });
      } catch (error) {
        throw error instanceof BedrockError ? withOffered(error, listed) : error;
      }
    },
    async read(uri, context) {
      const [{ services }, { readResource }] = await Promise.all([
        ready(),
        import('../resources/read-resource.ts'),
      ]);
      return readResource(uri, { ...context, services });
    },
    async complete(argument, typed, context) {
      const [{ services }, { complete }] = await Promise.all([
        ready(),
        import('../resources/read-resource.ts'),
      ]);
      return complete(argument, typed, { ...context, services });
    },
    warm() {
      ready()
        .then(({ services }) => services.warm())
        // The first call meets the same problem and can tell somebody.
        .catch(() => undefined);
    },
  };
}

/** All tools as they are published; `npm run docs` writes the file from the tools' own definitions, and a test compares. */
export const PUBLISHED: readonly ListedTool[] = published.map(({ sets, longAnswer, ...tool }) => ({
  ...tool,
  ...defined({ sets, longAnswer: longAnswer === true ? (true as const) : undefined }),
  inputSchema: { ...tool.inputSchema, type: 'object' },
  outputSchema: { ...tool.outputSchema, type: 'object' },
}));

/** A fix may lead to a tool that the operator left out; then its reader should not look for it. */
function withOffered(error: BedrockError, listed: readonly ListedTool[]): BedrockError {
  const missing = PUBLISHED.map(({ name }) => name).filter(
    (name) => !listed.some((tool) => tool.name === name) && new RegExp(`\\b${name}\\b`).test(error.fix),
  );
  if (missing.length === 0) return error;
  const fix = `${error.fix} ${missing.sort().join(' and ')} ${missing.length > 1 ? 'are' : 'is'} not offered here (BEDROCK_MCP_TOOLS).`;
  return error.with({ fix });
}

/** @throws BedrockError `config` for a name that is no tool. */
export function listedTools(names: readonly string[]): readonly ListedTool[] {
  const wanted = new Set<string>();
  for (const name of names) {
    const named = PUBLISHED.filter(
      (tool) => name === 'all' || name === tool.name || tool.sets?.includes(name) === true,
    );
    for (const tool of named) wanted.add(tool.name);
    if (named.length === 0) {
      throw new BedrockError('config', {
        message: `BEDROCK_MCP_TOOLS names "${name.slice(0, 64)}", which is no tool.`,
        fix: `Use core, all, or names of: ${PUBLISHED.map((tool) => tool.name).join(', ')}.`,
      });
    }
  }
  return PUBLISHED.filter((tool) => wanted.has(tool.name));
}
