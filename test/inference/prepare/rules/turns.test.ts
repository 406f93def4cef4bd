import { describe } from 'vitest';
import { asking, assistant, checkRows, type RuleRow, talk, user } from './rule-row.ts';

const hi = { text: 'Hi' };
const cachePoint = { cachePoint: { type: 'default' } } as const;

const rows: readonly RuleRow[] = [
  { name: 'refuses a conversation without messages', request: talk(), refuses: { field: 'messages' } },
  {
    name: 'lets a managed prompt bring its own messages',
    request: { messages: [], promptVariables: { a: 'b' } },
    sends: 'same',
  },
  {
    name: 'merges consecutive messages of a role',
    request: talk(
      user(hi),
      user({ text: 'there' }),
      assistant({ text: 'a' }),
      assistant({ text: 'b' }),
      user(hi),
    ),
    sends: talk(user(hi, { text: 'there' }), assistant({ text: 'a' }, { text: 'b' }), user(hi)),
    warns: ['merged'],
  },
  {
    name: 'drops blank text beside other content, and blank system text, for Claude',
    family: 'claude',
    request: { messages: [user({ text: ' \n' }, hi, { text: '' })], system: [{ text: '\t' }] },
    sends: talk(user(hi)),
    warns: ['Blank text'],
  },
  {
    name: 'refuses a user message with nothing but blank text for Claude',
    family: 'claude',
    request: talk(user(hi), assistant({ text: 'a' }), user({ text: '  ' })),
    refuses: { field: 'messages[2].content[0]' },
  },
  {
    name: 'lets other families have white space as it is',
    family: 'nova',
    request: talk(user({ text: ' ' })),
    sends: 'same',
  },
  {
    name: 'refuses a user message with nothing at all for every family',
    family: 'nova',
    request: talk(user({ text: '' })),
    refuses: { field: 'messages[0].content[0]' },
  },
  {
    name: 'refuses a user message without content',
    request: talk(user()),
    refuses: { field: 'messages[0]' },
  },
  {
    name: 'refuses a user message with nothing but a cache point',
    request: talk(user(cachePoint)),
    refuses: { field: 'messages[0].content[0]' },
  },
  {
    name: 'leaves out an empty answer of the model, which would poison every later turn',
    request: talk(
      user(hi),
      assistant(),
      user({ text: 'again' }),
      assistant({ text: '' }),
      user({ text: 'and' }),
    ),
    sends: talk(user(hi, { text: 'again' }, { text: 'and' })),
    warns: ['Blank text', 'Empty assistant', 'merged'],
  },
  {
    name: 'puts a user turn first for models that want it',
    features: { userFirst: true },
    request: talk(assistant({ text: 'a' }), user(hi)),
    sends: talk(user({ text: 'Begin.' }), assistant({ text: 'a' }), user(hi)),
    warns: ['put first'],
  },
  {
    name: 'leaves an opening of the assistant alone where nothing is known',
    request: talk(assistant({ text: 'a' }), user(hi)),
    sends: 'same',
  },
  {
    name: 'adds a user turn after an assistant message that the model would not continue',
    features: { prefill: false },
    request: talk(user(hi), assistant({ text: 'a real answer' })),
    sends: talk(user(hi), assistant({ text: 'a real answer' }), user({ text: 'Continue.' })),
    warns: ['does not continue'],
  },
  {
    name: 'adds a user turn after a prefill when Claude thinks',
    family: 'claude',
    features: { reasoning: 'claude-adaptive', prefill: true },
    request: { ...talk(user(hi), assistant({ text: '{' })), reasoning: { effort: 'low' } },
    sends: {
      ...talk(user(hi), assistant({ text: '{' }), user({ text: 'Continue.' })),
      reasoning: { effort: 'low' },
    },
    warns: ['does not continue'],
  },
  {
    name: 'leaves a prefill alone where nothing is known',
    request: talk(user(hi), assistant({ text: '{ ' })),
    sends: 'same',
  },
  {
    name: 'cuts white space off the end of a prefill for Claude',
    family: 'claude',
    request: talk(user(hi), assistant({ text: 'Answer: ' })),
    sends: talk(user(hi), assistant({ text: 'Answer:' })),
    warns: ['White space'],
  },
  {
    name: 'moves the system text into the first user message for models without system prompt',
    features: { system: false },
    request: { messages: [assistant({ text: 'a' }), user(hi)], system: [{ text: 'be brief' }, cachePoint] },
    sends: talk(assistant({ text: 'a' }), user({ text: 'be brief' }, hi)),
    warns: ['system text'],
  },
  {
    name: 'makes a user message for it where there is none',
    features: { system: false },
    request: { messages: [assistant({ text: 'a' })], system: [{ text: 'be brief' }] },
    sends: talk(user({ text: 'be brief' }), assistant({ text: 'a' })),
    warns: ['system text'],
  },
  {
    name: 'moves leading system messages to the system prompt',
    request: { ...talk({ role: 'system', content: [{ text: 'b' }] }, user(hi)), system: [{ text: 'a' }] },
    sends: { ...talk(user(hi)), system: [{ text: 'a' }, { text: 'b' }] },
  },
  {
    name: 'turns a system message in mid-conversation into user text',
    request: talk(user(hi), { role: 'system', content: [{ text: 'now in French' }] }),
    sends: talk(user(hi, { text: 'now in French' })),
    warns: ['mid-conversation', 'merged'],
  },
  {
    name: 'keeps it for a Claude that takes one',
    family: 'claude',
    features: { systemTurns: true },
    request: talk(user(hi), { role: 'system', content: [{ text: 'now in French' }] }),
    sends: 'same',
  },
  {
    name: 'keeps it there in front of an answer, and merges neighbours',
    family: 'claude',
    features: { systemTurns: true },
    request: talk(
      user(hi),
      { role: 'system', content: [{ text: 'now in French' }] },
      { role: 'system', content: [{ text: 'and briefly' }] },
      assistant({ text: 'a' }),
      user(hi),
    ),
    sends: talk(
      user(hi),
      { role: 'system', content: [{ text: 'now in French' }, { text: 'and briefly' }] },
      assistant({ text: 'a' }),
      user(hi),
    ),
    warns: ['merged'],
  },
  {
    name: 'turns it into user text where such a model does not take it',
    family: 'claude',
    features: { systemTurns: true },
    request: talk(
      user(hi),
      assistant({ text: 'a' }),
      { role: 'system', content: [{ text: 'b' }] },
      assistant({ text: 'c' }),
      user(hi),
    ),
    sends: talk(user(hi), assistant({ text: 'a' }), user({ text: 'b' }), assistant({ text: 'c' }), user(hi)),
    warns: ['only between a user turn and an answer'],
  },
  {
    name: 'passes a raw body untouched, whatever stands beside it',
    request: asking({ rawBody: { prompt: 'x' }, messages: [], inferenceConfig: { temperature: 9 } }),
    sends: 'same',
  },
];

describe('turns', () => checkRows(rows));
