/** The names of tools: how they are sent, and what models make of them. */
import type { InferenceRequest, Tool } from '../../../messages/types.ts';
import { type Renames, shortHash } from './renames.ts';
import { flatMapBlocks, mapContent, quoted, type Rule, type RuleContext } from './rule.ts';

interface NameForm {
  readonly accepts: RegExp;
  readonly because: string;
  /** A name near the original, tried first. */
  near?(name: string): string;
}

/** botocore's pattern for ToolSpecification.name. */
const ANY: NameForm = { accepts: /^[a-zA-Z0-9_-]{1,64}$/, because: 'Bedrock does not accept its name' };

const BY_FAMILY: ReadonlyMap<string, NameForm> = new Map([
  [
    'nova',
    {
      // With a hyphen in the name Nova answers "Model produced invalid sequence as part of ToolUse", each time
      // (SEMOSS/Semoss#2892, lastmile-ai/mcp-agent#126).
      accepts: /^[a-zA-Z0-9_]{1,64}$/,
      because: 'Nova cannot call a tool with its name',
      near: (name) => name.replaceAll('-', '_'),
    },
  ],
]);

/** The name that a tool is called by; undefined for cache points and for tools of a provider without one. */
export function nameOf(tool: Tool): string | undefined {
  if ('toolSpec' in tool) return tool.toolSpec.name;
  if ('systemTool' in tool) return tool.systemTool.name;
  if (!('nativeTool' in tool)) return undefined;
  const name = tool.nativeTool['name'];
  return typeof name === 'string' ? name : undefined;
}

/** `weather.get (now)` -> `weather_get_now_Ab3dE6gH`: readable for the model, unique through the hash. */
function safeName(name: string, attempt: number, { accepts, near }: NameForm): string {
  const first = near?.(name);
  if (attempt === 0 && first !== undefined && accepts.test(first)) return first;
  const readable = name.replace(near === undefined ? /[^a-zA-Z0-9-]+/g : /[^a-zA-Z0-9]+/g, '_').slice(0, 55);
  return `${readable}_${shortHash(name, attempt, 8)}`;
}

function allNames(request: InferenceRequest): readonly string[] {
  const offered = (request.toolConfig?.tools ?? []).flatMap((tool) => nameOf(tool) ?? []);
  const called = request.messages.flatMap((message) =>
    message.content.flatMap((block) => ('toolUse' in block ? [block.toolUse.name] : [])),
  );
  return [...new Set([...offered, ...called])];
}

function mapToolNames(request: InferenceRequest, { toolNames, model, warn }: RuleContext): InferenceRequest {
  const form = BY_FAMILY.get(model.family) ?? ANY;
  const names = allNames(request);
  const bad = names.filter((name) => !form.accepts.test(name));
  for (const name of names) if (form.accepts.test(name)) toolNames.keep(name);
  for (const name of bad) {
    const sent = toolNames.rename(name, (attempt) => safeName(name, attempt, form));
    warn(`The tool ${quoted(name)} was sent as ${sent}, because ${form.because}.`);
  }
  return bad.length === 0 ? request : withSentNames(request, toolNames.sent);
}

function withSentNames(request: InferenceRequest, sent: Renames['sent']): InferenceRequest {
  const called = mapContent(request, (message) =>
    flatMapBlocks(message.content, (block) =>
      'toolUse' in block ? [{ toolUse: { ...block.toolUse, name: sent(block.toolUse.name) } }] : [block],
    ),
  );
  const { toolConfig } = called;
  if (toolConfig === undefined) return called;
  const tools = toolConfig.tools.map(
    (tool): Tool =>
      'toolSpec' in tool ? { toolSpec: { ...tool.toolSpec, name: sent(tool.toolSpec.name) } } : tool,
  );
  const { toolChoice: choice } = toolConfig;
  const toolChoice =
    choice !== undefined && 'tool' in choice ? { tool: { name: sent(choice.tool.name) } } : choice;
  return {
    ...called,
    toolConfig: { ...toolConfig, tools, ...(toolChoice === undefined ? {} : { toolChoice }) },
  };
}

export const TOOL_NAME_RULES: readonly Rule[] = [{ name: 'tool-names', apply: mapToolNames }];

/** gpt-oss writes a call as `<|channel|>commentary to=functions.NAME <|constrain|>json`. */
const CHANNEL_MARK = /<\|[a-z_]+\|>/;
const RECIPIENT = /(?:^|[\s>])to=([^\s<]+)/;
const NAMESPACE = /^functions\./;

/**
 * The caller's name of the tool that a model called. Bedrock leaves the marks of gpt-oss's channels in some names
 * (`json<|channel|>commentary`): what is around them is the name.
 */
export function calledName(given: string, names: Renames): string {
  if (names.knows(given)) return names.restore(given);
  const recipient = RECIPIENT.exec(given)?.[1];
  const bare = recipient ?? given.split(CHANNEL_MARK).find((part) => part.trim() !== '') ?? given;
  const found = [bare.trim(), bare.trim().replace(NAMESPACE, '')].find((name) => names.knows(name));
  if (found !== undefined) return names.restore(found);
  return CHANNEL_MARK.test(given) ? bare.trim() : given;
}
