import { describe, expect, it } from 'vitest';
import { PROMPTS, promptText } from '../../src/tools/prompts.ts';
import { PUBLISHED } from '../../src/tools/tool-host.ts';

describe('the prompts of the menu', () => {
  it('are three, each with a title, a description, and its arguments described', () => {
    expect(PROMPTS.map(({ name }) => name)).toEqual(['second_opinion', 'compare', 'cheapest_model_for']);
    for (const { title, description, arguments: all } of PROMPTS) {
      expect(title).not.toBe('');
      expect(description).toMatch(/\.$/);
      expect(all.filter(({ required }) => required)).toHaveLength(1);
      for (const argument of all) expect(argument.description).not.toBe('');
    }
  });

  it('name only tools that there are', () => {
    const tools = PUBLISHED.map(({ name }) => name);
    for (const { name, arguments: all } of PROMPTS) {
      const given = Object.fromEntries(all.map((argument) => [argument.name, 'x']));
      const made = promptText(name, given);
      const text = 'text' in made ? made.text : '';
      const named = text.match(/\b[a-z]+_[a-z_]+\b/g) ?? [];
      expect(named.length).toBeGreaterThan(0);
      for (const tool of named) expect(tools).toContain(tool);
    }
  });

  it.each([
    ['second_opinion', { question: 'Is it so?', model: 'nova-pro' }, ['Is it so?', 'Ask nova-pro']],
    ['second_opinion', { question: 'Is it so?' }, ['Is it so?', 'list_models']],
    ['compare', { question: 'Is it so?', models: 'a, b' }, ['Is it so?', 'The models: a, b.']],
    ['compare', { question: 'Is it so?', models: '  ' }, ['Is it so?', 'Choose three']],
    ['cheapest_model_for', { task: 'Sort mail', needs: 'tools' }, ['Sort mail', 'It needs: tools']],
  ])('%s with %j says what was given', (name, given, words) => {
    const made = promptText(name, given);
    for (const word of words) expect(made).toMatchObject({ text: expect.stringContaining(word) });
    expect(JSON.stringify(made)).not.toContain('undefined');
  });

  it.each([
    ['second_opinion', {}, 'needs question'],
    ['compare', { question: ' \n ' }, 'needs question'],
    ['compare', { models: 'a, b' }, 'needs question'],
    ['cheapest_model_for', { question: 'wrong argument' }, 'needs task'],
    ['compare', { question: 'x'.repeat(200_001) }, 'more than 200000 characters'],
    ['compare', { question: 'x', models: 'x'.repeat(200_001) }, 'models has more than'],
    ['no_such_prompt', {}, 'Prompts are: second_opinion, compare, cheapest_model_for'],
    ['toString', {}, 'Unknown prompt'],
    ['', {}, 'Unknown prompt'],
  ])('%s with %o is refused in words', (name, given, problem) => {
    expect(promptText(name, given)).toEqual({ problem: expect.stringContaining(problem) });
  });
});
