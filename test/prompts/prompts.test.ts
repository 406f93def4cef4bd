import { describe, expect, it } from 'vitest';
import { promptsFor, promptText } from '../../src/prompts/prompts.ts';
import { PUBLISHED } from '../../src/tools/tool-set.ts';

const CORE = ['invoke_model', 'get_result', 'estimate_cost', 'embed_text', 'list_inference_profiles'];
const core = (tool: string) => CORE.includes(tool);

describe('with the core tools alone', () => {
  it('there are only prompts that lead somewhere, and they name no tool that is not there', () => {
    const prompts = promptsFor(core);
    expect(prompts.map(({ name }) => name)).toEqual(['second_opinion', 'cheapest_model_for']);
    for (const { name } of prompts) {
      const made = promptText(name, { question: 'q', task: 't' }, core);
      expect(JSON.stringify(made)).not.toMatch(/list_models|compare_models/);
      expect(JSON.stringify(made)).toContain('list_inference_profiles');
    }
    expect(promptText('compare', { question: 'q' }, core)).toEqual({
      problem: 'Unknown prompt "compare". Prompts are: second_opinion, cheapest_model_for.',
    });
  });
});

describe('the prompts of the menu', () => {
  it('are three, each with a title, a description, and its arguments described', () => {
    const prompts = promptsFor(() => true);
    expect(prompts.map(({ name }) => name)).toEqual(['second_opinion', 'compare', 'cheapest_model_for']);
    for (const { title, description, arguments: all } of prompts) {
      expect(title).not.toBe('');
      expect(description).toMatch(/\.$/);
      expect(all.filter(({ required }) => required)).toHaveLength(1);
      for (const argument of all) expect(argument.description).not.toBe('');
    }
  });

  it('name only tools that there are', () => {
    const tools = PUBLISHED.map(({ name }) => name);
    for (const { name, arguments: all } of promptsFor(() => true)) {
      const given = Object.fromEntries(all.map((argument) => [argument.name, 'x, y']));
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
    ['compare', { question: 'Is it so?', models: ' a,,b , a,' }, ['The models: a, b, a.']],
    [
      'compare',
      { question: 'Is it so?', models: 'a,b,c,d,e,f,g,h' },
      ['The models: a, b, c, d, e, f, g, h.'],
    ],
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
    [
      'compare',
      { question: 'x', models: 'nova-lite' },
      'two to eight models, separated by commas; models names 1.',
    ],
    ['compare', { question: 'x', models: 'nova-lite,' }, 'models names 1.'],
    ['compare', { question: 'x', models: ' , ' }, 'models names 0.'],
    ['compare', { question: 'x', models: 'a,b,c,d,e,f,g,h,i' }, 'models names 9.'],
    ['second_opinion', { question: 1 }, 'question must be text, not a number.'],
    ['second_opinion', { question: null }, 'question must be text, not null.'],
    ['second_opinion', { question: 'x', model: { id: 'x' } }, 'model must be text, not an object.'],
    ['compare', { question: 'x', models: ['a', 'b'] }, 'models must be text, not a list.'],
    ['second_opinion', [], 'must be an object, not a list.'],
    ['second_opinion', 'x', 'must be an object, not a string.'],
    ['second_opinion', null, 'must be an object, not null.'],
    [7, {}, 'name must be text. Prompts are'],
    [undefined, {}, 'name must be text. Prompts are'],
    ['no_such_prompt', {}, 'Prompts are: second_opinion, compare, cheapest_model_for'],
    ['toString', {}, 'Unknown prompt'],
    ['', {}, 'Unknown prompt'],
  ])('%s with %o is refused in words', (name, given, problem) => {
    expect(promptText(name, given)).toEqual({ problem: expect.stringContaining(problem) });
  });
});
