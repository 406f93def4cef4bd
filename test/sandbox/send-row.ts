/** A recorded request, sent to a sandbox as it once went to Bedrock. */
import { startSandbox } from '../../src/sandbox/server/server.ts';
import type { Sandbox } from '../../src/sandbox/types.ts';
import type { Raw } from '../inference/codecs/recorded-rows.ts';

export interface SentRow {
  readonly path: string;
  readonly region: string | null;
  readonly model_id: string;
  readonly request_body: Raw;
}

/** A sandbox with every recorded model in it, those that are retired by now too. */
export async function sandboxFor(rows: readonly SentRow[]): Promise<Sandbox> {
  const arns = rows
    .filter(({ model_id }) => model_id.includes(':application-inference-profile/'))
    .map(({ model_id, request_body }): [string, string] => {
      const embeds = request_body?.inputText !== undefined;
      return [model_id, embeds ? 'amazon.titan-embed-text-v2:0' : 'anthropic.claude-haiku-4-5-20251001-v1:0'];
    });
  return startSandbox({ retired: 'serve', onDemandRefused: 'none', arns: Object.fromEntries(arns) });
}

export async function sendRow(
  sandbox: Sandbox,
  { path, region, request_body: body }: SentRow,
): Promise<{ readonly status: number; readonly bytes: Buffer }> {
  const now = `${new Date().toISOString().replace(/[-:]/g, '').slice(0, 15)}Z`;
  const scope = `${now.slice(0, 8)}/${region ?? 'us-east-1'}/bedrock/aws4_request`;
  const authorization = `AWS4-HMAC-SHA256 Credential=AKID/${scope}, SignedHeaders=host, Signature=${'0'.repeat(64)}`;
  const response = await fetch(sandbox.url + path.split('?')[0], {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-amz-date': now, authorization },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return { status: response.status, bytes: Buffer.from(await response.arrayBuffer()) };
}
