/** The table of commands: parsing, help and dispatch are made from it. The code of a command comes when it is run. */
import type { Command, Flag } from './command.ts';

const text = (meaning: string): Flag => ({ type: 'string', meaning });
const yes = (meaning: string): Flag => ({ type: 'boolean', meaning });

const JSON_FLAG = yes('print JSON');

/** What runs when no command is named. */
export const DEFAULT_COMMAND = 'serve';

export const COMMANDS: readonly Command[] = [
  {
    name: 'serve',
    meaning: 'serve MCP over stdio, or over Streamable HTTP with --http; what happens without a command',
    flags: {},
    load: async () => (await import('./commands/serve.ts')).serve,
  },
  {
    name: 'demo',
    meaning: 'run every tool once against the embedded Bedrock and show what comes back',
    flags: {},
    load: async () => (await import('./commands/demo.ts')).demo,
  },
  {
    name: 'cost',
    words: '[models]',
    meaning: 'estimate what calls cost',
    flags: {
      refresh: yes("fetch AWS's own prices first"),
      regions: text('Regions whose prices are fetched (default: every Region that may be called)'),
      all: yes('show everything that was left out of the fetched prices'),
      json: JSON_FLAG,
      prompt: text('the text whose tokens are counted'),
      'input-tokens': text('tokens in, in place of a prompt'),
      'output-tokens': text('tokens out'),
      calls: text('how many calls'),
      'calls-per-day': text('for the cost of a month'),
      'cached-share': text('part of the input that is read from the cache, 0 to 1'),
      'cache-write-share': text('part of the input that is written to the cache, 0 to 1'),
      batch: yes('batch price'),
      'service-tier': text('default, flex or priority'),
    },
    load: async () => (await import('./commands/cost.ts')).runCost,
  },
  {
    name: 'threads',
    words: '[list | show ID | delete ID...]',
    meaning: 'the conversations that are stored',
    flags: { json: JSON_FLAG },
    load: async () => (await import('./commands/threads.ts')).threads,
  },
  {
    name: 'usage',
    meaning: 'what was spent: tables and bars, or every call',
    flags: {
      since: text('first day, UTC, such as 2026-11-21'),
      until: text('last day, UTC'),
      by: text('only this table: model, day, tool, thread or tag'),
      csv: yes('every call as CSV'),
      jsonl: yes('every call as JSON Lines'),
    },
    load: async () => (await import('./commands/usage.ts')).usage,
  },
];
