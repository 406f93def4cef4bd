/** A refusal in the words of the caller: which argument AWS means, by the names and the count of the caller. Pure. */
import { type RefusedMember, refusedMember } from '../../aws/errors/refused-member.ts';
import type { BedrockError } from '../../bedrock-error.ts';
import type { InferenceRequest } from '../../messages/types.ts';
import { argumentOf } from '../prepare/argument-names.ts';
import type { Prepared } from '../prepare/prepare-request.ts';
import { quoted } from '../prepare/rules/rule.ts';
import { requestMember } from './request-member.ts';

interface Argument {
  /** As an error's `field`. */
  readonly field: string;
  /** For a sentence. */
  readonly name: string;
}

/**
 * The same refusal, naming the caller's argument where AWS names a member; the error itself where it names none.
 * @param given the request as the caller gave it.
 */
export function namedRefusal(error: BedrockError, prepared: Prepared, given: InferenceRequest): BedrockError {
  const { awsMessage, field } = error;
  const isRefusal = error.code === 'rejected_request' || error.code === 'unsupported_feature';
  if (!isRefusal || awsMessage === undefined || field !== undefined) return error;
  const member = refusedMember(awsMessage);
  const argument = member === undefined ? undefined : argumentFor(member, prepared, given);
  if (member === undefined || argument === undefined) return error;
  const fix =
    error.code === 'unsupported_feature'
      ? `Leave ${argument.name} out, or choose a model that takes it (list_models shows capabilities).`
      : `Correct ${argument.name} as AWS says; options.dry_run shows the request as it is sent.`;
  return error.with({
    message: `AWS refuses ${argument.name}. ${error.message}`,
    fix,
    field: argument.field,
  });
}

function argumentFor(
  { path }: RefusedMember,
  prepared: Prepared,
  given: InferenceRequest,
): Argument | undefined {
  const [first = '', second = ''] = path;
  const own = ownField(path, given);
  if (own !== undefined) return plain(own);
  if (first === 'toolConfig' && second === 'tools') return toolAt(path.slice(1), prepared, given);
  if (first === 'tools') return toolAt(path, prepared, given);
  if (first === 'messages') return messageAt(path, prepared, given);
  const member = requestMember(path);
  if (member === undefined) return undefined;
  // Of a part of a message only the kind is told.
  return plain(member.startsWith('messages.') ? 'messages' : argumentOf(member));
}

const plain = (field: string): Argument => ({ field, name: field });

/** What the caller wrote in the provider's own words. */
function ownField(
  [first = '']: readonly string[],
  { rawBody, additionalModelRequestFields }: InferenceRequest,
): string | undefined {
  if (rawBody !== undefined)
    return argumentOf(Object.hasOwn(rawBody, first) ? `rawBody.${first}` : 'rawBody');
  return Object.hasOwn(additionalModelRequestFields ?? {}, first)
    ? argumentOf(`additionalModelRequestFields.${first}`)
    : undefined;
}

/** The tool by its name, because tools are renamed, rewritten and joined by our own on the way. */
function toolAt([, at = '']: readonly string[], prepared: Prepared, given: InferenceRequest): Argument {
  const sent = prepared.request.toolConfig?.tools.filter((tool) => 'toolSpec' in tool)[Number(at)];
  if (at === '' || sent === undefined || !('toolSpec' in sent)) return plain('tools');
  const name = prepared.toolName.restore(sent.toolSpec.name);
  const index = given.toolConfig?.tools.findIndex(
    (tool) => 'toolSpec' in tool && tool.toolSpec.name === name,
  );
  const field = index === undefined || index < 0 ? 'tools' : `tools[${index}]`;
  return { field, name: `the tool ${quoted(name)}` };
}

/** Rules join and move messages; a position is told only where it is the caller's own. */
function messageAt([, at = '']: readonly string[], { request }: Prepared, given: InferenceRequest): Argument {
  const index = Number(at);
  const sent = request.messages[index];
  const isCallers =
    request.messages.length === given.messages.length && sent?.role === given.messages[index]?.role;
  return plain(isCallers && sent !== undefined ? `messages[${index}]` : 'messages');
}
