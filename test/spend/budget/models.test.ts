import { expect, it } from 'vitest';
import { loadCatalog } from '../../../src/catalog/models/catalog.ts';
import { configSchema } from '../../../src/config/schema.ts';
import { withKnownModels } from '../../../src/spend/budget/models.ts';

const HAIKU = 'anthropic.claude-haiku-4-5-20251001-v1:0';
const catalog = await loadCatalog();
const limited = (model: string) => {
  const { budgets } = configSchema.parse({ budgets: [{ scope: 'day', model, usd: 1 }] });
  return withKnownModels(budgets, catalog)[0]?.model;
};

it.each([
  ['an alias', 'claude-haiku-4-5', 'claude-haiku-4-5'],
  ['another spelling of it', 'haiku4.5', HAIKU],
  ['its title', 'Claude Haiku 4.5', HAIKU],
  ['a pattern', '*haiku*', '*haiku*'],
  ['each model', '*', '*'],
  ['an ID', HAIKU, HAIKU],
  ['an ID that nobody knows yet', 'anthropic.claude-new-9-v1:0', 'anthropic.claude-new-9-v1:0'],
])('a limit on %s counts the calls of the model', (_what, typed, model) => {
  expect(limited(typed)).toBe(model);
});

it('a limit on a name that is no model is refused, because it would never count', () => {
  expect(() => limited('nope-model')).toThrow(/budgets\[0\].*"nope-model"/);
});
