// Writes the parts of README.md and manifest.json that would drift if people kept them: `npm run docs`; `npm run docs:check` fails on a difference.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ERROR_CODES } from '../src/bedrock-error.ts';
import { defaultOf, flagName, listSettings } from '../src/config/settings.ts';
import { isJsonObject } from '../src/json.ts';
import { ALL_TOOLS, publishTools } from '../src/tools/registry.ts';
import { familyMatrix } from './family-matrix.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const tools = [...ALL_TOOLS].sort((a, b) => (a.name < b.name ? -1 : 1));

const SECTIONS: Readonly<Record<string, () => string | Promise<string>>> = {
  tools: () =>
    table(
      ['tool', 'what it does'],
      tools.map((tool) => [`\`${tool.name}\``, tool.description]),
    ),
  settings: () =>
    table(
      ['environment', 'flag', 'meaning', 'default'],
      listSettings().map(({ name, facts }) => [
        facts.env.map((env) => `\`${env}\``).join(', '),
        facts.secret ? '' : `\`--${flagName(name)}\``,
        `${facts.meaning} (${facts.allowed})`,
        defaultOf(facts) ?? 'none',
      ]),
    ),
  errors: () =>
    table(
      ['code', 'what happened'],
      Object.entries(ERROR_CODES).map(([code, meaning]) => [`\`${code}\``, meaning]),
    ),
  families: familyMatrix,
};

/** A Markdown table; bars inside cells are escaped. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** README with every generated section made anew. */
async function readme(): Promise<string> {
  let text = readFileSync(`${root}README.md`, 'utf8');
  for (const [name, make] of Object.entries(SECTIONS)) {
    const [open, close] = [`<!-- generated: ${name} -->`, `<!-- end: ${name} -->`];
    const start = text.indexOf(open);
    const end = text.indexOf(close);
    if (start < 0 || end < start) throw new Error(`README.md lacks the section ${open} ... ${close}`);
    text = `${text.slice(0, start + open.length)}\n${await make()}\n${text.slice(end)}`;
  }
  return text;
}

function manifest(): string {
  const parsed: unknown = JSON.parse(readFileSync(`${root}manifest.json`, 'utf8'));
  const pack: unknown = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
  if (!isJsonObject(parsed) || !isJsonObject(pack))
    throw new Error('manifest.json and package.json must be objects');
  const described = tools.map((tool) => ({ name: tool.name, description: tool.description }));
  return `${JSON.stringify({ ...parsed, version: pack['version'], tools: described }, null, 2)}\n`;
}

const made = {
  'README.md': await readme(),
  'manifest.json': manifest(),
  'src/tools/published.json': `${JSON.stringify(publishTools(), null, 1)}\n`,
};
const stale: string[] = [];
for (const [file, text] of Object.entries(made)) {
  if (existsSync(`${root}${file}`) && readFileSync(`${root}${file}`, 'utf8') === text) continue;
  stale.push(file);
  if (!process.argv.includes('--check')) writeFileSync(`${root}${file}`, text);
}
if (process.argv.includes('--check')) {
  process.stdout.write(
    stale.length === 0 ? 'docs: up to date\n' : `docs: ${stale.join(', ')} drifted; run npm run docs\n`,
  );
  process.exitCode = stale.length === 0 ? 0 : 1;
} else
  process.stdout.write(stale.length === 0 ? 'docs: nothing to do\n' : `docs: wrote ${stale.join(', ')}\n`);
