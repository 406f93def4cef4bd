/** What is wrong with an argument, in words for the one who wrote it; zod's own speak to whoever wrote the schema. */
import type * as z from 'zod';

const WANTED: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
};

/** For `safeParse`; undefined = the schema's own words. */
export function argumentWords(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type': {
      if (issue.input === undefined) return 'is missing';
      const wanted = WANTED[issue.expected] ?? issue.expected;
      const given = nameOf(issue.input);
      return given === wanted || (issue.expected === 'int' && typeof issue.input === 'number')
        ? `must be ${wanted}`
        : `must be ${wanted}, not ${given}`;
    }
    case 'too_small':
      return `must ${bound(issue.origin, issue.inclusive === false ? 'more than' : 'at least', issue.minimum)}`;
    case 'too_big':
      return `must ${bound(issue.origin, issue.inclusive === false ? 'less than' : 'at most', issue.maximum)}`;
    case 'invalid_value':
      return `must be one of ${issue.values.map(String).join(', ')}`;
    case 'invalid_union': {
      const each = issue.errors.flatMap(([first]) => (first === undefined ? [] : [first.message]));
      const wanted = each.map((words) => words.replace(/^must be /, '').replace(/, not .*$/, ''));
      return `must be ${[...new Set(wanted)].join(', or ')}`;
    }
    default:
      return undefined;
  }
}

function bound(origin: string, how: string, limit: number | bigint): string {
  const count = Number(limit);
  if (origin === 'string') return `have ${how} ${count} character${count === 1 ? '' : 's'}`;
  if (origin === 'array') return `have ${how} ${count} ${count === 1 ? 'entry' : 'entries'}`;
  return `be ${how} ${count}`;
}

function nameOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return WANTED[typeof value] ?? typeof value;
}
