/** The snippets for hosts: whole, and the same server in each. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseYaml } from '../../src/config/formats.ts';

const HOSTS = readFileSync('docs/hosts.md', 'utf8');
const README = readFileSync('README.md', 'utf8');
const blocks = (text: string, language: string) =>
  [...text.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map(
    ([, inner = '']) => inner,
  );

describe('A snippet for a host', () => {
  it.each([...blocks(HOSTS, 'json'), ...blocks(HOSTS, 'yaml')])(
    'is one that parses and starts this server: %s',
    (snippet) => {
      const text = JSON.stringify(parseYaml(snippet));
      expect(text).toContain('/path/to/bedrock-mcp/dist/main.js');
      expect(text).toMatch(/AWS_REGION/);
    },
  );

  it('names no profile: "default" is not there for everybody who has keys, SSO or a role', () => {
    for (const text of [HOSTS, README]) expect(text).not.toMatch(/AWS_PROFILE["=: ]+default/);
  });

  it.each([
    'Claude Code',
    'Codex',
    'Gemini CLI',
    'OpenCode',
    'Copilot CLI',
    'Qwen Code',
    'Continue',
    'Cline',
    'VS Code',
    'Cursor',
  ])('is there for %s, with the address of a shared server', (host) => {
    const from = HOSTS.indexOf(`**${host}**`);
    expect(from).toBeGreaterThan(0);
    expect(HOSTS.slice(from).split('\n**')[0]).toMatch(/8808|json|```/);
  });
});
