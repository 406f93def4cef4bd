/** Turns a typed tool into one that takes whatever a caller sends: checks first, and says what is wrong in the caller's words. */
import { setMaxListeners } from 'node:events';
import { isDeepStrictEqual } from 'node:util';
import * as z from 'zod';
import { BedrockError } from '../../bedrock-error.ts';
import { isDeeperThan, isJsonObject } from '../../json.ts';
import { argumentWords } from './argument-words.ts';
import { objectIn, readSent } from './as-sent.ts';
import type { AnyTool, Tool } from './tool.ts';

/** No API of Bedrock takes JSON this deep. */
const DEEPEST = 256;

export function defineTool<I extends z.ZodObject, O extends z.ZodObject>(tool: Tool<I, O>): AnyTool {
  const { run, input, rare = [], ...facts } = tool;
  const lifted: ReadonlySet<string> = new Set(rare);
  return {
    ...facts,
    input,
    rare,
    async call(args, context) {
      const opened = withOpenOptions(args ?? {});
      if (isDeeperThan(opened, DEEPEST)) throw tooDeep(tool.name);
      const given = readSent(lift(opened, lifted), input);
      // JSON in text may be as deep as any other.
      if (isDeeperThan(given, DEEPEST)) throw tooDeep(tool.name);
      const parsed = input.safeParse(given, { error: argumentWords });
      if (!parsed.success) throw badArguments(tool.name, Object.keys(input.shape), parsed.error);
      // One call may make many requests (embeddings), each listening for the caller to leave.
      setMaxListeners(0, context.signal);
      return run(parsed.data, context);
    },
  };
}

/** JSON Schemas by the name of the member. */
type Shown = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/**
 * An object that takes more members than it shows. It shows at least one: Gemini refuses a whole list of tools for one
 * object without ("properties: should be non-empty for OBJECT type").
 */
export function publishedObject<T extends z.ZodType>(schema: T, shown: Shown): T {
  return publishedAs(schema, { type: 'object', properties: shown });
}

/**
 * The `options` of a tool whose rare arguments are all there is in it.
 * @param names what a caller reads.
 */
export function rareOptions(names: string, shown: Shown) {
  return publishedObject(
    z.record(z.string(), z.unknown()).refine((left) => Object.keys(left).length === 0, {
      error: ({ input }) =>
        `has unknown members: ${Object.keys(Object(input)).slice(0, 5).join(', ').slice(0, 200)}; known are ${[...Object.keys(shown), names].join(', ')}`,
    }),
    shown,
  )
    .optional()
    .describe(names);
}

/**
 * Takes more than it publishes: some hosts hand schemas to models that know only plain types, so the form that all of them
 * can write is the one that is shown.
 */
export function publishedAs<T extends z.ZodType>(schema: T, shown: Readonly<Record<string, unknown>>): T {
  shownForms.add(schema, shown);
  return schema;
}

const shownForms = z.registry<Readonly<Record<string, unknown>>>();

/** The form to publish; undefined = the schema's own. */
export function shownForm(schema: z.core.$ZodType): Readonly<Record<string, unknown>> | undefined {
  return shownForms.get(schema);
}

/** `options` may be JSON in text, and what stands in it belongs to the others. */
function withOpenOptions(args: unknown): unknown {
  if (!isJsonObject(args) || typeof args['options'] !== 'string') return args;
  return { ...args, options: objectIn(args['options']) };
}

/**
 * Brings rare arguments out of `options`; what stands there otherwise is the tool's own business.
 * @throws BedrockError `invalid_request` for one that is given in both places, and not as the same.
 */
function lift(args: unknown, rare: ReadonlySet<string>): unknown {
  if (!isJsonObject(args) || !isJsonObject(args['options'])) return args;
  const { options, ...lifted } = args;
  const own: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(options)) {
    if (!rare.has(name)) own[name] = value;
    else if (args[name] === undefined || isDeepStrictEqual(args[name], value)) lifted[name] = value;
    else throw givenTwice(name);
  }
  return Object.keys(own).length === 0 ? lifted : { ...lifted, options: own };
}

function givenTwice(name: string): BedrockError {
  return new BedrockError('invalid_request', {
    message: `${name} and options.${name} say different things.`,
    fix: 'Give one of them.',
    field: `options.${name}`,
  });
}

function tooDeep(toolName: string): BedrockError {
  return new BedrockError('invalid_request', {
    message: `${toolName}: the arguments are nested deeper than ${DEEPEST} levels.`,
    fix: 'Flatten them.',
  });
}

/** Names the field, what is wrong with it, and for unknown names what is expected. */
export function badArguments(toolName: string, known: readonly string[], error: z.ZodError): BedrockError {
  const issues = withoutFollowers(error.issues);
  const problems = issues.slice(0, 5).map((issue) => describe(issue));
  const more = issues.length > 5 ? ` (and ${issues.length - 5} more)` : '';
  const unknown = issues.some((issue) => issue.code === 'unrecognized_keys' && issue.path.length === 0);
  const first = issues[0];
  const field = first === undefined ? undefined : pathOf(first.path);
  return new BedrockError('invalid_request', {
    message: `${toolName}: ${problems.join('; ')}${more}.`,
    fix: unknown ? `Arguments are: ${known.join(', ')}.` : 'Correct the argument and call again.',
    ...(field === undefined || field === '' ? {} : { field }),
  });
}

/** Of a value of the wrong type zod checks the limits all the same: a text is "too long" where a list is expected. */
function withoutFollowers(issues: readonly z.core.$ZodIssue[]): readonly z.core.$ZodIssue[] {
  const mistyped = new Set(
    issues.filter(({ code }) => code === 'invalid_type').map(({ path }) => pathOf(path)),
  );
  return issues.filter(({ code, path }) => code === 'invalid_type' || !mistyped.has(pathOf(path)));
}

function describe(issue: z.core.$ZodIssue): string {
  const at = pathOf(issue.path);
  if (issue.code === 'unrecognized_keys') {
    const names = issue.keys
      .slice(0, 5)
      .map((key) => `"${key.slice(0, 64)}"`)
      .join(', ');
    return `${at === '' ? '' : `${at}: `}unknown argument ${names}`;
  }
  return `${at === '' ? 'arguments' : at}: ${issue.message.slice(0, 200)}`;
}

/** `['messages', 0, 'content']` -> `messages[0].content`. */
export function pathOf(path: readonly PropertyKey[]): string {
  let out = '';
  for (const part of path)
    out += typeof part === 'number' ? `[${part}]` : `${out === '' ? '' : '.'}${String(part).slice(0, 64)}`;
  return out;
}
