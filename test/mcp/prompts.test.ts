/** Prompts and their completions on the wire. Both eras of real clients: test/e2e/resources.test.ts. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectInProcess, type InProcess } from './in-process.ts';

const INVALID_PARAMS = -32602;

let server: InProcess;
beforeAll(async () => {
  server = await connectInProcess();
});
afterAll(() => server.close());

describe('prompts/list', () => {
  it('has three, with their arguments', async () => {
    expect(await server.request('prompts/list', {})).toMatchObject({
      result: {
        prompts: [
          { name: 'second_opinion', arguments: [{ name: 'question', required: true }, { name: 'model' }] },
          { name: 'compare', arguments: [{ name: 'question', required: true }, { name: 'models' }] },
          { name: 'cheapest_model_for', arguments: [{ name: 'task', required: true }, { name: 'needs' }] },
        ],
      },
    });
  });
});

describe('prompts/get', () => {
  it('is one message of the user', async () => {
    const params = { name: 'compare', arguments: { question: 'Is it so?', models: 'a,b' } };
    expect(await server.request('prompts/get', params)).toMatchObject({
      result: {
        description: expect.any(String),
        messages: [{ role: 'user', content: { type: 'text', text: expect.stringContaining('Is it so?') } }],
      },
    });
  });

  it.each([
    ['without its argument', { name: 'compare' }, 'needs question'],
    ['with a blank one', { name: 'compare', arguments: { question: '  ' } }, 'needs question'],
    ['with a number for text', { name: 'compare', arguments: { question: 7 } }, 'question must be text'],
    ['with a list of arguments', { name: 'compare', arguments: ['x'] }, 'must be an object, not a list'],
    [
      'with one model',
      { name: 'compare', arguments: { question: 'x', models: 'nova-lite' } },
      'two to eight',
    ],
    ['without a name', {}, 'name must be text'],
    ['with an endless one', { name: 'compare', arguments: { question: 'x'.repeat(200_001) } }, '200000'],
    ['of an unknown name', { name: 'comparison' }, 'Prompts are: second_opinion'],
    ['of an endless name', { name: 'x'.repeat(10_000) }, 'Unknown prompt'],
    ['of an inherited name', { name: '__proto__' }, 'Unknown prompt'],
  ])('%s is refused', async (_what, params, says) => {
    const answer = await server.request('prompts/get', params);
    expect(answer).toMatchObject({
      error: { code: INVALID_PARAMS, message: expect.stringContaining(says) },
    });
    expect(JSON.stringify(answer).length).toBeLessThan(500);
  });
});

describe('completion/complete', () => {
  it.each([
    { type: 'ref/prompt', name: 'zz' },
    { type: 'ref/resource', uri: 'bedrock://nope/{id}' },
  ])('knows no %j', async (ref) => {
    const params = { ref, argument: { name: 'id', value: '' } };
    expect(await server.request('completion/complete', params)).toMatchObject({ error: { code: -32602 } });
  });
});

describe('completion/complete for a prompt', () => {
  const complete = async (prompt: string, name: string, value: string) => {
    const params = { ref: { type: 'ref/prompt', name: prompt }, argument: { name, value } };
    return server.request('completion/complete', params);
  };
  const values = (...some: readonly unknown[]) => ({
    result: { completion: { values: expect.arrayContaining([...some]) } },
  });

  it('completes a model', async () => {
    expect(await complete('second_opinion', 'model', 'claude-haiku')).toMatchObject(
      values('claude-haiku-4-5'),
    );
    expect(await complete('second_opinion', 'model', 'no such')).toMatchObject({
      result: { completion: { values: [], total: 0 } },
    });
  });

  it.each([
    ['', ['claude-haiku-4-5', 'claude-sonnet-5']],
    ['nova', ['nova-2-lite', 'nova-pro', 'nova-lite', 'nova-micro']],
  ])('offers what can be asked after "%s", the best-known ones first', async (typed, first) => {
    const answer = await complete('second_opinion', 'model', typed);
    expect(answer).toMatchObject({ result: { completion: { values: expect.any(Array) } } });
    const said = JSON.stringify(answer);
    expect(said).toContain(`"values":${JSON.stringify(first).slice(0, -1)}`);
    for (const name of ['rerank', 'embed', 'sonic', 'canvas', 'gpt-5.4']) expect(said).not.toContain(name);
  });

  it('completes the last of several models and keeps those before it', async () => {
    expect(await complete('compare', 'models', 'nova-lite,claude-haiku')).toMatchObject(
      values('nova-lite,claude-haiku-4-5'),
    );
    expect(await complete('compare', 'models', 'nova-lite, claude-haiku')).toMatchObject(
      values(expect.stringMatching(/^nova-lite, ?claude-haiku-4-5$/)),
    );
    expect(await complete('compare', 'models', 'claude-haiku')).toMatchObject(values('claude-haiku-4-5'));
  });

  it('has at most a hundred values and says how many there are', async () => {
    expect(await complete('compare', 'models', 'nova-lite,')).toMatchObject({
      result: { completion: { values: { length: 100 }, hasMore: true } },
    });
  });

  it('has nothing for free text', async () => {
    expect(await complete('compare', 'question', 'claude')).toMatchObject({
      result: { completion: { values: [] } },
    });
  });
});
