// The floors of the house: imports go down only, no circles, SDKs stay where they belong, files stay small and well
// named. Run by CI (`npm run floors`) and by test/floors.test.ts.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** From the top down; a room is a folder of src, named by its path. What stands in no room is the ground. */
const FLOORS: readonly (readonly string[])[] = [
  ['src/main.ts'],
  ['src/cli/'],
  ['src/mcp/', 'src/http/'],
  ['src/tools/', 'src/resources/', 'src/prompts/'],
  ['src/calls/'],
  ['src/inference/', 'src/embedding/'],
  ['src/spend/', 'src/threads/', 'src/files/'],
  ['src/aws/'],
  ['src/messages/'],
  ['src/catalog/', 'src/net/'],
  ['src/config/'],
];
/** Plays Bedrock: it knows the catalogue and the ground, so that it cannot confirm a codec's own mistake. */
const SANDBOX = { room: 'src/sandbox/', sees: ['src/sandbox/', 'src/catalog/'], seenBy: ['src/cli/'] };
/** Rooms of one floor that have no business with each other, in neither direction. */
const STRANGERS: readonly (readonly [string, string])[] = [
  ['src/tools/', 'src/prompts/'],
  ['src/resources/', 'src/prompts/'],
  ['src/spend/', 'src/threads/'],
  ['src/spend/', 'src/files/'],
  ['src/threads/', 'src/files/'],
  ['src/catalog/', 'src/net/'],
];
const MAY_IMPORT: readonly (readonly [pattern: RegExp, room: string])[] = [
  [/^@(aws-sdk|smithy)\//, 'src/aws/'],
  [/^@modelcontextprotocol\//, 'src/mcp/'],
];
/** Pure rooms compute; they read no file, clock or network. */
const PURE = [
  'src/catalog/',
  'src/messages/',
  'src/inference/codecs/',
  'src/inference/prepare/',
  'src/inference/history/',
];
/** What differs between the APIs is asked of src/messages/apis.ts: a comparison by name would miss the next API. */
const API_COMPARED = /\b(?:api|override)\)? ?[!=]== ?'(?!auto')/;
const LINE_LIMIT = 500;
const FOLDER_LIMIT = 15;
const EMPTY_WORDS = /(^|[-/])(utils?|helpers?|misc|common|manager)([-./]|$)/;

export interface Breach {
  readonly file: string;
  readonly rule: string;
}

interface Import {
  readonly specifier: string;
  readonly typeOnly: boolean;
}

/** Every breach of the house rules: the floors under src, the length and the names of files everywhere. */
export function findBreaches(
  sources: ReadonlyMap<string, string> = readSources('src', 'test', 'bench', 'scripts'),
): Breach[] {
  const breaches: Breach[] = [];
  const edges = new Map<string, readonly string[]>();
  for (const [file, text] of sources) {
    const add = (rule: string) => breaches.push({ file, rule });
    if (text.split('\n').length - 1 > LINE_LIMIT) add(`has more than ${LINE_LIMIT} lines`);
    if (EMPTY_WORDS.test(file)) add('has a name that says nothing about what is inside');
    if (!/^[a-z0-9-]+(\.[a-z0-9-]+)*\.([cm]?[jt]s|json)$/.test(file.split('/').pop() ?? ''))
      add('is not named in kebab-case');
    if (!file.startsWith('src/')) continue;
    if (API_COMPARED.test(text)) add('compares an API by its name; ask the table of src/messages/apis.ts');
    if (isBarrel(text)) add('only re-exports other files (a barrel)');
    const imports = importsOf(text);
    for (const each of imports) checkImport(file, each, add);
    edges.set(
      file,
      imports.flatMap(({ specifier }) => targetOf(file, specifier) ?? []),
    );
  }
  return [...breaches, ...crowdedFolders(sources), ...circles(edges)];
}

/** Rooms that the plan names and the house does not have; only meaningful for the whole house. */
export function missingRooms(sources: ReadonlyMap<string, string> = readSources('src')): string[] {
  const named = [...FLOORS.flat(), SANDBOX.room, ...STRANGERS.flat(), ...PURE];
  const files = [...sources.keys()];
  return [...new Set(named)].filter((room) => !files.some((file) => file.startsWith(room)));
}

function checkImport(file: string, { specifier, typeOnly }: Import, add: (rule: string) => void): void {
  const target = targetOf(file, specifier);
  if (target !== undefined) {
    checkFloors(file, target, add);
    return;
  }
  if (specifier.startsWith('.')) return;
  for (const [pattern, room] of MAY_IMPORT) {
    if (pattern.test(specifier) && !typeOnly && !file.startsWith(room))
      add(`imports ${specifier}, which belongs to ${room}`);
  }
  const pure = PURE.find((room) => file.startsWith(room));
  if (pure !== undefined && /^node:(?!util$|crypto$|buffer$)/.test(specifier))
    add(`imports ${specifier}, but ${pure} is pure`);
}

function checkFloors(file: string, target: string, add: (rule: string) => void): void {
  if (isIn(file, SANDBOX.room)) {
    if (heightOf(target) > 0 && !SANDBOX.sees.some((room) => isIn(target, room)))
      add(`the sandbox knows only the catalogue, not ${target}`);
    return;
  }
  if (isIn(target, SANDBOX.room)) {
    if (!SANDBOX.seenBy.some((room) => isIn(file, room)))
      add(`only the command line may start the sandbox: ${target}`);
    return;
  }
  if (heightOf(target) > heightOf(file)) add(`imports up: ${target}`);
  if (STRANGERS.some(([a, b]) => (isIn(file, a) && isIn(target, b)) || (isIn(file, b) && isIn(target, a))))
    add(`must not know ${target}`);
}

const isIn = (file: string, room: string): boolean => file.startsWith(room);

/** 0 = the ground. */
function heightOf(file: string): number {
  const at = FLOORS.findIndex((rooms) => rooms.some((room) => isIn(file, room)));
  return at === -1 ? 0 : FLOORS.length - at;
}

/** The file of the house that a relative import leads to. */
function targetOf(file: string, specifier: string): string | undefined {
  if (!specifier.startsWith('.')) return undefined;
  const target = normalize(join(dirname(file), specifier)).replaceAll('\\', '/');
  return target.startsWith('src/') ? target : undefined;
}

function crowdedFolders(sources: ReadonlyMap<string, string>): Breach[] {
  const counts = new Map<string, number>();
  for (const file of sources.keys()) {
    if (file.startsWith('src/')) counts.set(dirname(file), (counts.get(dirname(file)) ?? 0) + 1);
  }
  return [...counts].flatMap(([file, count]) =>
    count > FOLDER_LIMIT ? [{ file, rule: `holds ${count} files, more than ${FOLDER_LIMIT}` }] : [],
  );
}

/** Circles of imports, those of types included; each is told once, at its first file. */
function circles(edges: ReadonlyMap<string, readonly string[]>): Breach[] {
  const found = new Map<string, Breach>();
  const done = new Set<string>();
  const path: string[] = [];
  const walk = (file: string): void => {
    const at = path.indexOf(file);
    if (at !== -1) {
      const ring = path.slice(at);
      const [first = file] = [...ring].sort();
      found.set([...ring].sort().join(), { file: first, rule: `is part of a circle: ${ring.join(' > ')}` });
      return;
    }
    if (done.has(file)) return;
    path.push(file);
    for (const next of edges.get(file) ?? []) walk(next);
    path.pop();
    done.add(file);
  };
  for (const file of edges.keys()) walk(file);
  return [...found.values()];
}

function importsOf(text: string): Import[] {
  const found: Import[] = [];
  for (const match of text.matchAll(
    /^(?:import|export)\s+(type\s+)?(?:[^;'"]*?\sfrom\s+)?['"]([^'"]+)['"]/gm,
  )) {
    if (match[2] !== undefined) found.push({ specifier: match[2], typeOnly: match[1] !== undefined });
  }
  for (const match of text.matchAll(/(typeof\s+)?\bimport\(\s*['"]([^'"]+)['"]/g)) {
    if (match[2] !== undefined) found.push({ specifier: match[2], typeOnly: match[1] !== undefined });
  }
  return found;
}

function isBarrel(text: string): boolean {
  const code = text.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '').trim();
  return (
    code !== '' &&
    code
      .split(/;\s*\n?/)
      .filter((line) => line.trim() !== '')
      .every((line) => /^export\s+(\*|\{[^}]*\}|type\s+\{[^}]*\})\s+from\s/.test(line.trim()))
  );
}

function readSources(...folders: readonly string[]): Map<string, string> {
  const sources = new Map<string, string>();
  for (const folder of folders) {
    for (const entry of readdirSync(join(root, folder), { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || !/\.[cm]?[jt]s$/.test(entry.name)) continue;
      const path = join(entry.parentPath, entry.name);
      sources.set(relative(root, path).replaceAll('\\', '/'), readFileSync(path, 'utf8'));
    }
  }
  return sources;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const breaches = [
    ...findBreaches(),
    ...missingRooms().map((file) => ({ file, rule: 'is a room that does not exist' })),
  ];
  for (const { file, rule } of breaches) process.stdout.write(`${file} ${rule}\n`);
  process.stdout.write(
    breaches.length === 0 ? 'floors: no breach\n' : `floors: ${breaches.length} breaches\n`,
  );
  process.exitCode = breaches.length === 0 ? 0 : 1;
}
