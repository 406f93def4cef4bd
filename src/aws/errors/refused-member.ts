/**
 * Which member of the request AWS names when it refuses one. One reader for all its ways to say so; they were read in
 * recorded answers and in issues of public projects. Pure.
 */

export interface RefusedMember {
  /** As AWS writes it, cut at its dots: `tools`, `0`, `custom`, `strict`. Counted from 0. */
  readonly path: readonly string[];
  /** The member itself is refused, what it says, or that it stands beside something else of the request. */
  readonly scope: 'whole' | 'value' | 'beside';
}

interface Wording {
  /** Groups: where the member stands (may be missing), the member. */
  readonly words: RegExp;
  readonly scope: RefusedMember['scope'];
  /** For words that speak of a member without its name. */
  readonly member?: string;
}

const NAMELESS: readonly (readonly [words: RegExp, scope: RefusedMember['scope'], member: string])[] = [
  // aws-samples and others; the ID and the Region of the model follow.
  [/latency performance configuration is not supported/i, 'whole', 'performanceConfig'],
  [/guardrail identifier or version .{0,40}does not exist/i, 'value', 'guardrailConfig'],
  // Told in dozens of issues without the name of the beta (anthropics/claude-code#49370), of newer models with it.
  [/invalid beta flag|for the `anthropic-beta` header/i, 'whole', 'anthropic_beta'],
  [/service tier (?:is not supported|provided is invalid)|reservation not found/i, 'whole', 'serviceTier'],
  [/does not support the effort parameter/i, 'whole', 'output_config.effort'],
  [/adaptive thinking is not supported/i, 'value', 'thinking.type'],
  [/unsupported value: '(?:none|minimal|low|medium|x?high|max)'/i, 'value', 'reasoning.effort'],
  [/reasoning config value is invalid/i, 'value', 'reasoningConfig'],
  [/doesn't support system messages/i, 'whole', 'system'],
  [/doesn't support citations/i, 'whole', 'citations'],
  [/doesn't support tool use\.?$/i, 'whole', 'tools'],
  [/did not allow prompt caching/i, 'whole', 'cachePoint'],
  [/nothing available to cache|invalid cachepoint placement/i, 'beside', 'cachePoint'],
  [/thinking may not be enabled when tool_choice/i, 'beside', 'tool_choice'],
];

const WORDINGS: readonly Wording[] = [
  ...NAMELESS.map(([words, scope, member]) => ({ words, scope, member })),
  { words: /doesn't support the ()([\w.]+) (?:field|content block)/, scope: 'whole' },
  { words: /un(?:known|supported|recognized) (?:parameter|argument)s?:? ()['"`]?([\w.]+)/i, scope: 'whole' },
  // xAI's way (diegosouzapw/OmniRoute#5273).
  { words: /does not support parameter ()(\w+)/i, scope: 'whole' },
  { words: /unrecognized request arguments? supplied: ()(\w+)/i, scope: 'whole' },
  { words: /unsupported value: ()'([a-z][\w.]*)' does not support/i, scope: 'whole' },
  { words: /^()[`'"]?([\w.]+)[`'"]? is (?:deprecated|not supported|unsupported)/, scope: 'whole' },
  { words: /`\w+` and ()`(\w+)` cannot both be/, scope: 'beside' },
  { words: /^()[`'"]([\w.]+)[`'"] (?:may only be set|must be unset)/, scope: 'beside' },
  { words: /additional field ()([\w/]+) conflicts with/, scope: 'beside' },
  { words: /(?:#(\/[\w/]*|):? )?extraneous key \[([^\]]{1,200})\] is not permitted/, scope: 'whole' },
  { words: /()\b([a-z][\w.]*): extra inputs are not permitted/i, scope: 'whole' },
  // Pydantic's own list, as Pixtral gives it (recorded).
  { words: /"extra_forbidden","loc":\["body",(?:"[A-Z]\w*",)?()"(\w+)"/, scope: 'whole' },
  { words: /\bremove ()([a-z][\w./]*) and try again/i, scope: 'whole' },
  { words: /^()([a-z]\w*): .{1,80} not supported for this model/, scope: 'whole' },
  { words: /\bvalue (?:'[^']*' )?at ()'([\w.]+)' failed to satisfy/i, scope: 'value' },
  { words: /#()(\/[\w/]+): /, scope: 'value' },
  { words: /()\b((?:messages|tools|system|toolConfig\.tools)[.[]\d[\w.[\]]*)/, scope: 'value' },
  { words: /"param": ?()"([\w.]+)"/, scope: 'value' },
  // Kimi's and DeepSeek's server: `Invalid 'tools': missing field ...` (NousResearch/hermes-agent#43946).
  { words: /\binvalid ()'(\w+)': /i, scope: 'value' },
  // What stands in front of a colon at the beginning, as Anthropic's API names it: `tool_choice: type ...`.
  { words: /^()([a-z]\w*(?:\.\w+)*|[a-z]+_\w+): /, scope: 'value' },
];

/** Sentences that stand in front of what the model itself says. */
const FRAME = /^(?:The model returned the following errors: |Malformed input request: )+/i;

/** The member that the refusal is about; undefined when AWS names none. */
export function refusedMember(awsMessage: string): RefusedMember | undefined {
  const message = awsMessage.slice(0, 4_000).replaceAll('\u2019', "'").replace(FRAME, '');
  for (const { words, scope, member: nameless } of WORDINGS) {
    const found = words.exec(message);
    const member = nameless ?? found?.[2];
    if (found === null || member === undefined) continue;
    const path = `${found[1] ?? ''}/${member}`.split(/[./[\]]+/).filter((part) => part !== '');
    return { path: countedFromZero(path), scope };
  }
  return undefined;
}

/** Is it said that the model does not take the member at all? A part of a message may only stand in the wrong place. */
export function isUnsupported(awsMessage: string): boolean {
  const member = refusedMember(awsMessage);
  return member?.scope === 'whole' && member.path[0] !== 'messages';
}

/** Violated constraints of the service model count from 1, and have `member` behind each number. */
function countedFromZero(path: readonly string[]): readonly string[] {
  return path.flatMap((part, at) => {
    if (part === 'member') return [];
    return path[at + 1] === 'member' && /^\d+$/.test(part) ? [String(Number(part) - 1)] : [part];
  });
}
