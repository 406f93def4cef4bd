/**
 * Rules about documents: names, citations, the form of their source, the text beside them.
 * Sources: the SDK's documentation of DocumentBlock; boto3#4648, #4726 and #4608 (citations), strands
 * harness-sdk#2135 (a source of text is for citations alone).
 */
import { APIS, isConverseForm } from '../../../../messages/apis.ts';
import { TEXT_DOCUMENTS } from '../../../../messages/file-format.ts';
import type { DocumentBlock, InferenceRequest } from '../../../../messages/types.ts';
import { mapFiles } from '../media.ts';
import { isBlank, mapContent, quoted, type Rule, type RuleContext } from '../rule.ts';

const LONGEST_NAME = 200;

/** Letters, digits, single blanks, hyphens, parentheses, square brackets; the underscore is accepted in practice. */
function safeName(name: string): string {
  const plain = name
    .normalize('NFKD')
    .replace(/\.(?:pdf|csv|docx?|xlsx?|html|txt|md)$/i, '')
    .replace(/\p{Mark}+/gu, '')
    .replace(/[^a-zA-Z0-9\s\-()[\]_]+/g, '-')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, LONGEST_NAME - 8)
    .trim();
  return /[a-zA-Z0-9]/.test(plain) ? plain : 'document';
}

/** A tab is no blank to Bedrock. */
const NAME_IS_FINE = /^[a-zA-Z0-9\-()[\]_]+(?: [a-zA-Z0-9\-()[\]_]+)*$/;

function documentNames(request: InferenceRequest, context: RuleContext): InferenceRequest {
  if (!APIS[context.api].checksDocuments) return request;
  const taken = new Set<string>();
  return mapFiles(request, {
    document: (document) => {
      const fine = document.name.length <= LONGEST_NAME && NAME_IS_FINE.test(document.name);
      const base = fine ? document.name : safeName(document.name);
      let name = base;
      for (let count = 2; taken.has(name); count += 1) name = `${base.slice(0, LONGEST_NAME - 8)} (${count})`;
      taken.add(name);
      if (name === document.name) return document;
      context.warn(`The document ${quoted(document.name)} was sent under the name ${quoted(name)}.`);
      return { ...document, name };
    },
  });
}

/** Why the document cannot be cited, in words that end a sentence; undefined when it can. */
function whyNotCited(document: DocumentBlock, inResult: boolean, context: RuleContext): string | undefined {
  if (context.model.features.citations === false) return `${context.model.id} cites no documents`;
  const { checksDocuments, name } = APIS[context.api];
  if (!checksDocuments) return undefined;
  if (inResult) return `${name} takes them on documents of a message, not of a tool result`;
  return document.format === 'pdf' || TEXT_DOCUMENTS.has(document.format)
    ? undefined
    : `${name} takes them on text and PDF, not on ${document.format}`;
}

function citations(request: InferenceRequest, context: RuleContext): InferenceRequest {
  return mapFiles(request, {
    document: (document, _field, inResult) => {
      if (document.citations === undefined) return document;
      const { citations: wanted, ...plain } = document;
      // A switch that is off says nothing new.
      if (!wanted.enabled) return context.model.features.citations === false ? plain : document;
      const why = whyNotCited(document, inResult, context);
      if (why === undefined) return document;
      context.warn(`citations were left out of the document ${quoted(document.name)}: ${why}.`);
      return plain;
    },
  });
}

/** On Converse a text that is cited goes as text, and every other document as bytes. */
function sources(request: InferenceRequest, context: RuleContext): InferenceRequest {
  return mapFiles(request, {
    document: (document) => {
      const isCited = document.citations?.enabled === true;
      if (APIS[context.api].checksDocuments && isCited) return asCitedText(document, context);
      const { source } = document;
      const isInText = 'text' in source || 'content' in source;
      if (!isInText || !isConverseForm(context.api, context.model.family)) return document;
      const text = 'text' in source ? source.text : source.content.map((part) => part.text).join('\n\n');
      // A PDF given as text is none; the text is what there is.
      const format = TEXT_DOCUMENTS.has(document.format) ? document.format : 'txt';
      return { ...document, format, source: { bytes: new TextEncoder().encode(text) } };
    },
  });
}

function asCitedText(document: DocumentBlock, { warn }: RuleContext): DocumentBlock {
  const { format, source } = document;
  if (!TEXT_DOCUMENTS.has(format)) return document;
  if (format !== 'txt')
    warn(`The document ${quoted(document.name)} was sent as txt, because citations take no ${format}.`);
  const text = 'bytes' in source ? { text: new TextDecoder().decode(source.bytes) } : source;
  return format === 'txt' && text === source ? document : { ...document, format: 'txt', source: text };
}

export const DOCUMENT_RULES: readonly Rule[] = [
  { name: 'document-citations', apply: citations },
  { name: 'document-sources', apply: sources },
  { name: 'document-names', apply: documentNames },
  {
    // "A text block must be included when using documents" (recorded), also when only a tool result stands beside it.
    name: 'text-beside-documents',
    apply: (request, context) =>
      mapContent(request, ({ content }) => {
        const hasDocument = content.some((block) => 'document' in block);
        const hasText = content.some((block) => 'text' in block && !isBlank(block.text));
        if (!hasDocument || hasText) return content;
        context.warn('A line of text was added beside a document, because Bedrock demands one.');
        return [...content, { text: 'See the attached document.' }];
      }),
  },
];
