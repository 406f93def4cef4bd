import { describe, expect, it } from 'vitest';
import { maskNames } from '../../../src/calls/compare/mask-model-names.ts';
import { loadCatalog } from '../../../src/catalog/models/catalog.ts';

const QUESTION = 'What is two and two?';
const HAIKU = 'anthropic.claude-haiku-4-5-20251001-v1:0';
const catalog = await loadCatalog();
const own = await loadCatalog([
  {
    alias: 'house-model',
    arn: 'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abcdefghijkl',
    base: HAIKU,
  },
  { alias: 'fast', id: 'amazon.nova-lite-v1:0' },
]);
const named = (...asked: readonly string[]) => asked.map((each) => ({ requested: each, called: [] }));
const hide = (asked: readonly string[], text: string, question = QUESTION) =>
  maskNames(named(...asked), catalog, question).hide(text);

describe('the names of candidates', () => {
  it.each([
    ['claude-haiku-4-5', 'I am Claude, made by Anthropic.', 'I am [name], made by [name].'],
    ['claude-haiku-4-5', 'I am claude haiku 4.5!', 'I am [name]!'],
    ['claude-haiku-4-5', 'Claude 4.5 Haiku says so.', '[name] says so.'],
    ['claude-haiku-4-5', 'This is us.anthropic.claude-haiku-4-5-20251001-v1:0.', 'This is [name].'],
    ['claude-haiku-4-5', 'I am Haiku, or Haiku 4.5.', 'I am [name], or [name].'],
    ['claude-haiku-4-5', 'A sibling of Claude Opus 4.5 and claude-3-opus', 'A sibling of [name] and [name]'],
    ['claude-haiku-4-5', '我是Claude，由Anthropic开发。', '我是[name]，由[name]开发。'],
    [
      'claude-haiku-4-5',
      'Ich bin Claude, entwickelt von Anthropic.',
      'Ich bin [name], entwickelt von [name].',
    ],
    ['us.anthropic.claude-haiku-4-5-20251001-v1:0', 'Claude Haiku 4.5 by Anthropic', '[name] by [name]'],
    ['nova-lite', 'I am Amazon Nova Lite. AWS made me.', 'I am [name] [name]. [name] made me.'],
    ['nova-lite', 'i am nova, or nova lite', 'i am [name], or [name]'],
    ['nova-lite', 'A nova, an innovation, supernova.', 'A nova, an innovation, supernova.'],
    ['gpt-oss-120b', 'As ChatGPT, by OpenAI', 'As [name], by [name]'],
    ['llama3-3-70b', 'Llama 3.3 70B Instruct, Meta AI', '[name], [name]'],
    ['llama3-3-70b', 'The meta level of metaphors', 'The meta level of metaphors'],
    ['qwen3-32b', 'Qwen3 32B of Alibaba', '[name] of [name]'],
    ['mistral-large-3', 'Mistral AI made Mistral Large 3', '[name] made [name]'],
    ['deepseek-r1', 'DeepSeek-R1, a DeepSeek model', '[name], a [name] model'],
    ['gemma-3-12b', 'I was trained by Google DeepMind.', 'I was trained by [name].'],
    ['nemotron-super-120b', 'I am Nemotron by NVIDIA.', 'I am [name] by [name].'],
    ['my-own.model(1)', 'I am my-own.model(1).', 'I am [name].'],
  ])('of %s are hidden in "%s"', (model, text, hidden) => {
    expect(hide([model], text)).toBe(hidden);
  });

  it('are hidden for all candidates at once, whoever says them', () => {
    expect(hide(['nova-lite', 'claude-haiku-4-5'], 'Claude is better than Nova.')).toBe(
      '[name] is better than [name].',
    );
  });

  it.each([
    ['an ARN of a profile', `arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.${HAIKU}`],
    ['an ARN of a model', `arn:aws:bedrock:us-east-1::foundation-model/${HAIKU}`],
    ['an ID with a context suffix', `${HAIKU}:200k`],
    ['a name with a marker of another client', 'bedrock/claude-haiku-4-5[1m]'],
    ['its title', 'Claude Haiku 4.5'],
    ['an alias of the user', 'house-model'],
  ])('are hidden for a model asked for by %s', (_what, asked) => {
    expect(
      maskNames(named(asked), own, QUESTION).hide(`I am Claude Haiku 4.5 by Anthropic, ${asked}, ${HAIKU}.`),
    ).toBe('I am [name] by [name], [name], [name].');
  });

  it('are also those of what was really called', () => {
    const mask = maskNames([{ requested: 'nova-lite', called: [`us.${HAIKU}`] }], catalog, QUESTION);
    expect(mask.hide('I am Claude Haiku 4.5 by Anthropic, not Nova Pro.')).toBe(
      'I am [name] by [name], not [name].',
    );
  });
});

describe('a candidate whose model nobody knows', () => {
  const arn = 'arn:aws:bedrock:us-east-1:123456789012:imported-model/abcdefabcdef';
  const text = 'I am Qwen by Alibaba, not Claude.';

  it('may be any: the names of all are hidden', () => {
    expect(maskNames([{ requested: arn, called: [arn] }], catalog, QUESTION).hide(text)).toBe(
      'I am [name] by [name], not [name].',
    );
  });

  it('has no answer when it could not be called, so nothing is hidden for it', () => {
    expect(maskNames([{ requested: arn, called: [] }], catalog, QUESTION).hide(text)).toBe(text);
  });
});

describe('what names no author', () => {
  const ALL = [
    ...['claude-haiku-4-5', 'nova-lite', 'llama3.3-70b', 'gpt-oss-120b', 'mistral-large-3', 'deepseek-r1'],
    ...[
      'palmyra-x5',
      'command-r',
      'gemma-3-12b',
      'titan-text-express',
      'kimi-k2.5',
      'grok-4.7',
      'pegasus-1.2',
    ],
  ];

  it.each([
    'Amazon makes the Kindle, Google makes the Pixel, Meta makes the Quest.',
    'I am sure that Amazon makes the Kindle.',
    'I am an AI assistant, and the Kindle is made by Amazon.',
    'As an AI, I cannot look, but it is sold by Amazon.',
    'Anthropic, OpenAI, Mistral AI and DeepSeek are companies.',
    'Claude Monet, Jean-Claude Juncker and Claude de Lorrain',
    'Nova Scotia, Gemma Arterton, Kimi Räikkönen',
    'Write a haiku: Sonnet 18 is an opus, as is Opus 131.',
    'Haiku is Japanese. A Sonnet has 14 lines.',
    'Titan is a moon, a nova is a star, Pegasus is a constellation.',
    'A llama spits. Llama wool is soft. The mistral blows; Palmyra fell.',
    'Command the troops. The command r replaces one letter; Command+C copies.',
    'A GPT partition; the minimax algorithm; to grok it.',
  ])('stays: "%s"', (text) => {
    expect(hide(ALL, text)).toBe(text);
  });

  it('is the same for candidates and for others', () => {
    const models = ['nova-lite', 'claude-haiku-4-5'];
    const question = 'Who makes the Kindle e-reader?';
    for (const answer of ['Amazon makes the Kindle.', 'Google makes the Kindle.'])
      expect(hide(models, answer, question)).toBe(answer);
  });

  it('is what other models are called', () => {
    expect(hide(['nova-lite'], 'I am Claude.')).toBe('I am Claude.');
  });

  it('is an alias of one word, which may be any word', () => {
    const mask = maskNames([{ requested: 'fast', called: ['amazon.nova-lite-v1:0'] }], own, QUESTION);
    expect(mask.hide('This is fast. I am Nova Lite.')).toBe('This is fast. I am [name].');
  });

  it.each([
    ['The Nova is an AI assistant.', 'The [name] is an AI assistant.'],
    [
      'Llama, a chatbot, says so. Llama is right; a llama is not.',
      '[name], a chatbot, says so. [name] is right; a llama is not.',
    ],
    ['I am Titan. Titan likes sums.', 'I am [name]. [name] likes sums.'],
    ['Sincerely, Nova', 'Sincerely, [name]'],
  ])('is no word that means a model here: "%s"', (text, hidden) => {
    expect(hide(ALL, text)).toBe(hidden);
  });
});

describe('names that the question says', () => {
  it('stay, and are told', () => {
    const mask = maskNames(
      named('nova-lite', 'claude-haiku-4-5'),
      catalog,
      'When was Amazon founded, and is Claude 3 its model?',
    );
    const answer = 'I was made by Amazon, founded in 1994. Claude is by Anthropic.';
    expect(mask.hide(answer)).toBe(answer);
    expect(mask.inQuestion).toEqual(['Amazon', 'Claude']);
  });

  it('are none when it uses the word as a word', () => {
    const question = 'Write a haiku about a llama under a nova.';
    const mask = maskNames(named('claude-haiku-4-5', 'llama3.3-70b'), catalog, question);
    expect(mask.inQuestion).toEqual([]);
    expect(mask.hide('A llama looks up. Llama, said the nova. I am Llama by Meta.')).toBe(
      'A llama looks up. [name], said the nova. I am [name] by [name].',
    );
    expect(mask.hide('Here is a haiku: The Llama looks up.')).toBe('Here is a haiku: The Llama looks up.');
  });

  it.each([
    'Who are you?',
    'Who made you?',
    'Which language model are you?',
    "What's your name?",
    'Introduce yourself.',
  ])('are all that an answer needs to "%s"', (question) => {
    expect(hide(['nova-lite', 'claude-haiku-4-5'], 'Nova. By Amazon, not Anthropic.', question)).toBe(
      '[name]. By [name], not [name].',
    );
  });
});

describe('a mask', () => {
  it('can be made of anything without breaking the search', () => {
    const asked = ['.*', '(((', '\\', 'a+b', 'arn:aws:nonsense', '', 'x'.repeat(3_000)];
    expect(hide(asked, 'all of this stays: .* ((( \\ a+b')).toBe('all of this stays: .* ((( \\ a+b');
  });

  it.each([
    ['Nova ', 'Nova Nova'],
    ['I am Nova by Amazon. ', 'I am [name] by [name].'],
    ['I am an AI assistant by Amazon ', 'I am an AI assistant by [name]'],
    ['Claude-', '[name]-'],
    ['I was I am ', 'I was I am'],
  ])('is quick over a long text of "%s"', (piece, start) => {
    const begun = performance.now();
    expect(hide(['nova-lite', 'claude-haiku-4-5'], piece.repeat(200_000 / piece.length))).toContain(start);
    expect(performance.now() - begun).toBeLessThan(5_000);
  });
});
