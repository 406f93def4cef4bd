/**
 * Which member of the request AWS names when it refuses one. One reader for all its ways to say so; they were read in
 * recorded answers and in issues of public projects. Pure.
 */

export interface RefusedMember {
  /** As AWS writes it, cut at its dots: `tools`, `0`, `custom`, `strict`. Counted from 0. */
  readonly path: readonly string[];
  /** The member itself is refused, and not only its value. */
  readonly isWhole: boolean;
}

interface Wording {
  /** Groups: where the member stands (may be missing), the member. */
  readonly words: RegExp;
  readonly isWhole: boolean;
}

const WORDINGS: readonly Wording[] = [
  { words: /doesn't support the ()([\w.]+) (?:field|content block)/, isWhole: true },
  { words: /un(?:known|supported|recognized) (?:parameter|argument)s?:? ()['"`]?([\w.]+)/i, isWhole: true },
  { words: /^()[`'"]([\w.]+)[`'"] is (?:deprecated|not supported|unsupported)/, isWhole: true },
  { words: /(?:#(\/[\w/]*|):? )?extraneous key \[([^\]]{1,200})\] is not permitted/, isWhole: true },
  { words: /()\b([a-z][\w.]*): extra inputs are not permitted/i, isWhole: true },
  { words: /\bremove ()([a-z][\w./]*) and try again/i, isWhole: true },
  { words: /\bvalue (?:'[^']*' )?at ()'([\w.]+)' failed to satisfy/i, isWhole: false },
  { words: /#()(\/[\w/]+): /, isWhole: false },
  { words: /()\b((?:messages|tools|system|toolConfig\.tools)[.[]\d[\w.[\]]*)/, isWhole: false },
  // What stands in front of a colon at the beginning, as Anthropic's API names it: `tool_choice: type ...`.
  { words: /^()([a-z]\w*(?:\.\w+)*|[a-z]+_\w+): /, isWhole: false },
];

/** Sentences that stand in front of what the model itself says. */
const FRAME = /^(?:The model returned the following errors: |Malformed input request: )+/;

/** The member that the refusal is about; undefined when AWS names none. */
export function refusedMember(awsMessage: string): RefusedMember | undefined {
  const message = awsMessage.slice(0, 4_000).replaceAll('\u2019', "'").replace(FRAME, '');
  for (const { words, isWhole } of WORDINGS) {
    const found = words.exec(message);
    const member = found?.[2];
    if (member === undefined) continue;
    const path = `${found?.[1] ?? ''}/${member}`.split(/[./[\]]+/).filter((part) => part !== '');
    return { path: countedFromZero(path), isWhole };
  }
  return undefined;
}

/** Violated constraints of the service model count from 1, and have `member` behind each number. */
function countedFromZero(path: readonly string[]): readonly string[] {
  return path.flatMap((part, at) => {
    if (part === 'member') return [];
    return path[at + 1] === 'member' && /^\d+$/.test(part) ? [String(Number(part) - 1)] : [part];
  });
}
