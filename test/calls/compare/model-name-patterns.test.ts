import { describe, expect, it } from 'vitest';
import { literally, makerOf } from '../../../src/calls/compare/model-name-patterns.ts';
import { loadCatalog } from '../../../src/catalog/models/catalog.ts';

const catalog = await loadCatalog();
const writing = catalog.models.filter(
  ({ kind, lifecycle }) => kind === 'text' && lifecycle.status !== 'unlisted',
);
const familiesOf = (provider: string) => makerOf(provider, [], catalog).families.map(({ shown }) => shown);

describe('the names of a maker', () => {
  it('are known for every model that writes: its title, its alias and its ID are surely its names', () => {
    for (const model of writing) {
      const { families, names } = makerOf(model.provider, [], catalog);
      const inId = model.id.slice(model.id.indexOf('.') + 1);
      // The IDs of DeepSeek are bare versions.
      for (const name of [model.name, catalog.aliasOf(model.id), inId].filter((each) => each !== undefined)) {
        if (/^(?:v3|r1)/.test(name)) continue;
        const isSure = families.some(({ sure }) => sure.some((pattern) => name.search(pattern) >= 0));
        expect.soft(isSure, `${model.id}: ${name}`).toBe(true);
      }
      expect(names.length + families.length).toBeGreaterThan(0);
    }
  });

  it('hold all its families, of models that write only', () => {
    expect(familiesOf('Amazon')).toEqual(['Nova', 'Titan']);
    expect(familiesOf('Anthropic')).toEqual(['Claude']);
    expect(familiesOf('Mistral AI')).toEqual(expect.arrayContaining(['Mistral', 'Mixtral', 'Pixtral']));
    expect(familiesOf('NVIDIA')).toEqual(['Nemotron']);
    expect(familiesOf('OpenAI')).toEqual(expect.arrayContaining(['GPT', 'ChatGPT']));
  });

  it('are words too where nothing but the ID is known', () => {
    const model = catalog.record('newprov.shiny-thing-v1:0');
    const [family] = makerOf(model.provider, [model], catalog).families;
    expect(family).toMatchObject({ shown: 'shiny', isWord: true });
  });
});

describe('a literal name', () => {
  it('is found in any case, with the end of an ID, and only whole', () => {
    const pattern = literally('House.model');
    expect('a house.MODEL-v1:0.'.replace(pattern, '#')).toBe('a #.');
    expect('houseXmodel house.models'.replace(pattern, '#')).toBe('houseXmodel house.models');
  });
});
