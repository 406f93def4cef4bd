// The floors of the house: imports go down only, SDKs stay where they belong, files stay small and well named.
// Run by CI (`npm run floors`) and by test/floors.test.ts.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Higher number = higher floor. Rooms of one floor may use each other, except where `APART` says no. */
const FLOOR: Readonly<Record<string, number>> = {
  main: 6,
  commands: 5,
  mcp: 5,
  http: 5,
  tools: 4,
  openai: 4,
  inference: 3,
  embedding: 3,
  images: 3,
  spend: 3,
  threads: 3,
  results: 3,
  files: 3,
  aws: 2,
  sandbox: 2,
  catalog: 1,
};
/** Single files directly under src are the ground, save the bin and what comes with it. */
const GROUND = 0;
/** The sandbox plays Bedrock: it may know the catalogue and the ground, and only `commands` starts it. */
const APART = { room: 'sandbox', sees: ['sandbox', 'catalog'], seenBy: ['sandbox', 'commands'] };
const MAY_IMPORT: readonly (readonly [pattern: RegExp, rooms: readonly string[]])[] = [
  [/^@(aws-sdk|smithy)\//, ['aws']],
  [/^@modelcontextprotocol\//, ['mcp']],
];
/** Pure rooms compute; they read no file, clock or network. */
const PURE = ['catalog'];
const LINE_LIMIT = 400;
const EMPTY_WORDS = /(^|[-/])(utils?|helpers?|misc|common|manager)([-./]|$)/;

export interface Breach {
  readonly file: string;
  readonly rule: string;
}

/** Every breach of the house rules: the floors under src, the length and the names of files everywhere. */
export function findBreaches(
  sources: ReadonlyMap<string, string> = readSources('src', 'test', 'bench', 'scripts'),
): Breach[] {
  const breaches: Breach[] = [];
  for (const [file, text] of sources) {
    const add = (rule: string) => breaches.push({ file, rule });
    if (text.split('\n').length - 1 > LINE_LIMIT) add(`has more than ${LINE_LIMIT} lines`);
    if (EMPTY_WORDS.test(file)) add('has a name that says nothing about what is inside');
    if (!/^[a-z0-9-]+(\.[a-z0-9-]+)*\.([cm]?[jt]s|json)$/.test(file.split('/').pop() ?? ''))
      add('is not named in kebab-case');
    if (!file.startsWith('src/')) continue;
    if (isBarrel(text)) add('only re-exports other files (a barrel)');
    for (const { specifier, typeOnly } of importsOf(text)) checkImport(file, specifier, typeOnly, add);
  }
  return breaches;
}

function checkImport(file: string, specifier: string, typeOnly: boolean, add: (rule: string) => void): void {
  const room = roomOf(file);
  if (!specifier.startsWith('.')) {
    for (const [pattern, rooms] of MAY_IMPORT) {
      if (pattern.test(specifier) && !typeOnly && !rooms.includes(room))
        add(`imports ${specifier}, which belongs to src/${rooms.join(', src/')}`);
    }
    if (PURE.includes(room) && /^node:(?!util$)/.test(specifier))
      add(`imports ${specifier}, but src/${room} is pure`);
    return;
  }
  const target = normalize(join(dirname(file), specifier)).replaceAll('\\', '/');
  if (!target.startsWith('src/')) return;
  const other = roomOf(target);
  if (floorOf(other) > floorOf(room)) add(`imports up: ${target}`);
  if (room === APART.room && floorOf(other) > GROUND && !APART.sees.includes(other))
    add(`the sandbox knows only the catalogue, not ${target}`);
  if (other === APART.room && !APART.seenBy.includes(room))
    add(`only commands may start the sandbox: ${target}`);
}

function roomOf(file: string): string {
  const [, first = '', second] = file.split('/');
  return second === undefined ? first.replace(/\.ts$/, '') : first;
}

function floorOf(room: string): number {
  return FLOOR[room] ?? GROUND;
}

function importsOf(text: string): { specifier: string; typeOnly: boolean }[] {
  const found: { specifier: string; typeOnly: boolean }[] = [];
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
  const breaches = findBreaches();
  for (const { file, rule } of breaches) process.stdout.write(`${file} ${rule}\n`);
  process.stdout.write(
    breaches.length === 0 ? 'floors: no breach\n' : `floors: ${breaches.length} breaches\n`,
  );
  process.exitCode = breaches.length === 0 ? 0 : 1;
}
