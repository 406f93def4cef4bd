// Prints what a call through the server costs beside the bare AWS SDK on its HTTP/1.1 keep-alive handler, interleaved, against a loopback Bedrock
// that answers at once: `node bench/call.mjs [calls]`.
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { BedrockRuntimeClient, ConverseCommand } from '@aws-sdk/client-bedrock-runtime';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { NodeHttpHandler } from '@smithy/node-http-handler';

const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const calls = Number(process.argv[2] ?? 300);
const ANSWER = JSON.stringify({
  output: { message: { role: 'assistant', content: [{ text: 'Hello' }] } },
  stopReason: 'end_turn',
  usage: { inputTokens: 3, outputTokens: 1, totalTokens: 4 },
  metrics: { latencyMs: 1 },
});

const upstream = createServer((request, response) => {
  request.resume();
  request.on('end', () => {
    const ok = request.url?.endsWith('/converse') === true;
    response.writeHead(ok ? 200 : 403, {
      'content-type': 'application/json',
      ...(ok ? {} : { 'x-amzn-errortype': 'AccessDeniedException' }),
    });
    response.end(
      ok
        ? ANSWER
        : '{"Message":"User: arn:aws:iam::123456789012:user/bench is not authorized to perform: bedrock:InvokeModelWithResponseStream on resource: *"}',
    );
  });
});
upstream.keepAliveTimeout = 60_000;
await new Promise((resolve) => upstream.listen(0, '127.0.0.1', resolve));
const endpoint = `http://127.0.0.1:${upstream.address().port}`;
const dataDir = mkdtempSync(join(tmpdir(), 'bedrock-mcp-bench-'));
const keys = {
  BEDROCK_MCP_DATA_DIR: dataDir,
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'AKIDBENCH',
  AWS_SECRET_ACCESS_KEY: 'secret-of-the-bench',
  AWS_ENDPOINT_URL: endpoint,
};

const sdk = new BedrockRuntimeClient({
  region: 'us-east-1',
  endpoint,
  credentials: { accessKeyId: 'AKIDBENCH', secretAccessKey: 'secret-of-the-bench' },
  requestHandler: new NodeHttpHandler(),
  maxAttempts: 1,
});
const bare = () =>
  sdk.send(
    new ConverseCommand({
      modelId: 'amazon.nova-lite-v1:0',
      messages: [{ role: 'user', content: [{ text: 'Hi' }] }],
      inferenceConfig: { maxTokens: 100 },
    }),
  );

const client = new Client({ name: 'bench', version: '1' });
await client.connect(
  new StdioClientTransport({
    command: process.execPath,
    args: [main, '--log', 'error'],
    env: { PATH: process.env.PATH ?? '', AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true', ...keys },
  }),
);
// Streaming is refused by the upstream here (403), which the server learns on its first call; what is measured is Converse against Converse.
const ours = async () => {
  const reply = await client.callTool({
    name: 'invoke_model',
    arguments: { model: 'amazon.nova-lite-v1:0', prompt: 'Hi', max_tokens: 100, api: 'converse' },
  });
  if (reply.isError) throw new Error(JSON.stringify(reply.content));
};

const time = async (run) => {
  const started = performance.now();
  await run();
  return performance.now() - started;
};
for (let round = 0; round < 40; round += 1) {
  await bare();
  await ours();
}
const [a, b] = [[], []];
for (let round = 0; round < calls; round += 1) {
  a.push(await time(bare));
  b.push(await time(ours));
}
const at = (values, share) => [...values].sort((x, y) => x - y)[Math.floor(values.length * share)];
process.stdout.write(
  `bare AWS SDK, HTTP/1.1         p50 ${at(a, 0.5).toFixed(2)} ms  p95 ${at(a, 0.95).toFixed(2)} ms\n`,
);
process.stdout.write(
  `the same call over stdio       p50 ${at(b, 0.5).toFixed(2)} ms  p95 ${at(b, 0.95).toFixed(2)} ms  ratio p50 ${(at(b, 0.5) / at(a, 0.5)).toFixed(2)}\n`,
);
await client.close();
sdk.destroy();
upstream.close();
upstream.closeAllConnections();
rmSync(dataDir, { recursive: true, force: true });
