/** The service tier: a model without the one that was chosen is called in the default one, where that breaks no promise. */
import type { InferenceRequest } from '../../../messages/types.ts';
import type { Rule } from './rule.ts';

/**
 * The request in the default tier; undefined when another tier must not be taken. `flex` is asked for its price and
 * `priority` for its speed: both get the same answer without. Who asks for `reserved` has paid for capacity.
 */
export function inDefaultTier(
  request: InferenceRequest,
): { readonly request: InferenceRequest; readonly warning: string } | undefined {
  const { serviceTier, ...rest } = request;
  if (serviceTier !== 'flex' && serviceTier !== 'priority') return undefined;
  return {
    request: rest,
    warning: `The model has no ${serviceTier} tier here, so it was called in the default tier, at that tier's price.`,
  };
}

export const SERVICE_TIER_RULES: readonly Rule[] = [
  {
    name: 'service-tier-of-the-model',
    apply(request, { model, warn }) {
      const { serviceTier } = request;
      if (serviceTier === undefined || !model.features.refusedTiers?.includes(serviceTier)) return request;
      const settled = inDefaultTier(request);
      if (settled === undefined) return request;
      warn(settled.warning);
      return settled.request;
    },
  },
];
