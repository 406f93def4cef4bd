/** What is refused about the IDs of tool calls. */
import type { ModelRecord } from '../../catalog/types.ts';
import { constraint, fromModel, invalid } from '../refusal.ts';

/** The IDs of the calls of one message, each with the place of its block. */
export interface CallIds {
  readonly index: number;
  readonly ids: readonly { readonly id: string; readonly position: number }[];
}

const CONVERSE_ID = /^[a-zA-Z0-9_.:-]{1,64}$/;
const ANTHROPIC_ID = /^[a-zA-Z0-9_-]+$/;
/** Mistral's own; those that Bedrock gave itself are mapped by Bedrock (anomalyco/opencode#48843). */
const MISTRAL_ID = /^(?:[a-zA-Z0-9]{9}|tooluse_[\w-]+)$/;

export function checkConverseIds(model: ModelRecord, messages: readonly CallIds[]): void {
  for (const { index, ids } of messages) {
    const wrong = ids.find(({ id }) => !CONVERSE_ID.test(id));
    if (wrong !== undefined)
      throw constraint(
        wrong.id,
        `messages.${index + 1}.member.content.${wrong.position + 1}.member.toolUse.toolUseId`,
        wrong.id === ''
          ? 'have length greater than or equal to 1'
          : 'satisfy regular expression pattern: [a-zA-Z0-9_.:-]+',
      );
    const twice = ids.filter(({ id }, at) => ids.findIndex((other) => other.id === id) < at);
    if (twice.length > 0) {
      // Recorded with Mistral Large 3.
      const names = [...new Set(twice.map(({ id }) => id))].join(', ');
      throw invalid(`The toolUse blocks at messages.${index}.content contain duplicate Ids: ${names}`);
    }
  }
  if (model.features.toolUseId === 'nine-alphanumerics') {
    const wrong = messages.flatMap(({ ids }) => ids).find(({ id }) => !MISTRAL_ID.test(id));
    if (wrong !== undefined)
      throw fromModel(`Tool call id was ${wrong.id} but must be a-z, A-Z, 0-9, with a length of 9.`);
  }
  const complaint = model.family === 'claude' ? anthropicIdComplaint(messages) : undefined;
  if (complaint !== undefined) throw fromModel(complaint);
}

/** What Claude says on both APIs. */
export function anthropicIdComplaint(messages: readonly CallIds[]): string | undefined {
  const seen = new Set<string>();
  for (const { index, ids } of messages) {
    for (const { id, position } of ids) {
      const place = `messages.${index}.content.${position}`;
      if (!ANTHROPIC_ID.test(id))
        return `${place}.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'`;
      if (seen.has(id)) return `${place}: \`tool_use\` ids must be unique`;
      seen.add(id);
    }
  }
  return undefined;
}
