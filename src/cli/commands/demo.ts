/** `bedrock-mcp demo`: every tool once, through a real MCP client, against the embedded Bedrock. No account, no cost. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isJsonObject, type JsonValue } from '../../json.ts';
import { connectToSelf, type SelfClient, type ToolReply } from '../../mcp/self-client.ts';

/** Runs the demo on stdout; the exit code is 1 when any step failed. */
export async function demo(): Promise<number> {
  const script = fileURLToPath(
    new URL(import.meta.url.endsWith('.ts') ? '../main.ts' : '../main.js', import.meta.url),
  );
  say('Starting bedrock-mcp over stdio against the embedded Bedrock ...');
  const dataDir = await mkdtemp(join(tmpdir(), 'bedrock-mcp-demo-'));
  const files = join(dataDir, 'files');
  await mkdir(files);
  await writeFile(join(files, 'minutes.txt'), 'Ada takes the tests until Friday. Grace writes the manual.\n');
  const client = await connectToSelf(script, ['--sandbox', '--log', 'error'], {
    PATH: process.env['PATH'] ?? '',
    BEDROCK_MCP_DATA_DIR: dataDir,
    BEDROCK_MCP_ROOTS: files,
  });
  let failed = 0;
  const step = async (title: string, run: (client: SelfClient) => Promise<void>) => {
    say(`\n== ${title}`);
    try {
      await run(client);
    } catch (error) {
      failed += 1;
      say(`FAILED: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  try {
    const tools = await client.tools();
    say(`Connected to ${client.serverName}. Tools: ${tools.map((tool) => tool.name).join(', ')}`);
    await step('A plain question (invoke_model)', plainQuestion);
    await step('A slow answer with progress (invoke_model)', withProgress);
    await step('A tool-calling round trip (invoke_model)', toolRoundTrip);
    await step('A conversation that the server keeps (invoke_model, thread_id)', thread);
    await step('A call that outlives its request (invoke_model, get_result)', detached);
    await step('An answer in the shape of a JSON Schema (invoke_model, response_schema)', inShape);
    await step('A question about a file (invoke_model, files)', aboutFile);
    await step('Several models and a blind judge (compare_models)', comparison);
    await step('What would be sent (invoke_model, dry_run)', dryRun);
    await step('Embeddings and similarity (embed_text)', embeddings);
    await step('Models to choose from (list_models)', models);
    await step('Inference profiles (list_inference_profiles)', profiles);
    await step('Costs side by side (estimate_cost)', estimate);
    await step('What was spent (get_usage)', spent);
    await step('An error says what to do', anError);
  } finally {
    await client.close();
    await rm(dataDir, { recursive: true, force: true });
  }
  say(failed === 0 ? '\nAll steps worked.' : `\n${failed} steps failed.`);
  return failed === 0 ? 0 : 1;
}

async function plainQuestion(client: SelfClient): Promise<void> {
  const reply = good(
    await client.call('invoke_model', {
      model: 'claude-haiku-4-5',
      prompt: 'What is the capital of France?',
    }),
  );
  say(`Answer:  ${field(reply, 'text')}`);
  receipt(reply);
}

async function withProgress(client: SelfClient): Promise<void> {
  const reply = good(
    await client.call(
      'invoke_model',
      { model: 'nova-lite', prompt: 'sandbox:slow 4 Tell me a story.' },
      (message) => say(`progress ${message}`),
    ),
  );
  say(`Answer:  ${field(reply, 'text').slice(0, 160)}`);
  receipt(reply);
}

async function toolRoundTrip(client: SelfClient): Promise<void> {
  const question = { role: 'user', content: 'What is the weather in Paris?' };
  const tools = [
    {
      name: 'get_weather',
      description: 'Weather of a city',
      input_schema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
    },
  ];
  const first = good(
    await client.call('invoke_model', { model: 'claude-sonnet-4-5', messages: [question], tools }),
  );
  const calls = first.structured['tool_calls'];
  if (!Array.isArray(calls) || calls.length === 0) throw new Error('the model called no tool');
  say(
    `Calls:   ${calls.map((call: JsonValue) => (isJsonObject(call) ? `${call['name']}(${JSON.stringify(call['input'])})` : '')).join(', ')}`,
  );
  const results = calls.map((call: JsonValue) => ({
    toolResult: {
      toolUseId: isJsonObject(call) ? call['toolUseId'] : '',
      content: [{ text: '21 °C, sunny' }],
    },
  }));
  const second = good(
    await client.call('invoke_model', {
      model: 'claude-sonnet-4-5',
      messages: [
        question,
        {
          role: 'assistant',
          text: first.structured['text'] === '' ? undefined : first.structured['text'],
          tool_calls: calls,
        },
        { role: 'user', content: results },
      ],
      tools,
    }),
  );
  say(`Answer:  ${field(second, 'text')}`);
  receipt(second);
}

async function thread(client: SelfClient): Promise<void> {
  const model = 'nova-lite';
  const first = good(
    await client.call('invoke_model', { model, prompt: 'My name is Ada.', thread_id: 'new' }),
  );
  const { thread_id } = threadOf(first);
  const second = good(await client.call('invoke_model', { model, prompt: 'What is my name?', thread_id }));
  const { turns, cost_usd } = threadOf(second);
  if (turns !== 2) throw new Error('the thread did not go on');
  say(`Thread:  ${String(thread_id)}, ${String(turns)} turns so far, ${String(cost_usd)} USD`);
  say(`Answer:  ${field(second, 'text')}`);
  receipt(second);
}

function threadOf(reply: ToolReply): Record<string, unknown> {
  const kept = reply.structured['thread'];
  if (!isRecord(kept)) throw new Error('no thread came back');
  return kept;
}

async function detached(client: SelfClient): Promise<void> {
  const begun = good(
    await client.call('invoke_model', {
      model: 'claude-haiku-4-5',
      prompt: 'sandbox:slow 2',
      options: { wait_seconds: 0 },
    }),
  );
  const { status, call_id, next } = begun.structured;
  say(`At once: ${String(status)}. ${String(next)}`);
  const done = good(await client.call('get_result', { call_id }));
  say(`Later:   ${field(done, 'status')}: ${field(done, 'text')}`);
  receipt(done);
}

async function inShape(client: SelfClient): Promise<void> {
  const reply = good(
    await client.call('invoke_model', {
      model: 'claude-sonnet-4-5',
      prompt: 'Which city is the capital of France, Paris or Lyon?',
      response_schema: {
        type: 'object',
        properties: { city: { type: 'string' }, sure: { type: 'boolean' } },
        required: ['city', 'sure'],
      },
    }),
  );
  say(`Parsed:  ${JSON.stringify(reply.structured['parsed'])}`);
  receipt(reply);
}

async function aboutFile(client: SelfClient): Promise<void> {
  const reply = good(
    await client.call('invoke_model', {
      model: 'nova-pro',
      prompt: 'Who takes what?',
      files: ['minutes.txt'],
    }),
  );
  say(`Answer:  ${field(reply, 'text')}`);
  receipt(reply);
  const refused = await client.call('invoke_model', { prompt: 'Who?', files: ['/etc/passwd'] });
  if (!refused.isError) throw new Error('a file outside of the roots was read');
  say(`Outside: ${refused.text.split('\n')[0]}`);
}

async function comparison(client: SelfClient): Promise<void> {
  const reply = good(
    await client.call('compare_models', {
      models: ['nova-lite', 'claude-haiku-4-5', 'claude-hiku'],
      prompt: 'What is the capital of France?',
      judge: 'nova-pro',
      max_cost_usd: 1,
    }),
  );
  for (const line of reply.text.split('\n').filter((each) => each !== '')) say(line.slice(0, 120));
  say("(The sandbox's judge always takes what it reads first, which the second order brings to light.)");
}

async function models(client: SelfClient): Promise<void> {
  const reply = good(await client.call('list_models', { query: 'nova', limit: 3 }));
  say(reply.text);
}

async function dryRun(client: SelfClient): Promise<void> {
  const reply = good(
    await client.call('invoke_model', {
      model: 'llama3-3-70b',
      prompt: 'Summarise this.',
      temperature: 0.2,
      dry_run: true,
    }),
  );
  receipt(reply);
  const plan = reply.structured['dry_run'];
  if (isRecord(plan))
    say(
      `Cost:    ${plan['cost_usd_at_least'] ?? '?'} to ${plan['cost_usd_at_most'] ?? '?'} USD; sent: ${plan['sent']}`,
    );
}

async function embeddings(client: SelfClient): Promise<void> {
  const texts = [
    'A cat sits on the mat',
    'The cat is sitting on a mat',
    'Quarterly revenue grew by nine percent',
  ];
  const reply = good(await client.call('embed_text', { texts, return: 'similarity' }));
  const matrix = reply.structured['similarity'];
  if (!Array.isArray(matrix)) throw new Error('no similarity came back');
  for (const [at, text] of texts.entries()) {
    const row: unknown = matrix[at];
    say(
      `${text.padEnd(42)} ${Array.isArray(row) ? row.map((score) => Number(score).toFixed(2)).join('  ') : ''}`,
    );
  }
  const nearest = good(
    await client.call('embed_text', {
      texts,
      query: 'Where is the cat?',
      top_k: 1,
      model: 'cohere.embed-english-v3',
    }),
  );
  say(`Nearest to "Where is the cat?": ${JSON.stringify(nearest.structured['matches'])}`);
  receipt(reply);
}

async function profiles(client: SelfClient): Promise<void> {
  const reply = good(await client.call('list_inference_profiles', { query: 'claude', limit: 4 }));
  say(reply.text);
}

async function estimate(client: SelfClient): Promise<void> {
  const reply = good(
    await client.call('estimate_cost', {
      models: ['claude-sonnet-4-5', 'claude-haiku-4-5', 'nova-lite'],
      input_tokens: 20_000,
      output_tokens: 2_000,
      calls: 100,
    }),
  );
  say(reply.text);
}

async function spent(client: SelfClient): Promise<void> {
  const reply = good(await client.call('get_usage', {}));
  say(reply.text);
}

async function anError(client: SelfClient): Promise<void> {
  const reply = await client.call('invoke_model', { model: 'claude-sonet-4-5', prompt: 'Hello' });
  if (!reply.isError) throw new Error('a misspelt model was accepted');
  say(reply.text);
}

function good(reply: ToolReply): ToolReply {
  if (reply.isError) throw new Error(reply.text);
  return reply;
}

function receipt(reply: ToolReply): void {
  const slip = reply.structured['receipt'];
  if (!isRecord(slip)) return;
  say(
    `Receipt: ${slip['model_asked']} -> ${slip['model_id']} in ${slip['region']}, ${slip['route_reason'] ?? slip['api']}`,
  );
  if (slip['usage'] !== undefined)
    say(
      `         ${JSON.stringify(slip['usage'])}, ${slip['cost_usd'] ?? '?'} USD (prices as of ${slip['prices_as_of'] ?? '?'})`,
    );
}

function field(reply: ToolReply, name: string): string {
  return String(reply.structured[name] ?? '');
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
