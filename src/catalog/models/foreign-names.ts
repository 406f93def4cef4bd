/**
 * Model names as other catalogues write them: OpenRouter and Vercel's gateway (`anthropic/claude-sonnet-4.5`), LiteLLM
 * (`bedrock/us-east-1/...`), models.dev, Hugging Face (`meta-llama/Llama-3.3-70B-Instruct`), Vertex AI
 * (`claude-haiku-4-5@20251001`), and people (`amazon nova pro`). Pure.
 */
import { KNOWN_GEOS, PROVIDERS } from './families.ts';
import { nameKey } from './names.ts';

/** Other catalogues' words for a provider -> the first segment of its model IDs. */
const PROVIDER_WORDS: ReadonlyMap<string, string> = new Map([
  ...[...PROVIDERS].flatMap(([id, name]): [string, string][] => [
    [id, id],
    [nameKey(name) ?? id, id],
  ]),
  ['ai21labs', 'ai21'],
  ['alibaba', 'qwen'],
  ['aws', 'amazon'],
  ['deepseekai', 'deepseek'],
  ['metallama', 'meta'],
  ['mistralai', 'mistral'],
  ['stabilityai', 'stability'],
]);

/** Ends that tell no models apart here: the tuned variant is the one that is served, and one version of it. */
const SAME_MODEL = /(?:instruct|it|latest)$/;
/** A version that the ID must have as well. */
const VERSION = /v(\d{1,2}?)0?$/;

export interface ForeignName<Row> {
  readonly row: Row;
  /** Profile prefix that stood before the name. */
  readonly geo?: string;
}

/** The first segment of a provider's model IDs, by any word for it. */
export function providerOfWord(word: string): string | undefined {
  return PROVIDER_WORDS.get(nameKey(word) ?? '');
}

/** What one of these names means among ours; undefined when it means none, or another provider's model. */
export function foreignName<Row extends { readonly id: string }>(
  text: string,
  find: (key: string) => Row | undefined,
): ForeignName<Row> | undefined {
  // An ARN is exact.
  if (/(?:^|\/)arn:/i.test(text)) return undefined;
  const { words, rest } = withoutPrefixes(text);
  const geo = words.find((word) => KNOWN_GEOS.has(word));
  const providers = words.flatMap((word) => providerOfWord(word) ?? []);
  const key = nameKey(rest) ?? '';
  const joined = [...PROVIDER_WORDS].flatMap(([word, provider]) =>
    key.startsWith(word) ? [{ key: key.slice(word.length), providers: [...providers, provider] }] : [],
  );
  for (const reading of [{ key, providers }, ...joined]) {
    const row = findKey(reading.key, find);
    if (row !== undefined && reading.providers.every((provider) => isOf(row.id, provider)))
      return geo === undefined ? { row } : { row, geo };
  }
  return undefined;
}

/** The name alone, for comparing: `openrouter/anthropic/claude-sonet-4.5` -> `claude-sonet-4.5`. */
export function withoutPrefixes(text: string): { readonly words: readonly string[]; readonly rest: string } {
  const slash = text.lastIndexOf('/') + 1;
  const words = text
    .slice(0, slash)
    .toLowerCase()
    .split(/[/.]/)
    .filter((word) => word !== '');
  let rest = text.slice(slash);
  for (;;) {
    const dot = rest.indexOf('.');
    const word = rest.slice(0, Math.max(0, dot)).toLowerCase();
    if (!KNOWN_GEOS.has(word) && !PROVIDERS.has(word)) return { words, rest };
    words.push(word);
    rest = rest.slice(dot + 1);
  }
}

function findKey<Row extends { readonly id: string }>(
  key: string,
  find: (key: string) => Row | undefined,
): Row | undefined {
  const version = VERSION.exec(key)?.[1];
  const bare = version === undefined ? key : key.replace(VERSION, '');
  for (const each of [key, bare, bare.replace(SAME_MODEL, '')]) {
    const row = find(each);
    const isVersion = each === key || version === undefined || row?.id.includes(`-v${version}`) === true;
    if (row !== undefined && isVersion) return row;
  }
  return undefined;
}

/** Some providers have two first segments. */
function isOf(id: string, provider: string): boolean {
  const segment = id.slice(0, id.indexOf('.'));
  return PROVIDERS.get(segment) === PROVIDERS.get(provider);
}
