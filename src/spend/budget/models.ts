/** The models that limits are about, as calls name them: a limit on a name that no call has would never count anything. */
import { BedrockError } from '../../bedrock-error.ts';
import type { Catalog } from '../../catalog/models/catalog.ts';
import { parseModelId } from '../../catalog/models/model-id.ts';
import { didYouMean } from '../../catalog/models/suggest.ts';
import type { Config } from '../../config/schema.ts';

type Budgets = Config['budgets'];

/**
 * Other spellings of a model become its ID; patterns, IDs and ARNs stay as they are.
 * @throws BedrockError `config` for a name that is no model's.
 */
export function withKnownModels(budgets: Budgets, catalog: Catalog): Budgets {
  return budgets.map((budget, at) => {
    const { model } = budget;
    if (model === undefined || model.includes('*') || parseModelId(model).kind !== 'name') return budget;
    const named = catalog.byAlias(model);
    if (named === undefined) {
      throw new BedrockError('config', {
        message: `budgets[${at}] in the config file limits "${model.slice(0, 120)}", and no model is called so.`,
        fix: `${didYouMean(model, catalog)}Name an alias, a model ID or a pattern such as *haiku*; without it the limit would never count anything.`,
        field: `budgets[${at}].model`,
      });
    }
    const id = named.model?.id;
    // An alias stays, so that the limit is shown under the name that it was given.
    return id === undefined || catalog.aliasOf(id) === model.toLowerCase()
      ? budget
      : { ...budget, model: id };
  });
}
