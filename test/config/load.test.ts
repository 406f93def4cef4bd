import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BedrockError } from '../../src/bedrock-error.ts';
import { loadConfig } from '../../src/config/load.ts';
import { configSchema } from '../../src/config/schema.ts';
import { listSettings } from '../../src/config/settings.ts';
import { createLogger, createRedact } from '../../src/log.ts';

const folder = mkdtempSync(join(tmpdir(), 'bedrock-mcp-config-'));
const file = (name: string, text: string) => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};
const refusal = async (input: Parameters<typeof loadConfig>[0]): Promise<BedrockError> => {
  try {
    await loadConfig(input);
  } catch (error) {
    if (error instanceof BedrockError) return error;
    throw error;
  }
  throw new Error('the configuration was accepted');
};

it('variables that only look like settings are named', async () => {
  const environment = { BEDROCK_MCP_BUDGET_USD_PER_DY: '5', BEDROCK_MCP_LOG: 'warn', PATH: '/bin' };
  expect((await loadConfig({ environment })).unknown).toEqual(['BEDROCK_MCP_BUDGET_USD_PER_DY']);
});

describe('settings come from the nearest source', () => {
  const configFile = file('all.yaml', 'region: eu-west-1\ntimeout: 1000\nlog: debug\n');
  const envFile = file('all.env', 'AWS_REGION=eu-north-1\nBEDROCK_TIMEOUT=2000\n');

  it('flags beat the environment, that beats the env file, that the config file, that the defaults', async () => {
    const { config, sources } = await loadConfig({
      flags: { region: 'us-east-1' },
      environment: { AWS_REGION: 'us-west-2' },
      envFile,
      configFile,
    });
    expect(config).toMatchObject({ region: 'us-east-1', timeout: 2000, log: 'debug', idle_timeout: 300_000 });
    expect(Object.fromEntries(sources)).toEqual({
      region: 'flag',
      timeout: 'environment',
      log: 'config file',
    });
    expect((await loadConfig({ environment: { AWS_REGION: 'us-west-2' }, envFile })).config.region).toBe(
      'us-west-2',
    );
    expect((await loadConfig({ envFile, configFile })).config.region).toBe('eu-north-1');
    expect((await loadConfig({ configFile })).config.region).toBe('eu-west-1');
  });

  it('AWS_DEFAULT_REGION counts, after AWS_REGION', async () => {
    expect((await loadConfig({ environment: { AWS_DEFAULT_REGION: 'ca-central-1' } })).config.region).toBe(
      'ca-central-1',
    );
    expect(
      (await loadConfig({ environment: { AWS_DEFAULT_REGION: 'ca-central-1', AWS_REGION: 'us-east-2' } }))
        .config.region,
    ).toBe('us-east-2');
  });

  it('JSON is read as well as YAML', async () => {
    expect(
      (await loadConfig({ configFile: file('c.json', '{"tools": ["core"], "allow_global": true}') })).config,
    ).toMatchObject({ tools: ['core'], allow_global: true });
  });

  it('values are trimmed and empty ones are unset', async () => {
    const { config } = await loadConfig({
      environment: {
        AWS_REGION: ' us-east-1\n',
        AWS_PROFILE: '   ',
        BEDROCK_DEFAULT_MODEL: '',
        BEDROCK_MCP_TOOLS: ' invoke_model , embed_text,',
      },
    });
    expect(config).toMatchObject({ region: 'us-east-1', tools: ['invoke_model', 'embed_text'] });
    expect(config.profile).toBeUndefined();
    expect(config.default_model).toBeUndefined();
  });

  it.each([
    ['true', true],
    ['1', true],
    ['YES', true],
    ['off', false],
    ['0', false],
  ])('%s is a switch', async (text, value) => {
    expect((await loadConfig({ environment: { BEDROCK_MCP_SANDBOX: text } })).config.sandbox).toBe(value);
  });
});

describe('a wrong setting', () => {
  it.each([
    [
      'a word for a number',
      { environment: { BEDROCK_TIMEOUT: 'soon' } },
      'BEDROCK_TIMEOUT holds "soon"',
      '100 to 86400000',
    ],
    [
      'a number out of range',
      { environment: { BEDROCK_MAX_RETRIES: '99' } },
      'BEDROCK_MAX_RETRIES holds 99',
      '0 to 10',
    ],
    ['a fraction for a whole number', { flags: { port: '80.5' } }, '--port holds 80.5', '0 to 65535'],
    ['no Region', { environment: { AWS_REGION: 'x.evil.test/#' } }, 'AWS_REGION holds', 'us-east-1'],
    [
      'no URL',
      { environment: { AWS_ENDPOINT_URL: 'file:///etc/passwd' } },
      'AWS_ENDPOINT_URL holds',
      'http or https',
    ],
    [
      'an unknown level',
      { environment: { BEDROCK_MCP_LOG: 'loud' } },
      'BEDROCK_MCP_LOG holds "loud"',
      'error, warn, info or debug',
    ],
    [
      'an unresolved placeholder',
      { environment: { AWS_REGION: '${user_config.region}' } },
      'AWS_REGION holds the unresolved placeholder ${user_config.region}',
      'us-east-1',
    ],
    ['an unknown key', { configFile: file('k.yaml', 'regoin: us-east-1\n') }, 'the key "regoin"', 'region'],
    [
      'a wrong type in the file',
      { configFile: file('t.yaml', 'timeout: long\n') },
      '"timeout" in',
      '100 to 86400000',
    ],
    ['broken YAML', { configFile: file('b.yaml', 'a: [\n') }, 'neither YAML nor JSON', 'line'],
    ['a list for a file', { configFile: file('l.yaml', '- 1\n') }, 'must hold settings by name', 'region'],
    [
      'a bad model entry',
      { configFile: file('m.yaml', 'models:\n  - alias: a\n    price: { input: free }\n') },
      'models.0.price.input',
      'README',
    ],
    ['no such config file', { configFile: join(folder, 'none.yaml') }, 'cannot be read', '--config'],
    ['no such env file', { envFile: join(folder, 'none.env') }, 'cannot be read', '--environment-file'],
  ])('%s is refused by name, with what it holds and what is allowed', async (_what, input, message, fix) => {
    const error = await refusal(input);
    expect(error.code).toBe('config');
    expect(error.message).toContain(message);
    expect(error.fix).toContain(fix);
  });

  it.each(['AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_BEARER_TOKEN_BEDROCK'])(
    '%s is never shown',
    async (name) => {
      for (const value of ['hunter two with blanks', 'sécrèt-value-with-accents', '${secret.hunter}']) {
        const error = await refusal({ environment: { [name]: value } });
        expect(error.message).toContain(name);
        expect(`${error.message} ${error.fix}`).not.toMatch(/hunter|accents/);
      }
    },
  );
});

describe('what this version cannot do', () => {
  it.each(['BEDROCK_MCP_TOKEN', 'BEDROCK_MCP_TOKEN_FILE', 'BEDROCK_MCP_OUTPUT_DIR'])(
    'is refused when %s asks for it, not ignored',
    async (name) => {
      const inFile = file('future.env', `${name}=0123456789abcdef-hunter\n`);
      for (const input of [{ environment: { [name]: '0123456789abcdef-hunter' } }, { envFile: inFile }]) {
        const error = await refusal(input);
        expect(error.message).toContain(`${name} is set, but is not available yet`);
        expect(`${error.message} ${error.fix}`).not.toContain('hunter');
      }
      expect((await loadConfig({ environment: { [name]: ' ' } })).unknown).toEqual([]);
    },
  );
});

describe('a secret', () => {
  const SECRETS = listSettings().filter(({ facts }) => facts.secret);
  const inOrder = (name: string, env: string, value: string): Parameters<typeof loadConfig>[0][] => [
    { environment: { [env]: ` ${value}\n` } },
    { envFile: file('secret.env', `${env}=${value}\n`) },
    { configFile: file('secret.yaml', `${name}: ${value}\n`) },
    // One that another source beats is a secret all the same.
    { configFile: file('beaten.yaml', `${name}: ${value}\n`), environment: { [env]: 'another-one' } },
    { envFile: file('beaten.env', `${env}=${value}\n`), environment: { [env]: 'another-one' } },
  ];

  it.each(SECRETS.flatMap(({ name, facts }) => facts.env.map((env) => [env, name] as const)))(
    'in %s is blanked in logs and answers, wherever it was set',
    async (env, name) => {
      const value = `hunter-two-${name.replaceAll('_', '-')}`;
      for (const input of inOrder(name, env, value)) {
        const redact = createRedact((await loadConfig(input)).secrets);
        expect(redact(`AWS said: ${value} is wrong`)).toBe('AWS said: [redacted] is wrong');
        const lines: string[] = [];
        createLogger('debug', redact, (line) => lines.push(line)).error('Sent.', { header: value });
        expect(lines.join('')).not.toContain('hunter');
      }
    },
  );
});

describe('the settings table', () => {
  it('has a fact for every field of the schema that is not for the config file alone', () => {
    expect(listSettings().map((row) => row.name)).toEqual(
      Object.keys(configSchema.shape).filter((name) => name !== 'models' && name !== 'budgets'),
    );
  });

  it('names the variables of the design', () => {
    const names = listSettings().flatMap((row) => row.facts.env);
    expect(names).toEqual(
      expect.arrayContaining([
        'BEDROCK_DEFAULT_MODEL',
        'BEDROCK_TIMEOUT',
        'BEDROCK_IDLE_TIMEOUT',
        'BEDROCK_MAX_RETRIES',
        'BEDROCK_MCP_DATA_DIR',
        'BEDROCK_MCP_ROOTS',
        'BEDROCK_MCP_TOOLS',
        'BEDROCK_MCP_BUDGET_USD_PER_CALL',
        'BEDROCK_MCP_CONFIRM_ABOVE_USD',
        'BEDROCK_MCP_ALLOW_GLOBAL',
        'BEDROCK_MCP_LOG',
        'BEDROCK_MCP_SANDBOX',
      ]),
    );
  });
});
