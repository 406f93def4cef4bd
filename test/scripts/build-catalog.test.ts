import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { buildCatalog } from '../../scripts/build-catalog.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const folders: string[] = [];

/** A copy of the facts in which one file says something else. */
function factsWith(file: string, change: (text: string) => string): string {
  const folder = mkdtempSync(join(tmpdir(), 'bedrock-mcp-facts-'));
  folders.push(folder);
  cpSync(join(root, 'facts'), folder, { recursive: true });
  writeFileSync(join(folder, file), change(readFileSync(join(folder, file), 'utf8')));
  return folder;
}

describe('the catalogue built from the facts', () => {
  afterEach(() => {
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
  });

  it('is what the data files hold: npm run catalog writes them', () => {
    for (const [file, text] of buildCatalog())
      expect(readFileSync(join(root, file), 'utf8') === text, file).toBe(true);
  });

  it('takes a new model and its price from the provider’s two files', () => {
    const folder = factsWith(
      'models/amazon.yaml',
      (text) => `${text}- id: amazon.nova-99-v1:0\n  context: 1000\n  can: [tools]\n`,
    );
    expect(buildCatalog(folder).get('src/catalog/data/models.json')).toContain(
      '{"id":"amazon.nova-99-v1:0","context":1000,"features":"T"}',
    );
  });

  it.each([
    ['models/amazon.yaml', '- id: x\n  contxt: 5\n', /models\/amazon\.yaml: .*contxt/s],
    ['models/amazon.yaml', '- id: x\n  onDemand: [us-esat-1]\n', /unknown Region us-esat-1/],
    [
      'prices/amazon.yaml',
      'x:\n  - { rate: regional, regions: ["*"], asOf: "2026-01-01", input: 3 }\n',
      /input/,
    ],
  ])('names the file and the mistake: %s', (file, lines, words) => {
    expect(() => buildCatalog(factsWith(file, (text) => text + lines))).toThrow(words);
  });
});
