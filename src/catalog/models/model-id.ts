/**
 * Reads every identifier that Bedrock takes in `modelId`, without a network call.
 * What an identifier needs an API call for (application profiles, provisioned, imported, routers) is named by kind
 * and left without `modelId`.
 */
import { BedrockError } from '../../bedrock-error.ts';
import { defined } from '../../defined.ts';
import { KNOWN_GEOS, PROVIDERS } from './families.ts';

export type ModelIdentifierKind =
  | 'foundation-model'
  | 'inference-profile'
  | 'application-inference-profile'
  | 'provisioned-model'
  | 'custom-model-deployment'
  | 'custom-model'
  | 'imported-model'
  | 'prompt-router'
  | 'default-prompt-router'
  | 'prompt'
  | 'sagemaker-endpoint'
  /** Not an identifier by its shape: an alias or a display name, to be looked up in the catalogue. */
  | 'name';

export interface ModelIdentifier {
  readonly kind: ModelIdentifierKind;
  /** The input without surrounding white space. */
  readonly text: string;
  /** The text without client-side markers and context suffix: what the catalogue is asked for. */
  readonly name: string;
  /** What Bedrock is to be given: the text without client-side markers (`bedrock/`, `[1m]`). */
  readonly invokeId: string;
  /** Bare base model ID, context suffix removed, when it can be told offline. */
  readonly modelId?: string;
  /** Profile prefix such as `us`, `apac`, `global`. */
  readonly geo?: string;
  /** System-defined profile ID such as `us.amazon.nova-lite-v1:0`, or the ID inside an inference-profile ARN. */
  readonly profileId?: string;
  /** Last part of the resource of an ARN, or a bare application profile ID. */
  readonly resourceId?: string;
  /** Context marker without its punctuation: `200k` of `…:200k`, `1m` of `…[1m]`. */
  readonly suffix?: string;
  readonly arn?: string;
  readonly partition?: string;
  /** Region of an ARN, or before an ID as LiteLLM writes it; absent in Region-less ARNs. It wins over the configured Region. */
  readonly region?: string;
  readonly account?: string;
}

/** Longest identifier Bedrock's API accepts, in characters. */
const MAX_LENGTH = 2048;
/** Control, format (zero-width, bidirectional), surrogate and line-separator characters. */
const FORBIDDEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;
/** How other clients mark a Bedrock model: `bedrock/…` and `bedrock/converse/…` (LiteLLM), `bedrock:…` (ReqLLM). */
const CLIENT_PREFIX = /^(?:amazon-|aws-)?bedrock(?::|\/(?:(?:converse|invoke)\/)?)/i;
/** Client-side long-context marker of LiteLLM and Claude Code; Bedrock does not know it. */
const CLIENT_SUFFIX = /\[(\d{1,4}[km])\]$/i;
/** Context suffixes of provisioned model IDs: `:28k`, `:300k`, `:1m`, `:mm`, `:512`. */
const CONTEXT_SUFFIX = /:(\d{1,4}[km]|mm|512)$/i;
const ID_CHARACTERS = /^[a-z0-9][a-z0-9.:_-]*$/;
/** A provider that this version does not know yet: one word, a dot, and a model that starts with a letter. */
const UNKNOWN_PROVIDER = /^[a-z][a-z0-9]{1,30}\.[a-z][a-z0-9._:-]*$/;
const APPLICATION_PROFILE_ID = /^[a-z0-9]{12}$/;
const PARTITION = /^aws[a-z0-9-]{0,20}$/;
const REGION = /^[a-z0-9-]{0,30}$/;
const REGION_NAME = /^[a-z]{2,8}(?:-[a-z]{2,12}){1,3}-\d{1,2}$/;
const ACCOUNT = /^(?:\d{12})?$/;
const RESOURCE_ID = /^[A-Za-z0-9][A-Za-z0-9._:-]*$/;

/** Resource types of Bedrock ARNs that can stand in `modelId`. */
const ARN_KINDS = new Map<string, ModelIdentifierKind>([
  ['foundation-model', 'foundation-model'],
  ['inference-profile', 'inference-profile'],
  ['application-inference-profile', 'application-inference-profile'],
  ['provisioned-model', 'provisioned-model'],
  ['custom-model-deployment', 'custom-model-deployment'],
  ['custom-model', 'custom-model'],
  ['imported-model', 'imported-model'],
  ['prompt-router', 'prompt-router'],
  ['default-prompt-router', 'default-prompt-router'],
  ['prompt', 'prompt'],
]);

/**
 * Reads one model identifier as a caller typed it.
 *
 * A geo prefix is recognised by its neighbours, not by a list: the first segment is no provider and the second is,
 * so that new prefixes work on the day AWS adds them (true of all 666 profiles of 18 Regions listed on 2026-08-22).
 * A bare text of 12 letters and digits is reported as an application profile ID, because that is all such an ID shows:
 * callers look names up in the catalogue (`byAlias`) before they believe it.
 *
 * @throws BedrockError `invalid_request` (field `model`) for empty or overlong text, control characters and ARNs that
 *   cannot name a model.
 */
export function parseModelId(input: string): ModelIdentifier {
  const text = input.trim();
  if (text === '') {
    throw invalid('The model is empty.');
  }
  if (text.length > MAX_LENGTH) {
    throw invalid(`The model identifier has ${text.length} characters; Bedrock accepts ${MAX_LENGTH}.`);
  }
  if (FORBIDDEN.test(text)) {
    throw invalid('The model identifier contains control or invisible characters.');
  }
  const { body, marker } = withoutMarkers(text);
  if (body === '') {
    throw invalid(`"${shown(text)}" names no model.`);
  }
  const split = splitContextSuffix(body);
  const parsed = parseBody(body, split);
  return { ...parsed, text, name: split.base, ...(marker === undefined ? {} : { suffix: marker }) };
}

/** As `name` of an identifier, of a text that need not be one. */
export function nameOf(text: string): string {
  return splitContextSuffix(withoutMarkers(text.trim()).body).base;
}

/** Takes off what other clients put around a model name and Bedrock does not know: `bedrock/`, `bedrock:`, `[1m]`. */
export function withoutMarkers(text: string): { readonly body: string; readonly marker?: string } {
  const unprefixed = text.replace(CLIENT_PREFIX, '');
  const match = CLIENT_SUFFIX.exec(unprefixed);
  if (match?.[1] === undefined) {
    return { body: unprefixed.trim() };
  }
  return { body: unprefixed.slice(0, match.index).trim(), marker: match[1].toLowerCase() };
}

interface Split {
  readonly base: string;
  readonly suffix?: string;
}

/** Splits a context suffix such as `:200k` off an ID or a name. */
export function splitContextSuffix(text: string): Split {
  const match = CONTEXT_SUFFIX.exec(text);
  return match?.[1] === undefined
    ? { base: text }
    : { base: text.slice(0, match.index), suffix: match[1].toLowerCase() };
}

type Parsed = Omit<ModelIdentifier, 'text' | 'name'>;

/** LiteLLM puts the Region or the kind of an imported model before an ID or ARN: `us-west-2/...`, `llama/arn:...`. */
function parseBody(body: string, split: Split): Parsed {
  const arnAt = body.search(/(?:^|\/)arn:/i);
  if (arnAt >= 0) return parseArn(body.slice(arnAt).replace(/^\//, ''));
  const words = body.split('/');
  const last = words.pop() ?? '';
  const region = words.find((word) => REGION_NAME.test(word));
  const inner = parseBare(last, splitContextSuffix(last));
  const parsed = inner.kind === 'name' ? parseBare(body, split) : inner;
  return { ...parsed, ...defined({ region }) };
}

function parseBare(body: string, split: Split): Parsed {
  const lower = body.toLowerCase();
  const id = readId({ ...split, base: split.base.toLowerCase() });
  if (id !== undefined) {
    return {
      kind: id.geo === undefined ? 'foundation-model' : 'inference-profile',
      invokeId: lower,
      ...id,
    };
  }
  if (APPLICATION_PROFILE_ID.test(body)) {
    return { kind: 'application-inference-profile', invokeId: body, resourceId: body };
  }
  return { kind: 'name', invokeId: body, ...defined({ suffix: split.suffix }) };
}

interface ReadId {
  readonly modelId: string;
  readonly geo?: string;
  readonly profileId?: string;
  readonly suffix?: string;
}

/** A foundation-model or system profile ID; undefined when the text does not have that shape. */
function readId({ base, suffix }: Split): ReadId | undefined {
  if (!ID_CHARACTERS.test(base)) {
    return undefined;
  }
  const extra = defined({ suffix });
  const [first, rest] = cut(base);
  if (rest === '') {
    return undefined;
  }
  if (PROVIDERS.has(first)) {
    return /^[a-z0-9]/.test(rest) ? { modelId: base, ...extra } : undefined;
  }
  const [second, model] = cut(rest);
  const isProfile =
    (PROVIDERS.has(second) && model !== '') ||
    (KNOWN_GEOS.has(first) && !KNOWN_GEOS.has(second) && UNKNOWN_PROVIDER.test(rest));
  if (isProfile) {
    return { modelId: rest, geo: first, profileId: base, ...extra };
  }
  return UNKNOWN_PROVIDER.test(base) && !KNOWN_GEOS.has(first) ? { modelId: base, ...extra } : undefined;
}

function parseArn(arn: string): Parsed {
  const [, partition = '', service = '', region = '', account = '', ...resourceParts] = arn.split(':');
  const resource = resourceParts.join(':');
  const slash = resource.indexOf('/');
  const type = slash < 0 ? resource : resource.slice(0, slash);
  const path = slash < 0 ? '' : resource.slice(slash + 1);
  if (!PARTITION.test(partition) || !REGION.test(region) || !ACCOUNT.test(account) || path === '') {
    throw invalid(`"${shown(arn)}" is not a complete ARN.`);
  }
  const kind =
    service === 'bedrock'
      ? ARN_KINDS.get(type)
      : service === 'sagemaker' && type === 'endpoint'
        ? 'sagemaker-endpoint'
        : undefined;
  if (kind === undefined) {
    throw invalid(`"${shown(arn)}" is an ARN, but not of something that can be invoked as a model.`);
  }
  const shared = {
    kind,
    invokeId: arn,
    arn,
    partition,
    ...(region === '' ? {} : { region }),
    ...(account === '' ? {} : { account }),
  };
  return { ...shared, ...readResource(arn, kind, path) };
}

function readResource(
  arn: string,
  kind: ModelIdentifierKind,
  path: string,
): Partial<ReadId> & { resourceId: string } {
  // Only a custom model has two parts: `<base model>/<id>`.
  const [base, id] = kind === 'custom-model' ? splitPath(path) : [path, path];
  if (!RESOURCE_ID.test(base) || !RESOURCE_ID.test(id)) {
    throw invalid(`"${shown(arn)}" is not a complete ARN.`);
  }
  if (kind === 'foundation-model' || kind === 'inference-profile' || kind === 'custom-model') {
    const read = readId(splitContextSuffix(base));
    if (read !== undefined) {
      return { ...read, resourceId: id };
    }
    return kind === 'inference-profile' ? { profileId: path, resourceId: id } : { resourceId: id };
  }
  return { resourceId: id };
}

function splitPath(path: string): readonly [string, string] {
  const slash = path.lastIndexOf('/');
  return slash < 0 ? [path, path] : [path.slice(0, slash), path.slice(slash + 1)];
}

/** `a.b.c` -> `['a', 'b.c']`; no dot -> `['a', '']`. */
function cut(text: string): readonly [string, string] {
  const dot = text.indexOf('.');
  return dot < 0 ? [text, ''] : [text.slice(0, dot), text.slice(dot + 1)];
}

function shown(text: string): string {
  return text.length > 120 ? `${text.slice(0, 120)}…` : text;
}

function invalid(message: string): BedrockError {
  return new BedrockError('invalid_request', {
    message,
    fix: 'Give a model alias (claude-haiku-4-5), a model ID (amazon.nova-lite-v1:0), an inference profile ID (us.amazon.nova-lite-v1:0) or a complete Bedrock ARN. list_models shows the names.',
    field: 'model',
  });
}
