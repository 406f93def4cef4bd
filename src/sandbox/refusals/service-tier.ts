/** Service tiers that a model has not, in AWS's words (envoyproxy/ai-gateway#1749, NousResearch/hermes-agent#34476). */
import type { Family, ModelRecord } from '../../catalog/types.ts';
import { invalid } from '../refusal.ts';

/** Only the default tier is served (AWS's page on service tiers; openai/codex#25318 for GPT). */
const DEFAULT_ONLY: ReadonlySet<Family | 'unknown'> = new Set<Family>([
  'claude',
  'claude-legacy',
  'gpt',
  'titan-text',
  'llama2',
  'llama3',
  'llama4',
  'command',
  'command-r',
  'jamba',
]);

/** @param tier of the body (Converse) or of the header (InvokeModel). */
export function checkServiceTier({ family }: ModelRecord, tier: string | undefined): void {
  if (tier === undefined || tier === '' || tier === 'default') return;
  // No account of the sandbox has bought a reservation.
  if (tier === 'reserved') throw invalid('Reservation not found.');
  if (tier !== 'flex' && tier !== 'priority') throw invalid('service tier provided is invalid');
  if (DEFAULT_ONLY.has(family)) throw invalid('The provided service tier is not supported for this model.');
}
