/** What of a row may stand in the repository: its form and its counts whole, its words and identifiers shortened. */
import { chunkOf } from './frames.ts';
import type { RecordedEvent, Recording } from './recordings.ts';
import { bodyOf, framesOf, hashOf, type Raw, type Row } from './row.ts';

/** Longer texts keep this much of their beginning and their end. */
const HEAD = 400;
const TAIL = 150;
/** Of a signature or an encrypted part; a multiple of four, so that it stays base64. */
const OPAQUE = 64;
/** Bytes of a file that tell its format. */
const MAGIC = 24;
/** Of a longer run of text events the first and the last ones stay. */
const FIRST_EVENTS = 8;
const LAST_EVENTS = 4;
const DIGITS = 5;

const HEADERS = /^x-amzn-(errortype|bedrock-(?!content-type))/;

/** The recording of a row. */
export function redact(row: Row): Recording {
  const { region, status, streaming, request_body } = row;
  const events = streaming ? thinned(eventsOf(row)) : undefined;
  const before = { request: request_body, answer: streaming ? eventsOf(row) : bodyOf(row) };
  const after = shortened({ request: request_body, answer: events ?? before.answer });
  const isShorter = JSON.stringify(after).length < JSON.stringify(rounded(before)).length;
  const recording: Recording = {
    id: hashOf(row),
    model: row.model_id,
    ...(region === null ? {} : { region }),
    status,
    ...headersOf(row),
    ...(isShorter ? { shortened: true } : {}),
    ...(streaming && framesOf(row).some(({ payload }) => 'p' in payload) ? { padded: true } : {}),
    ...(request_body === null ? {} : { request: after.request }),
    ...(streaming ? { events: after.answer } : { body: after.answer }),
  };
  return anonymous(recording);
}

function headersOf({ response_headers }: Row): Pick<Recording, 'headers'> {
  const some = Object.entries(response_headers).filter(([name]) => HEADERS.test(name));
  return some.length === 0 ? {} : { headers: Object.fromEntries(some) };
}

function eventsOf(row: Row): RecordedEvent[] {
  return framesOf(row).map((frame) => {
    const { p: _padding, ...payload } = frame.payload;
    if (frame.isException) return { exception: frame.name, payload };
    return { event: frame.name, payload: frame.name === 'chunk' ? chunkOf(frame) : payload };
  });
}

/** Leaves out the middle of every long run of events that only carry on the same text. */
function thinned(events: readonly RecordedEvent[]): RecordedEvent[] {
  const forms = events.map(formOf);
  return events.filter((_event, at) => {
    const form = forms[at];
    if (form === undefined) return true;
    let before = 0;
    while (forms[at - before - 1] === form) before += 1;
    let after = 0;
    while (forms[at + after + 1] === form) after += 1;
    return before < FIRST_EVENTS || after < LAST_EVENTS;
  });
}

/** The event without its text; undefined where it carries anything but a piece of plain text. */
function formOf({ event, payload }: RecordedEvent): string | undefined {
  let texts = 0;
  let isPlain = true;
  const form = JSON.stringify({ event, payload }, (name, value) => {
    if (['partial_json', 'toolUse', 'tool_calls', 'citation', 'signature'].includes(name) && value !== null)
      isPlain = false;
    if (!TEXTS.has(name) || typeof value !== 'string') return value;
    texts += 1;
    // Tags are the form of a text, not its words.
    if (/[<>]/.test(value) && !/^<reasoning>.*<\/reasoning>$/s.test(value)) isPlain = false;
    return value.startsWith('<') ? '<>' : '';
  });
  return isPlain && texts === 1 ? form : undefined;
}

const TEXTS = new Set(['text', 'thinking', 'content', 'generation', 'outputText', 'completion']);
/** JSON in a string is not cut: it would be JSON no more. */
const JSON_TEXTS = new Set(['input', 'partial_json', 'arguments', 'schema']);
const OPAQUES = new Set(['signature', 'redactedContent', 'encrypted_content', 'data']);

/** Long texts keep their ends, secrets and files their beginning, vectors a few digits. The same text is always cut alike. */
function shortened(value: Raw): Raw {
  return JSON.parse(JSON.stringify(rounded(value)), (name, member) => {
    if (typeof member !== 'string') return member;
    if (name === 'bytes') return file(member);
    if (OPAQUES.has(name)) return member.slice(0, OPAQUE);
    if (JSON_TEXTS.has(name) || member.length <= HEAD + TAIL + 50) return member;
    return `${member.slice(0, HEAD)} [...] ${member.slice(-TAIL)}`;
  });
}

function rounded(value: Raw): Raw {
  return JSON.parse(JSON.stringify(value), (_name, member) =>
    Array.isArray(member) && member.length > OPAQUE && member.every((each) => typeof each === 'number')
      ? member.map((each) => Number(each.toFixed(DIGITS)))
      : member,
  );
}

/** A text file is shortened as a text, of any other only the format is told. */
function file(base64: string): string {
  const bytes = Buffer.from(base64, 'base64');
  const text = bytes.toString('utf8');
  const isText = Buffer.from(text).equals(bytes) && !text.includes('\0') && !text.startsWith('%PDF');
  if (isText) return Buffer.from(text.slice(0, HEAD)).toString('base64');
  return bytes.subarray(0, MAGIC).toString('base64');
}

const ZEROS = '00000000-0000-4000-8000-000000000000';
const RANDOM =
  /\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\b(tooluse_|toolu_bdrk_|call_|msg_bdrk_|msg_|chatcmpl-tool-)[\w-]{8,}/g;
const GUARDRAIL =
  /"(?:guardrailIdentifier|guardrail_id)":"([a-z0-9]{12})"|"(?:inputAssessment|outputAssessments)":\{"([a-z0-9]{12})"/g;

/** Identifiers of calls, accounts and resources, each replaced by one of the same form, the same within a recording. */
function anonymous(recording: Recording): Recording {
  let text = JSON.stringify(recording);
  for (const [, asked, assessed] of text.matchAll(GUARDRAIL)) {
    text = text.replaceAll(asked ?? assessed ?? '', 'gr0000000001');
  }
  const numbered = new Map<string, string>();
  text = text
    .replace(/:\d{12}:/g, ':123456789012:')
    .replace(/(application-inference-profile\/)\w+/g, `$1prof${recording.id}`)
    .replace(/(endpoint\/)[\w-]+/g, '$1endpoint-00001')
    .replace(RANDOM, (id, prefix) => {
      const number = String(numbered.size + 1).padStart(4, '0');
      const given = prefix === undefined ? ZEROS.slice(0, -4) + number : prefix + number;
      if (!numbered.has(id)) numbered.set(id, given);
      return numbered.get(id) ?? given;
    });
  return JSON.parse(text);
}
