/**
 * What Converse refuses in documents, in files that lie in S3 and in search results. Wordings: recorded answers
 * (edc95595, 1fe710be), boto3#4608, #4648, #4726 (citations), strands harness-sdk#2135 (text sources).
 */
import type { ModelRecord } from '../../catalog/types.ts';
import type { JsonObject, JsonValue } from '../../json.ts';
import { listOf, objectOf, own, textOf } from '../json-read.ts';
import { fromModel, invalid } from '../refusal.ts';

/** Where a block stands: `messages.0.content.1`, or a part of the tool result there. */
export interface FilePlace {
  readonly model: ModelRecord;
  readonly path: string;
  readonly inResult: boolean;
}

/** Only Nova and Pegasus read from S3. Claude's document loses its source on the way to the model (recorded). */
export function checkSource(kind: string, source: JsonObject, { model, path, inResult }: FilePlace): void {
  if (source['s3Location'] === undefined || ['nova', 'pegasus', 'unknown'].includes(model.family)) return;
  if (model.family === 'claude' && kind === 'document' && !inResult)
    throw fromModel(`${path}.document.source.type: Field required`);
  throw invalid("This model doesn't support the s3Uri field. Remove s3Uri and try again.");
}

/** Citations take text and PDF only; a source of text or of parts is for citations alone. */
export function checkDocument(document: JsonObject, { model, path, inResult }: FilePlace): void {
  const source = objectOf(document['source']);
  const inText = source['text'] !== undefined || source['content'] !== undefined;
  const format = document['format'];
  if (objectOf(document['citations'])['enabled'] !== true) {
    if (inText)
      throw invalid(
        `DocumentSource object at ${path}.document.source must have bytes or s3Location when citations are not enabled.`,
      );
    return;
  }
  if (inResult) throw invalid('Citations are not supported in tool result documents.');
  if (model.features.citations === false) throw invalid("This model doesn't support citations.");
  if (format !== undefined && format !== 'txt' && format !== 'pdf')
    throw invalid(
      'Unsupported document format. Only txt and pdf formats are supported when citations are enabled',
    );
  if (format === 'txt' && !inText)
    throw fromModel(`${path}.image.source.bytes: The PDF specified was not valid.`);
}

/** A letter, digit, hyphen, bracket or (as seen in practice) underscore; single blanks in between. */
const isDocumentName = (name: string): boolean =>
  /^[\p{L}\p{N} ()[\]_-]{1,200}$/u.test(name) && !name.includes('  ');

const contentOf = (message: JsonValue): readonly JsonValue[] => listOf(objectOf(message)['content']);

const documentsIn = (blocks: readonly JsonValue[]): readonly JsonValue[] =>
  blocks.flatMap((block) => own(objectOf(block), 'document') ?? []);

/** Names and number of the documents, those inside tool results by name alone. */
export function checkDocuments(messages: readonly JsonValue[]): void {
  const blocks = messages.flatMap(contentOf);
  const nested = blocks.flatMap((block) => listOf(objectOf(objectOf(block)['toolResult'])['content']));
  const nameOf = (document: JsonValue) => textOf(objectOf(document)['name']);
  const names = documentsIn(blocks).map(nameOf);
  if (![...names, ...documentsIn(nested).map(nameOf)].every(isDocumentName)) {
    throw invalid(
      "The document file name can only contain alphanumeric characters, whitespace characters, hyphens, parentheses, and square brackets. The name can't contain more than one consecutive whitespace character.",
    );
  }
  if (names.length > 5) throw invalid("You can't include more than 5 documents in a request.");
  if (new Set(names).size < names.length) throw invalid("Messages can't contain duplicate document names.");
}

/** Search results are Claude's alone. */
export function checkSearchResult(model: ModelRecord, block: JsonObject): void {
  if (own(block, 'searchResult') === undefined || ['claude', 'unknown'].includes(model.family)) return;
  throw invalid(
    "This model doesn't support the searchResult content block that you provided. Update the content block and try again.",
  );
}

/** Claude's converted documents lose the mark that a cache point makes (strands sdk-python#2001); PDFs stay as they are. */
export function checkPointsBehindDocuments(
  model: ModelRecord,
  content: readonly JsonValue[],
  path: string,
): void {
  if (model.family !== 'claude') return;
  const at = content.findIndex((block, index) => {
    const before = own(objectOf(content[index - 1] ?? {}), 'document');
    if (own(objectOf(block), 'cachePoint') === undefined || before === undefined) return false;
    return objectOf(before)['format'] !== 'pdf';
  });
  if (at > 0) throw fromModel(`${path}.content.${at}.type: Field required`);
}
