/** What Converse refuses in `messages` and `system`. Wordings from recorded answers and issue threads. */
import type { ModelRecord } from '../../catalog/types.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../json.ts';
import { listOf, objectOf, own, textOf } from '../json-read.ts';
import { constraint, fromModel, invalid, Refusal } from '../refusal.ts';
import {
  checkDocument,
  checkDocuments,
  checkPointsBehindDocuments,
  checkSearchResult,
  checkSource,
} from './documents.ts';
import { imageFormat, PREFILL_COMPLAINT, PREFILL_WITH_TOOLS_COMPLAINT } from './model.ts';
import { systemTurnComplaint } from './system-turns.ts';
import { checkToolResult } from './tool-results.ts';
import { checkConverseIds } from './tool-use-ids.ts';

const MEDIA = [
  ['image', 'images'],
  ['document', 'documents'],
  ['video', 'video'],
  ['audio', 'audio'],
] as const;

const BLOCK_KINDS = [
  'text',
  'image',
  'document',
  'video',
  'audio',
  'toolUse',
  'toolResult',
  'guardContent',
  'cachePoint',
  'reasoningContent',
  'citationsContent',
  'searchResult',
  'toolAddition',
  'toolRemoval',
];

interface Place {
  readonly model: ModelRecord;
  readonly role: string;
  readonly path: string;
  readonly block: JsonObject;
}

const contentOf = (message: JsonValue): readonly JsonValue[] => listOf(objectOf(message)['content']);
const idsOf = (message: JsonValue | undefined, kind: 'toolUse' | 'toolResult'): string[] =>
  contentOf(message ?? {})
    .map((block) => objectOf(block)[kind])
    .filter(isJsonObject)
    .map((tool) => textOf(tool['toolUseId']));

function checkRoles(model: ModelRecord, messages: readonly JsonValue[], withTools: boolean): void {
  const roles = messages.map((message) => textOf(objectOf(message)['role']));
  roles.forEach((role, index) => {
    if (!['user', 'assistant', 'system'].includes(role)) {
      throw constraint(
        role,
        `messages.${index + 1}.member.role`,
        'satisfy enum value set: [user, assistant, system]',
      );
    }
  });
  const complaint = systemTurnComplaint(model, roles);
  if (complaint !== undefined) throw fromModel(complaint);
  const strict = model.features.userFirst !== false;
  if (messages.length === 0 || (strict && roles[0] !== 'user')) {
    throw invalid(
      'A conversation must start with a user message. Try again with a conversation that starts with a user message.',
    );
  }
  // Recorded in 2026: Nova and DeepSeek take two messages of one role in a row.
  const alternates = strict && model.family !== 'nova' && model.family !== 'deepseek';
  if (alternates && roles.some((role, index) => index > 0 && role === roles[index - 1])) {
    throw invalid(
      'A conversation must alternate between user and assistant roles. Make sure the conversation alternates between user and assistant roles and try again.',
    );
  }
  if (roles.at(-1) !== 'assistant') return;
  if (model.features.prefill === false) throw fromModel(PREFILL_COMPLAINT);
  if (withTools && model.family === 'claude') throw fromModel(PREFILL_WITH_TOOLS_COMPLAINT);
}

/** White space alone is refused for Claude only; nothing at all is refused for every model. */
function checkText(model: ModelRecord, value: JsonValue, path: string): void {
  const text = textOf(value);
  if ((model.family.startsWith('claude') ? text.trim() : text) === '') {
    throw invalid(
      `The text field in the ContentBlock object at ${path} is blank. Add text to the text field, and try again.`,
    );
  }
}

function checkMedia({ model, block, role, path }: Place): void {
  for (const [kind, feature] of MEDIA) {
    const media = own(block, kind);
    if (media === undefined) continue;
    if (model.features[feature] === false) {
      throw invalid(
        `This model doesn't support the ${kind} content block that you provided. Update the content block and try again.`,
      );
    }
    const source = objectOf(objectOf(media)['source']);
    if (Object.keys(source).length === 0) throw constraint('null', `${path}.${kind}.source`, 'not be null');
    const place = { model, path, inResult: false };
    checkSource(kind, source, place);
    if (kind === 'document') checkDocument(objectOf(media), place);
    if (kind === 'document' && role !== 'user') {
      throw invalid('Documents can only be included in messages with the user role.');
    }
    if (kind === 'image' && typeof source['bytes'] === 'string') {
      checkImage(model, textOf(objectOf(media)['format']), source['bytes']);
    }
  }
}

/** Recorded: Claude says "Could not process image"; Nova names the type, on a stream in the first frame. */
function checkImage(model: ModelRecord, declared: string, data: string): void {
  if (imageFormat(data) === declared) return;
  if (model.family !== 'nova') throw fromModel('Could not process image');
  throw new Refusal(
    400,
    'ValidationException',
    `The model returned the following errors: The detected file MIME type text/plain does not match the expected type image/${declared}. Reformat your input and try again.`,
    { inStream: true },
  );
}

function checkReasoning({ model, block, role }: Place): void {
  const reasoning = own(block, 'reasoningContent');
  if (reasoning === undefined) return;
  if (role !== 'assistant') {
    throw invalid(
      'User messages cannot contain reasoning content. Please remove the reasoning content and try again.',
    );
  }
  if (model.family === 'deepseek-r1' || model.features.reasoning === 'none') {
    throw invalid(
      "This model doesn't support the reasoningContent content block that you provided. Update the content block and try again.",
    );
  }
  const signed = objectOf(objectOf(reasoning)['reasoningText'])['signature'] !== undefined;
  if (signed && model.family !== 'claude') {
    throw invalid(
      "This model doesn't support the reasoningContent.reasoningText.signature field. Remove reasoningContent.reasoningText.signature and try again.",
    );
  }
}

function checkMessage(model: ModelRecord, message: JsonValue, index: number): void {
  const role = textOf(objectOf(message)['role']);
  const content = contentOf(message);
  if (content.length === 0) {
    throw invalid(
      `The content field in the Message object at messages.${index} is empty. Add a ContentBlock object to the content field and try again.`,
    );
  }
  checkPointsBehindDocuments(model, content, `messages.${index}`);
  content.forEach((value, position) => {
    const block = objectOf(value);
    const path = `messages.${index}.content.${position}`;
    const kinds = Object.keys(block).filter((key) => BLOCK_KINDS.includes(key));
    const content = block[kinds[0] ?? ''];
    const fits = kinds[0] === 'text' ? typeof content === 'string' : isJsonObject(content);
    if (kinds.length !== 1 || !fits) {
      throw invalid(
        `The format of the value at ${path} is invalid. Provide a json object for the field and try again.`,
      );
    }
    if (kinds[0] === 'text') checkText(model, block['text'] ?? '', path);
    const place = { model, role, path, block };
    checkMedia(place);
    checkSearchResult(model, block);
    checkReasoning(place);
    checkToolResult(model, block, path);
  });
  const kinds = content.map((block) => Object.keys(objectOf(block))[0]);
  if (kinds.includes('document') && !kinds.includes('text')) {
    throw invalid(
      'A text block must be included when using documents. Add a text block and retry your request.',
    );
  }
  const mixed =
    kinds.includes('toolResult') && kinds.some((kind) => kind !== 'toolResult' && kind !== 'cachePoint');
  if (mixed && model.features.toolResultAlone) {
    throw invalid(
      `messages.${index}.content: Conversation blocks and tool result blocks cannot be provided in the same turn.`,
    );
  }
}

/** Every tool use must be answered in the next message, and nothing else may be. */
function checkToolPairs(messages: readonly JsonValue[]): void {
  messages.forEach((message, index) => {
    const results = idsOf(message, 'toolResult');
    const uses = index === 0 ? [] : idsOf(messages[index - 1], 'toolUse');
    const missing = uses.filter((id) => !results.includes(id));
    if (missing.length > 0) {
      throw invalid(
        `Expected toolResult blocks at messages.${index}.content for the following Ids: ${missing.join(', ')}`,
      );
    }
    if (results.length > uses.length) {
      throw invalid(
        `The number of toolResult blocks at messages.${index}.content exceeds the number of toolUse blocks of previous turn.`,
      );
    }
  });
}

export function checkMessages(model: ModelRecord, body: JsonObject): void {
  const messages = listOf(body['messages']);
  messages.forEach((message, index) => {
    checkMessage(model, message, index);
  });
  checkRoles(model, messages, own(body, 'toolConfig') !== undefined);
  checkDocuments(messages);
  const toolBlocks = messages.some(
    (message) => [...idsOf(message, 'toolUse'), ...idsOf(message, 'toolResult')].length > 0,
  );
  if (toolBlocks && own(body, 'toolConfig') === undefined) {
    throw invalid('The toolConfig field must be defined when using toolUse and toolResult content blocks.');
  }
  checkToolPairs(messages);
  checkConverseIds(
    model,
    messages.map((message, index) => ({
      index,
      ids: contentOf(message).flatMap((block, position) => {
        const use = objectOf(block)['toolUse'];
        return use === undefined ? [] : [{ id: textOf(objectOf(use)['toolUseId']), position }];
      }),
    })),
  );
}

export function checkSystem(model: ModelRecord, body: JsonObject): void {
  const system = listOf(body['system']);
  if (system.length > 0 && model.features.system === false) {
    throw invalid(
      "This model doesn't support system messages. Try again without a system message or use a model that supports system messages.",
    );
  }
  system.forEach((block, index) => {
    const text = own(objectOf(block), 'text');
    if (text !== undefined && textOf(text).trim() === '') {
      throw invalid(
        `The text field in the SystemContentBlock object at system.${index} is blank. Add text to the text field, and try again.`,
      );
    }
  });
}
