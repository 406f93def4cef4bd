/**
 * What is done after AWS refused a member: left out, or written in the form that the model takes, once, told, and
 * remembered where the refusal does not hang on the rest of the request. A member without a row is never left out.
 */
import type { CachingFacts, ModelFeatures, ToolChoiceKind } from '../../../catalog/types.ts';
import type { CodecModel } from '../../../messages/types.ts';
import { hasCitations } from '../../prepare/output-mode.ts';
import { withoutCacheLifetimes, withoutCachePoints } from '../../prepare/rules/cache-points.ts';
import { withoutReasoning, withoutSignatures } from '../../prepare/rules/reasoning-history.ts';
import { withoutMember } from '../../prepare/rules/refused-members.ts';
import { forceAutoToolChoice, isForced } from '../../prepare/rules/tool-choice.ts';
import { dropResultStatus } from '../../prepare/rules/tool-turns/tool-results.ts';
import { moveSystemToUser } from '../../prepare/rules/turns.ts';
import { withoutStrict } from '../../prepare/schema/tool-schemas.ts';
import { withoutOldMedia } from './repair-media.ts';
import { reasonedOtherwise } from './repair-reasoning.ts';
import { again, changed, type Healing, type Refusal, type Refused } from './repair-row.ts';

type Heal = (refusal: Refusal) => Healing | undefined;

/** Leaves `member` out, and remembers that where `learned` says no better. */
function leaveOut(
  { request, refused, model }: Refusal,
  member: string,
  learned: Partial<ModelFeatures> = { refused: [...(model.features.refused ?? []), member] },
): Healing | undefined {
  const left = withoutMember(request, member);
  return left && (refused.scope === 'beside' ? left : { ...left, learned });
}

const ROWS: ReadonlyMap<string, Heal> = new Map<string, Heal>([
  // Who refuses the temperature refuses the other two (recorded with Claude and GPT).
  ['inferenceConfig.temperature', (at) => leaveOut(at, 'inferenceConfig.temperature', { sampling: 'none' })],
  [
    'inferenceConfig.topP',
    (at) => {
      const healed = leaveOut(at, 'inferenceConfig.topP');
      if (healed === undefined || !at.said.includes('cannot both')) return healed;
      return { ...healed, learned: { sampling: 'temperature-or-top-p' } };
    },
  ],
  ['inferenceConfig.topK', (at) => leaveOut(at, 'inferenceConfig.topK')],
  [
    'inferenceConfig.stopSequences',
    ({ request }) =>
      again(
        (request.inferenceConfig?.stopSequences ?? []).length > 0,
        request,
        'The model refused stop_sequences, so this server looks for them itself.',
        { stopSequences: false },
      ),
  ],
  ['performanceConfig', (at) => leaveOut(at, 'performanceConfig')],
  ['serviceTier', (at) => leaveOut(at, `serviceTier.${at.request.serviceTier ?? ''}`)],
  [
    'additionalModelResponseFieldPaths',
    (at) =>
      leaveOut(at, 'additionalModelResponseFieldPaths') ??
      // Those of this server, which asks under them for the stop sequence.
      again(
        (at.request.inferenceConfig?.stopSequences ?? []).length > 0,
        at.request,
        'The model refused to be asked which stop sequence was met.',
        { refused: [...(at.model.features.refused ?? []), 'additionalModelResponseFieldPaths'] },
      ),
  ],
  ['tools.field', (at) => leaveOut(at, `tools.${at.refused.path.at(-1) ?? ''}`)],
  ['anthropicBeta', withoutBetas],
  [
    'reasoning',
    (at) => reasonedOtherwise(at) ?? (at.refused.scope === 'value' ? undefined : leaveOut(at, 'reasoning')),
  ],
  ['cache', withoutCaching],
  [
    'cache.ttl',
    ({ request, model: { features } }) =>
      changed(
        request,
        withoutCacheLifetimes(request.cache?.ttl === undefined ? request : { ...request, cache: {} }),
        'The cache lifetime was left out, because the model refused it; what is cached lasts five minutes.',
        { caching: { ...knownCaching(features), ttl: [] } },
      ),
  ],
  [
    'toolConfig.toolChoice',
    ({ request, refused, model }) =>
      isForced(request)
        ? {
            request: forceAutoToolChoice(request),
            warning: 'The forced tool choice was changed to auto, because the model refused it.',
            learned: learnedChoice(refused, model),
          }
        : undefined,
  ],
  [
    'tools.strict',
    ({ request }) =>
      changed(
        request,
        withoutStrict(request),
        'strict was left out of the tools, because the model refused it.',
        { strictTools: false },
      ),
  ],
  [
    'system',
    ({ request, refused }) =>
      (request.system ?? []).length === 0 || refused.path.length > 1
        ? undefined
        : changed(
            request,
            moveSystemToUser(request),
            'The system text was put in front of the first user message, because the model takes none.',
            { system: false },
          ),
  ],
  [
    'messages.toolResultStatus',
    ({ request }) =>
      changed(
        request,
        dropResultStatus(request),
        'The status of tool results was left out, because the model refused it.',
        { toolResultStatus: false },
      ),
  ],
  [
    'messages.reasoningSignature',
    ({ request }) =>
      changed(
        request,
        withoutSignatures(request),
        'Signatures of earlier reasoning were left out, because the model refused them.',
      ),
  ],
  [
    'messages.reasoningContent',
    ({ request }) =>
      changed(
        request,
        withoutReasoning(request),
        'Reasoning of earlier turns was left out, because the model refused it.',
      ),
  ],
  [
    'messages.citations',
    ({ request }) =>
      again(
        hasCitations(request),
        request,
        'Citations were left out of the documents, because the model refused them.',
        { citations: false },
      ),
  ],
  ['messages.media', ({ request, refused }) => withoutOldMedia(request, refused)],
]);

/** What still goes when a choice was refused: at all, by its kind, or beside thinking. */
export function learnedChoice({ path, scope }: Refused, { features }: CodecModel): Partial<ModelFeatures> {
  if (scope === 'beside') return { forcedToolWhileThinking: false };
  const known: readonly ToolChoiceKind[] = features.toolChoice ?? ['auto', 'any', 'tool'];
  const named = known.find((kind) => kind === path.at(-1));
  return { toolChoice: known.filter((kind) => (named === undefined ? kind === 'auto' : kind !== named)) };
}

/** The ones that AWS names; else all that were sent, those too that tools need and this server added. */
function withoutBetas({ request, sent, model, said }: Refusal): Healing | undefined {
  const all = sent.anthropicBeta ?? [];
  const named = all.filter((name) => said.includes(`\`${name.toLowerCase()}\``));
  const names = named.length === 0 ? all : named;
  if (names.length === 0) return undefined;
  const members = names.map((name) => `anthropicBeta.${name}`);
  return {
    request: members.reduce((draft, member) => withoutMember(draft, member)?.request ?? draft, request),
    warning: `The model refused a beta, so ${names.join(', ')} and what needs it were left out.`,
    learned: { refused: [...(model.features.refused ?? []), ...members] },
  };
}

/** Neither the caller's own cache points nor those that the switch would place. */
function withoutCaching({ request, sent, refused, model: { features } }: Refusal): Healing | undefined {
  const { cache, ...rest } = request;
  const without = withoutCachePoints(cache === undefined ? request : rest);
  if (without === request) return undefined;
  if (refused.path.includes('tools')) {
    const { fields = ['system', 'messages', 'tools'], ...facts } = knownCaching(features);
    const learned = { caching: { ...facts, fields: fields.filter((field) => field !== 'tools') } };
    return {
      request,
      warning: 'Cache points in tools were left out, because the model refused them.',
      learned,
    };
  }
  const warning = 'Cache points were left out, because the model refused them; nothing is cached.';
  // Optimized latency and caching do not go together (boto3#4626).
  const isForNow = refused.scope === 'beside' || sent.performanceConfig?.latency === 'optimized';
  return { request: without, warning, ...(isForNow ? {} : { learned: { caching: false } }) };
}

function knownCaching({ caching }: ModelFeatures): CachingFacts {
  return caching === undefined || caching === false ? { ttl: ['5m', '1h'] } : caching;
}

/** Beside the provider's own body the caller's other words do not count. */
const BESIDE_BODY: ReadonlySet<string> = new Set(['serviceTier', 'performanceConfig']);
/** Where a refused value, and not only a refused member, has a healing. */
const BY_VALUE: ReadonlySet<string> = new Set(['reasoning']);

/** The healing of a refused member; undefined where there is none, and the error is to name the member. */
export function healMember(refusal: Refusal): Healing | undefined {
  const { refused, request } = refusal;
  const { path, member, scope } = refused;
  const [own = ''] = path;
  if (request.rawBody === undefined && Object.hasOwn(request.additionalModelRequestFields ?? {}, own)) {
    // What the caller wrote in the provider's own words is his.
    const isForm = member === 'reasoning' && request.reasoning === undefined;
    if (isForm) return reasonedOtherwise(refusal);
    return scope === 'value' ? undefined : leaveOut(refusal, `additionalModelRequestFields.${own}`);
  }
  if (member === undefined || (scope === 'value' && !BY_VALUE.has(member))) return undefined;
  if (request.rawBody !== undefined && !BESIDE_BODY.has(member)) return undefined;
  return ROWS.get(member)?.(refusal);
}
