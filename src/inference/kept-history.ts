/**
 * A kept conversation as the next model takes it. Any model may continue any thread, so what it cannot read of the earlier
 * turns is put into words, with a warning. What the caller says in this turn stays as it is, save that results follow the
 * tool calls that they answer. Pure.
 */
import type { MediaKind } from '../catalog/types.ts';
import { MEDIA_KINDS, MOST_DOCUMENTS, MOST_IMAGES } from './request-rules/media.ts';
import type {
  CodecModel,
  ContentBlock,
  InferenceRequest,
  Message,
  ToolResultBlock,
  ToolResultContent,
} from './types.ts';

export interface Adapted {
  readonly request: InferenceRequest;
  readonly warnings: readonly string[];
}

/** `request.kept` says which part of the request came from a thread; without it nothing is changed. */
export function adaptKept(request: InferenceRequest, model: CodecModel): Adapted {
  const { kept, ...own } = request;
  if (kept === undefined) return { request, warnings: [] };
  const warnings: string[] = [];
  let adapted: InferenceRequest = own;
  if (model.features.tools === false && (kept.tools || own.toolConfig === undefined)) {
    const { toolConfig, ...rest } = adapted;
    const messages = rest.messages.map((message) => toolsInWords(message));
    const isSame = messages.every((message, at) => message === rest.messages[at]);
    if (!isSame || toolConfig !== undefined)
      warnings.push(
        `Tool calls of the thread were put into words, and its tools left out: ${model.id} takes no tools.`,
      );
    adapted = { ...rest, messages };
  }
  const left = MEDIA_KINDS.filter(({ feature }) => model.features[feature] === false).map(({ kind }) => kind);
  if (left.length > 0) {
    const messages = adapted.messages.map((message, at) =>
      at < kept.messages ? withoutMedia(message, left) : message,
    );
    if (messages.some((message, at) => message !== adapted.messages[at])) {
      warnings.push(
        `Files of earlier turns were left out, each with a note in its place: ${model.id} takes no ${left.join(', no ')}.`,
      );
      adapted = { ...adapted, messages };
    }
  }
  for (const { kind, most } of MOST) {
    const tooMany = countOf(adapted.messages, kind) - most;
    if (tooMany <= 0) continue;
    const messages = withoutOldest(adapted.messages, kind, tooMany, kept.messages);
    if (messages.every((message, at) => message === adapted.messages[at])) continue;
    warnings.push(
      `The oldest ${kind}s of the thread were left out, each with a note in its place: one request takes ${most}.`,
    );
    adapted = { ...adapted, messages };
  }
  return { request: adapted, warnings };
}

/** A thread that collects files would otherwise come to an end at the limits of one request. */
const MOST: readonly { readonly kind: 'image' | 'document'; readonly most: number }[] = [
  { kind: 'image', most: MOST_IMAGES },
  { kind: 'document', most: MOST_DOCUMENTS },
];

function countOf(messages: readonly Message[], kind: MediaKind): number {
  const parts = messages.flatMap(({ content }) =>
    content.flatMap((block): readonly object[] =>
      'toolResult' in block ? block.toolResult.content : [block],
    ),
  );
  return parts.filter((part) => kind in part).length;
}

/** Message by message from the first on, until so many are gone or what was kept is over. */
function withoutOldest(
  messages: readonly Message[],
  kind: MediaKind,
  tooMany: number,
  keptMessages: number,
): readonly Message[] {
  let left = tooMany;
  return messages.map((message, at) => {
    if (at >= keptMessages || left <= 0) return message;
    left -= countOf([message], kind);
    return withoutMedia(message, [kind]);
  });
}

function toolsInWords(message: Message): Message {
  const names = message.content.some((block) => 'toolUse' in block || 'toolResult' in block);
  if (!names) return message;
  return {
    ...message,
    content: message.content.flatMap((block): readonly ContentBlock[] => {
      if ('toolUse' in block) {
        const { name, input } = block.toolUse;
        return [{ text: `[Called the tool ${name} with ${JSON.stringify(input)}]` }];
      }
      return 'toolResult' in block ? resultInWords(block.toolResult) : [block];
    }),
  };
}

function resultInWords({ content, status }: ToolResultBlock): readonly ContentBlock[] {
  const said = content.flatMap((part) =>
    'text' in part ? [part.text] : 'json' in part ? [JSON.stringify(part.json)] : [],
  );
  const files = content.filter(
    (part): part is Exclude<ToolResultContent, { text: string } | { json: unknown }> =>
      !('text' in part) && !('json' in part),
  );
  const how = status === 'error' ? 'The tool failed' : 'The tool answered';
  return [{ text: `[${how}: ${said.join('\n') || '(nothing)'}]` }, ...files];
}

function withoutMedia(message: Message, left: readonly MediaKind[]): Message {
  const isLeft = (block: object) => left.some((kind) => kind in block);
  const content = message.content.map((block): ContentBlock => {
    if (isLeft(block)) return noteFor(block);
    if (!('toolResult' in block) || !block.toolResult.content.some(isLeft)) return block;
    const parts = block.toolResult.content.map((part) => (isLeft(part) ? noteFor(part) : part));
    return { toolResult: { ...block.toolResult, content: parts } };
  });
  return content.every((block, at) => block === message.content[at]) ? message : { ...message, content };
}

/** Documents that are text anyway stay; of the rest only what it was is told. */
function noteFor(block: ContentBlock | ToolResultContent): { readonly text: string } {
  if ('document' in block) {
    const { name, format, source } = block.document;
    if ('text' in source) return { text: `[Document ${name}]\n${source.text}` };
    if ('content' in source)
      return { text: `[Document ${name}]\n${source.content.map(({ text }) => text).join('\n')}` };
    return { text: `[A ${format} document, ${name}, was here.]` };
  }
  const kind = MEDIA_KINDS.find((each) => each.kind in block)?.kind ?? 'file';
  return { text: `[${kind === 'image' || kind === 'audio' ? 'An' : 'A'} ${kind} was here.]` };
}
