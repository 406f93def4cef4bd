/**
 * Members that AWS has refused for a model and without which it still does what was asked: they are left out, told each
 * time. What stands in no row is never left out.
 */
import type { InferenceRequest } from '../../../messages/types.ts';
import { argumentOf } from '../argument-names.ts';
import type { Rule } from './rule.ts';
import { withoutSampling } from './sampling.ts';
import { mapSpecs } from './tool-definitions.ts';

export interface LeftOut {
  readonly request: InferenceRequest;
  readonly warning: string;
}

/** undefined where the request has nothing of the kind, or where it must not be left out. */
type Leave = (request: InferenceRequest, name: string) => LeftOut | undefined;

const left = (member: string, request: InferenceRequest, so = ''): LeftOut => ({
  request,
  warning: `${argumentOf(member)} was left out, because the model refuses it${so}.`,
});

/** By the first part of the member; the rest of it is what the row gets as `name`. */
const ROWS: ReadonlyMap<string, Leave> = new Map<string, Leave>([
  [
    'inferenceConfig',
    (request, name) => {
      const setting = (['temperature', 'topP', 'topK'] as const).find((each) => each === name);
      const without = setting === undefined ? request : withoutSampling(request, [setting]);
      return without === request ? undefined : left(`inferenceConfig.${name}`, without);
    },
  ],
  [
    'additionalModelRequestFields',
    (request, name) => {
      const { [name]: given, ...others } = request.additionalModelRequestFields ?? {};
      if (given === undefined || !isSamplingLike(name)) return undefined;
      return left(`additionalModelRequestFields.${name}`, {
        ...request,
        additionalModelRequestFields: others,
      });
    },
  ],
  ['reasoning', ({ reasoning, ...rest }) => (reasoning === undefined ? undefined : left('reasoning', rest))],
  [
    'performanceConfig',
    ({ performanceConfig, ...rest }) =>
      performanceConfig === undefined
        ? undefined
        : left('performanceConfig', rest, '; the call has the standard latency'),
  ],
  ['serviceTier', (request, name) => (request.serviceTier === name ? inDefaultTier(request) : undefined)],
  [
    'anthropicBeta',
    (request, name) => {
      const { anthropicBeta = [], ...rest } = request;
      const others = anthropicBeta.filter((beta) => beta !== name);
      if (others.length === anthropicBeta.length) return undefined;
      return {
        request: others.length === 0 ? rest : { ...rest, anthropicBeta: others },
        warning: `The beta ${name} was left out, because the model refuses it.`,
      };
    },
  ],
  [
    'additionalModelResponseFieldPaths',
    ({ additionalModelResponseFieldPaths: paths, ...rest }) =>
      paths === undefined ? undefined : left('additionalModelResponseFieldPaths', rest),
  ],
  [
    'tools',
    (request, name) => {
      const without = mapSpecs(request, (spec) => {
        const { [name]: given, ...others } = spec.anthropicFields ?? {};
        return given === undefined ? spec : { ...spec, anthropicFields: others };
      });
      return without === request
        ? undefined
        : { request: without, warning: `${name} was left out of the tools, because the model refuses it.` };
    },
  ],
]);

/** Numbers that say how words are drawn, in all spellings of the providers: without them the model's own ones count. */
const SAMPLING_LIKE: ReadonlySet<string> = new Set([
  ...['temperature', 'topp', 'topk', 'topa', 'minp', 'typicalp', 'seed'],
  ...['frequencypenalty', 'presencepenalty', 'repetitionpenalty', 'lengthpenalty', 'countpenalty'],
]);

function isSamplingLike(name: string): boolean {
  return SAMPLING_LIKE.has(name.toLowerCase().replaceAll('_', ''));
}

/**
 * The request without a member, such as `inferenceConfig.topK`, `serviceTier.flex` or `tools.defer_loading`; undefined
 * where it has none, or where leaving it out could break what was asked.
 */
export function withoutMember(request: InferenceRequest, member: string): LeftOut | undefined {
  const [head = '', ...rest] = member.split('.');
  return ROWS.get(head)?.(request, rest.join('.'));
}

/**
 * undefined when another tier must not be taken. `flex` is asked for its price and `priority` for its speed: both get
 * the same answer without. Who asks for `reserved` has paid for capacity.
 */
function inDefaultTier({ serviceTier, ...rest }: InferenceRequest): LeftOut | undefined {
  if (serviceTier !== 'flex' && serviceTier !== 'priority') return undefined;
  return {
    request: rest,
    warning: `The model has no ${serviceTier} tier here, so it was called in the default tier, at that tier's price.`,
  };
}

export const REFUSED_MEMBER_RULES: readonly Rule[] = [
  {
    name: 'refused-members',
    apply: (request, { model, warn }) =>
      (model.features.refused ?? []).reduce((draft, member) => {
        const without = withoutMember(draft, member);
        if (without === undefined) return draft;
        warn(without.warning);
        return without.request;
      }, request),
  },
];
