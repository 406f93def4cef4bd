import { describe } from 'vitest';
import type { ContentBlock, Message } from '../../../../src/messages/types.ts';
import { checkRows, type RuleRow, talk, user } from './rule-row.ts';

const hi = { text: 'Hi' };
const by = (family: string, ...content: ContentBlock[]): Message => ({ role: 'assistant', family, content });
const serverCall: ContentBlock = {
  toolUse: { toolUseId: 's1', name: 'search', input: { q: 'x' }, type: 'server_tool_use' },
};
const found: ContentBlock = {
  unknown: { name: 'search_result_list', value: { type: 'search_result_list', tool_use_id: 's1' } },
};
const serverResult: ContentBlock = {
  toolResult: { toolUseId: 's1', content: [{ text: 'r' }], type: 'nova_grounding_result' },
};
const IN_WORDS = [
  { text: '[Called the tool search with {"q":"x"}]' },
  { text: '[search_result_list: {"type":"search_result_list","tool_use_id":"s1"}]' },
];
const anthropicCited: ContentBlock = {
  citationsContent: {
    content: [{ text: 'It ' }, { text: 'rains.' }],
    citations: [{ type: 'page_location' }],
  },
};
const cited: ContentBlock = {
  citationsContent: { content: [{ text: 'It rains.' }], citations: [{ location: { web: { url: 'u' } } }] },
};
const asked = (said: Message) => talk(user(hi), said, user(hi));
const WARNS = ['only their own provider reads'];

const rows: readonly RuleRow[] = [
  {
    name: "leaves Claude's own tool rounds as they are on its own API",
    family: 'claude',
    api: 'native',
    request: asked(by('claude', serverCall, found, hi)),
    sends: 'same',
  },
  {
    name: 'tells them to Claude in words over Converse, which does not know their results',
    family: 'claude',
    request: asked(by('claude', serverCall, found, hi)),
    sends: asked(by('claude', ...IN_WORDS, hi)),
    warns: WARNS,
  },
  {
    name: 'tells them to another family in words',
    family: 'gpt-oss',
    api: 'native',
    request: asked(by('claude', serverCall, found, hi)),
    sends: asked(by('claude', ...IN_WORDS, hi)),
    warns: WARNS,
  },
  {
    name: 'tells tool rounds of Nova to another family in words',
    family: 'claude',
    request: asked(by('nova', serverCall, serverResult, hi)),
    sends: asked(
      by('nova', { text: '[Called the tool search with {"q":"x"}]' }, { text: '[The tool answered: r]' }, hi),
    ),
    warns: WARNS,
  },
  {
    name: "tells Nova's own tool rounds in words over InvokeModel, whose form has no place for them",
    family: 'nova',
    api: 'native',
    request: asked(by('nova', serverCall, serverResult, hi)),
    sends: asked(
      by('nova', { text: '[Called the tool search with {"q":"x"}]' }, { text: '[The tool answered: r]' }, hi),
    ),
    warns: WARNS,
  },
  {
    name: 'leaves out thinking that could not be kept as such',
    family: 'nova',
    request: asked(
      by('claude', { unknown: { name: 'redacted_thinking', value: { type: 'redacted_thinking' } } }, hi),
    ),
    sends: asked(by('claude', hi)),
    warns: WARNS,
  },
  {
    name: 'cuts what is long and unknown',
    family: 'nova',
    request: asked(by('claude', { unknown: { name: 'x', value: 'a'.repeat(9_000) } }, hi)),
    sends: asked(by('claude', { text: `[x: "${'a'.repeat(1_999)}…]` }, hi)),
    warns: WARNS,
  },
  {
    name: "sends Converse's citations back to their own family",
    family: 'nova',
    request: asked(by('nova', cited)),
    sends: 'same',
  },
  {
    name: 'sends citations of another family as text',
    family: 'claude',
    request: asked(by('nova', cited)),
    sends: asked(by('nova', { text: 'It rains.' })),
    warns: WARNS,
  },
  {
    name: "sends citations of Claude's own API as text over Converse, which would empty them",
    family: 'claude',
    request: asked(by('claude', anthropicCited)),
    sends: asked(by('claude', { text: 'It rains.' })),
    warns: WARNS,
  },
  {
    name: 'leaves them as they are on that API',
    family: 'claude',
    api: 'native',
    request: asked(by('claude', anthropicCited)),
    sends: 'same',
  },
  {
    name: 'leaves a block alone that came from Converse and goes back there',
    family: 'nova',
    request: asked(by('nova', { unknown: { name: 'newBlock', value: { a: 1 } } })),
    sends: 'same',
  },
];

describe('blocks that only one provider or one API understands', () => {
  checkRows(rows);
});
