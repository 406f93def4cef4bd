import { afterEach, describe, expect, it, vi } from 'vitest';
import { openApp } from '../../src/cli/open-app.ts';

afterEach(() => vi.unstubAllEnvs());

const WRONG = [
  { AWS_REGION: 'useast1' },
  { BEDROCK_TIMEOUT: 'soon' },
  { AWS_ACCESS_KEY_ID: 'AKID', AWS_SECRET_ACCESS_KEY: '' },
  { BEDROCK_MCP_AUTH: 'bearer', AWS_BEARER_TOKEN_BEDROCK: '' },
  { BEDROCK_MCP_TOKEN: 'secret' },
  { BEDROCK_MCP_TOOLS: 'invoke_modle' },
];

describe('A setting that is wrong', () => {
  it.each(WRONG)('is told by every call of a server that a host has started: %j', async (variables) => {
    for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
    const app = await openApp({ flags: {} }, { keepServing: true });
    const [name = ''] = Object.keys(variables);
    const key = { BEDROCK_MCP_AUTH: 'AWS_BEARER_TOKEN_BEDROCK', AWS_ACCESS_KEY_ID: 'AWS_SECRET_ACCESS_KEY' }[
      name
    ];
    await expect(app.services()).rejects.toMatchObject({ code: 'config' });
    const told = await app.services().catch((error: unknown) => error);
    expect(
      `${told instanceof Error && 'fix' in told ? `${told.message} ${String(told.fix)}` : ''}`,
    ).toContain(key ?? name);
    await app.close();
  });

  it.each(WRONG.slice(0, 5))('ends every other command: %j', async (variables) => {
    for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
    await expect(openApp({ flags: {} })).rejects.toMatchObject({ code: 'config' });
  });

  it.each([
    [{ port: 'x' }, {}],
    [{ http: true }, { AWS_REGION: 'useast1' }],
    [{}, { BEDROCK_MCP_HTTP: 'true', AWS_REGION: 'useast1' }],
    [{}, { BEDROCK_MCP_HTTP: 'perhaps' }],
  ])('ends also a server where nobody would read it in a host: %j %j', async (flags, variables) => {
    for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
    await expect(openApp({ flags }, { keepServing: true })).rejects.toMatchObject({ code: 'config' });
  });
});
