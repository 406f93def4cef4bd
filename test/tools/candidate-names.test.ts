import { describe, expect, it } from 'vitest';
import { loadCatalog } from '../../src/catalog/models.ts';
import { maskNames } from '../../src/tools/candidate-names.ts';

const catalog = await loadCatalog();
const hide = (models: readonly string[], text: string, question = 'What is two and two?') =>
  maskNames(models, catalog, question).hide(text);

describe('the names of candidates', () => {
  it.each([
    ['claude-haiku-4-5', 'I am Claude, made by Anthropic.', 'I am [name], made by [name].'],
    ['claude-haiku-4-5', 'I am claude haiku 4.5!', 'I am [name]!'],
    ['claude-haiku-4-5', 'Claude 4.5 Haiku says so.', '[name] says so.'],
    ['claude-haiku-4-5', 'This is us.anthropic.claude-haiku-4-5-20251001-v1:0.', 'This is us.[name].'],
    ['us.anthropic.claude-haiku-4-5-20251001-v1:0', 'Claude Haiku 4.5 by Anthropic', '[name] by [name]'],
    ['nova-lite', 'I am Amazon Nova Lite.', 'I am [name] [name].'],
    ['nova-lite', 'A nova, an innovation, supernova.', 'A nova, an innovation, supernova.'],
    ['gpt-oss-120b', 'As ChatGPT, by OpenAI', 'As [name], by [name]'],
    ['llama3-3-70b', 'Llama 3.3 70B Instruct, Meta AI', '[name], [name] AI'],
    ['llama3-3-70b', 'The meta level of metaphors', 'The meta level of metaphors'],
    ['qwen3-32b', 'Qwen3 32B of Alibaba', '[name] of [name]'],
    ['mistral-large-3', 'Mistral AI made Mistral Large 3', '[name] made [name]'],
    ['deepseek-r1', 'DeepSeek-R1 or deepseek', '[name] or [name]'],
    ['my-own.model(1)', 'I am my-own.model(1).', 'I am [name].'],
  ])('of %s are hidden in "%s"', (model, text, hidden) => {
    expect(hide([model], text)).toBe(hidden);
  });

  it('are hidden for all candidates at once, whoever says them', () => {
    expect(hide(['nova-lite', 'claude-haiku-4-5'], 'Claude is better than Nova.')).toBe(
      '[name] is better than [name].',
    );
  });

  it('are left alone when the models are others', () => {
    expect(hide(['nova-lite'], 'Claude Monet')).toBe('Claude Monet');
  });

  it('stay where the question is about them, and are told', () => {
    const mask = maskNames(['nova-lite', 'claude-haiku-4-5'], catalog, 'When was Amazon founded?');
    expect(mask.hide('Amazon was founded in 1994, says Claude.')).toBe(
      'Amazon was founded in 1994, says [name].',
    );
    expect(mask.said).toEqual(['Amazon']);
  });

  it('can be anything without breaking the search', () => {
    expect(hide(['.*', '(((', '\\', 'a+b'], 'all of this stays: .* ((( \\ a+b')).toContain(
      'all of this stays',
    );
    expect(hide(['nova-lite'], 'Nova '.repeat(50_000))).not.toContain('Nova');
  });
});
