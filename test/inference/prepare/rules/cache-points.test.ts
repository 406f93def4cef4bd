import { describe } from 'vitest';
import type { CachingFacts } from '../../../../src/catalog/types.ts';
import type { CachePointBlock, InferenceRequest } from '../../../../src/messages/types.ts';
import { asking, assistant, call, checkRows, type RuleRow, result, spec, talk, user } from './rule-row.ts';

const hi = { text: 'Hi' };
const point = (ttl?: CachePointBlock['ttl']) => ({
  cachePoint: { type: 'default' as const, ...(ttl === undefined ? {} : { ttl }) },
});
const caching = (...ttl: CachingFacts['ttl']): CachingFacts => ({
  minimumTokens: 1024,
  ttl,
  fields: ['system', 'messages', 'tools'],
});
const everywhere = (ttl?: CachePointBlock['ttl']): InferenceRequest => ({
  messages: [user(hi, point(ttl))],
  system: [{ text: 's' }, point(ttl)],
  toolConfig: { tools: [spec('f'), point(ttl)] },
});
const nowhere: InferenceRequest = {
  messages: [user(hi)],
  system: [{ text: 's' }],
  toolConfig: { tools: [spec('f')] },
};
const document = {
  document: { format: 'txt', name: 'a', source: { bytes: new Uint8Array([120]) } },
} as const;

const rows: readonly RuleRow[] = [
  { name: 'leaves points alone where nothing is known', request: everywhere('1h'), sends: 'same' },
  {
    name: 'strips all for a model without explicit caching',
    features: { caching: false },
    request: everywhere(),
    sends: nowhere,
    warns: ['in tools', 'in system', 'in messages'],
  },
  {
    name: 'strips the ttl and the points in tools for Nova',
    family: 'nova',
    features: { caching: { minimumTokens: 1000, ttl: ['5m'], fields: ['system', 'messages'] } },
    request: everywhere('5m'),
    sends: { ...everywhere(), toolConfig: { tools: [spec('f')] } },
    warns: ['in tools'],
  },
  {
    name: 'strips a lifetime that is not offered',
    features: { caching: caching('5m') },
    request: everywhere('1h'),
    sends: everywhere(),
    warns: ['lifetime 1h'],
  },
  {
    name: 'keeps lifetimes that are offered',
    features: { caching: caching('5m', '1h') },
    request: everywhere('1h'),
    sends: 'same',
  },
  {
    name: 'shortens a long lifetime behind a short one',
    request: { messages: [user(hi, point('1h'))], system: [{ text: 's' }, point()] },
    sends: { messages: [user(hi, point())], system: [{ text: 's' }, point()] },
    warns: ['longer ones must come first'],
  },
  {
    name: 'keeps a short lifetime behind a long one',
    request: { messages: [user(hi, point())], system: [{ text: 's' }, point('1h')] },
    sends: 'same',
  },
  {
    name: 'sends no lifetime of five minutes, which is what a point without one lasts',
    request: everywhere('5m'),
    sends: everywhere(),
  },
  {
    name: 'strips the lifetime where the model refused the field, and asks for nothing else',
    features: { caching: { ttl: [] } },
    request: everywhere('1h'),
    sends: everywhere(),
    warns: ['lifetime 1h'],
  },
  {
    name: 'refuses the fifth point',
    request: {
      ...everywhere(),
      messages: [user(hi, point(), hi, point()), assistant(hi, point()), user(hi)],
    },
    refuses: { field: 'messages[1].content[1]' },
  },
  {
    name: 'drops points at the start and double points',
    request: talk(user(point(), hi, point(), point())),
    sends: talk(user(hi, point())),
    warns: ['moved or left out'],
  },
  {
    name: 'moves a point that stands right behind a document past the next text',
    request: talk(user(document, point(), hi)),
    sends: talk(user(document, hi, point())),
    warns: ['moved or left out'],
  },
  {
    name: 'drops it where no text follows',
    request: talk(user(hi, document, point())),
    sends: talk(user(hi, document)),
    warns: ['moved or left out'],
  },
  {
    name: 'keeps a point behind a tool result',
    request: {
      messages: [user(hi), assistant(call('a')), user(result('a'), point())],
      toolConfig: { tools: [spec('f')] },
    },
    sends: 'same',
  },
  {
    name: 'drops it there for Nova',
    family: 'nova',
    request: {
      messages: [user(hi), assistant(call('a')), user(result('a'), point())],
      toolConfig: { tools: [spec('f')] },
    },
    sends: {
      messages: [user(hi), assistant(call('a')), user(result('a'))],
      toolConfig: { tools: [spec('f')] },
    },
    warns: ['moved or left out'],
  },
  {
    name: 'leaves a request without points alone',
    features: { caching: false },
    request: asking(),
    sends: 'same',
  },
];

describe('cache points', () => checkRows(rows));
