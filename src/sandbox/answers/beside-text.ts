/** What an answer has beside its own words on Converse: tools that Nova ran itself, sources that Claude cites, a trace. */
import type { ModelRecord } from '../../catalog/types.ts';
import type { JsonObject } from '../../json.ts';
import { listOf, objectOf, own, textOf } from '../json-read.ts';
import { stableId } from './answer.ts';

const GROUNDING = 'nova_grounding';

const systemTools = (body: JsonObject): string[] =>
  listOf(objectOf(body['toolConfig'])['tools']).flatMap((tool) => {
    const named = own(objectOf(tool), 'systemTool');
    return named === undefined ? [] : [textOf(objectOf(named)['name'])];
  });

/** Recorded with Nova 2: the call and its result stand before the text, with types of their own. */
export function ranBefore(body: JsonObject): JsonObject[] {
  return systemTools(body).flatMap((name): JsonObject[] => {
    const toolUseId = `tooluse_${stableId(JSON.stringify(body), 22)}`;
    const content =
      name === GROUNDING
        ? [{ text: '[HIDDEN]' }]
        : [{ json: { stdOut: '', stdErr: '', exitCode: 0, isError: false } }];
    return [
      { toolUse: { input: {}, name, toolUseId, type: 'server_tool_use' } },
      { toolResult: { content, status: 'success', toolUseId, type: `${name}_result` } },
    ];
  });
}

/** Recorded: Nova's web citations follow the text, each in a block without a text. */
export function citedAfter(body: JsonObject): JsonObject[] {
  const web = { domain: 'sandbox.example', url: 'https://sandbox.example/' };
  return systemTools(body).includes(GROUNDING)
    ? [{ citationsContent: { citations: [{ location: { web } }] } }]
    : [];
}

/** Claude's citations of the documents that ask for them: pages of a PDF, characters of everything else. */
export function documentCitations(body: JsonObject, model: ModelRecord): JsonObject[] {
  if (model.family !== 'claude') return [];
  const documents = listOf(body['messages'])
    .flatMap((message) => listOf(objectOf(message)['content']))
    .flatMap((block) => {
      const document = own(objectOf(block), 'document');
      return document === undefined ? [] : [objectOf(document)];
    });
  return documents.flatMap((document, documentIndex): JsonObject[] => {
    if (objectOf(document['citations'])['enabled'] !== true) return [];
    const place = { documentIndex, start: 1, end: 2 };
    const location: JsonObject =
      document['format'] === 'pdf' ? { documentPage: place } : { documentChar: place };
    return [{ location, sourceContent: [{ text: '[sandbox] source' }], title: textOf(document['name']) }];
  });
}

/** Recorded: whoever asks for a guardrail's trace gets one. */
export function guardrailTrace(body: JsonObject): JsonObject | undefined {
  const { guardrailIdentifier, trace } = objectOf(body['guardrailConfig']);
  if (trace !== 'enabled' && trace !== 'enabled_full') return undefined;
  return { guardrail: { inputAssessment: { [textOf(guardrailIdentifier)]: {} } } };
}
