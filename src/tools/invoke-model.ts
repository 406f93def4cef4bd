import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import { BedrockError } from '../bedrock-error.ts';
import { type InferenceCall, planInference } from '../inference/plan.ts';
import { runInference } from '../inference/run.ts';
import type { ContentBlock, InferenceRequest, InferenceResult, StreamDelta } from '../inference/types.ts';
import { toWireJson } from '../inference/wire-json.ts';
import type { JsonValue } from '../json.ts';
import { callRegion } from './call-region.ts';
import { defineTool, rarely } from './define.ts';
import { readMessages } from './message-input.ts';
import { planReceipt, receiptOutput, runReceipt } from './receipt.ts';
import { type CallOptions, readOptions, readToolChoice, readTools } from './request-input.ts';
import { reserveCall, settleCall } from './spend.ts';
import type { ProgressUpdate, ToolAnswer, ToolContext } from './tool.ts';

/** Tokens. Leaving the limit out reserves the model's whole maximum from the account's quota (AWS: how tokens are counted). */
const DEFAULT_MAX_TOKENS = 8_192;
const TAIL_CHARACTERS = 80;
const NO_OPTIONS: CallOptions = { request: {} };

const anyObject = z.record(z.string(), z.unknown());

const input = z.strictObject({
  model: z
    .string()
    .min(1)
    .max(2048)
    .optional()
    .describe('Alias (claude-haiku-4-5, nova-lite), model ID, profile ID or ARN'),
  prompt: z.string().max(20_000_000).optional().describe('The user turn'),
  messages: z
    .array(anyObject)
    .min(1)
    .max(2_000)
    .optional()
    .describe(
      'Or a conversation: [{role, content: text or Converse blocks, bytes as base64}]. After tool_calls append {role:"assistant", text, reasoning, tool_calls} (or content) as returned, then {role:"user", content:[{toolResult:{toolUseId, content:[{text}]}}]}',
    ),
  system: z.string().max(20_000_000).optional().describe('System prompt'),
  max_tokens: z.int().min(1).max(1_000_000).optional().describe(`Default ${DEFAULT_MAX_TOKENS}`),
  temperature: z.number().min(0).max(2).optional().describe('0 to 1'),
  top_p: rarely(z.number().min(0).max(1).optional()),
  top_k: rarely(z.int().min(0).max(500).optional()),
  stop_sequences: rarely(z.array(z.string().min(1)).max(100).optional()),
  tools: z.array(anyObject).max(500).optional().describe('[{name, description, input_schema}]'),
  tool_choice: z.string().min(1).max(64).optional().describe('auto, any, none or a tool name'),
  reasoning: z.enum(['off', 'low', 'medium', 'high', 'max']).optional().describe('Effort'),
  api: z.enum(['auto', 'converse', 'native']).optional().describe('Default auto'),
  region: rarely(z.string().max(30).optional()),
  timeout_ms: rarely(z.int().min(100).max(86_400_000).optional()),
  dry_run: z.boolean().optional().describe('Show route, target and cost; send nothing'),
  options: anyObject
    .optional()
    .describe(
      'Rare: top_p, top_k, stop_sequences, region, timeout_ms, service_tier, guardrail {id, version}, anthropic_beta, request_metadata, additional_model_request_fields, native_body',
    ),
});

const output = z.object({
  text: z.string().optional(),
  stop_reason: z.string().optional(),
  tool_calls: z.array(z.object({ toolUseId: z.string(), name: z.string(), input: z.unknown() })).optional(),
  reasoning: z.array(z.record(z.string(), z.unknown())).optional(),
  content: z.array(z.record(z.string(), z.unknown())).optional(),
  native_response: z.unknown().optional(),
  dry_run: z.record(z.string(), z.unknown()).optional(),
  receipt: receiptOutput,
});

type Input = z.output<typeof input>;
type Output = z.output<typeof output>;

export const invokeModel = defineTool({
  name: 'invoke_model',
  title: 'Invoke a Bedrock model',
  description:
    'Ask any Amazon Bedrock text model: one turn, with tools, images or documents. For delegation and second opinions. Costs money; the receipt says how much.',
  input,
  output,
  // It changes nothing in the caller's world, but it spends money: hosts ask before tools that are not read-only.
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: true },
  run: async (args, context) => {
    const callId = randomUUID();
    const asked = args.model ?? context.services.defaultModel;
    const { confirmedUsd, request: options } =
      args.options === undefined ? NO_OPTIONS : readOptions(args.options);
    const call = readCall(args, options, await callRegion(args.region, asked, context.services), context);
    const deps = await context.services.inference();
    if (args.dry_run === true) {
      const planned = await planInference(call, deps, 'none');
      const { receipt, details } = await planReceipt(planned, callId, call, context.services);
      return {
        structured: { dry_run: details, receipt },
        text: JSON.stringify({ dry_run: details, receipt }),
      };
    }
    const { services, signal } = context;
    const progress = watch(context);
    return services.gate.run(signal, async () => {
      const planned = await planInference(call, deps);
      const reservation = await reserveCall(
        callId,
        'invoke_model',
        planned,
        call,
        confirmedUsd ?? context.confirmedUsd,
        services,
      );
      const spoken = { ...call, ...(progress === undefined ? {} : { onDelta: progress }) };
      const outcome = await runInference(spoken, deps, planned).catch(async (error: unknown) => {
        await reservation.release();
        throw error;
      });
      const notes = [...reservation.warnings, ...(await settleCall(reservation, outcome, call, services))];
      if (!outcome.ok) throw describeFailure(outcome.error, outcome.attempts.length);
      const receipt = await runReceipt(
        { ...outcome, warnings: [...outcome.warnings, ...notes] },
        callId,
        services,
      );
      return shape(outcome.result, receipt);
    });
  },
});

/** Arguments -> the neutral call. @throws BedrockError `invalid_request`. */
function readCall(
  args: Input,
  options: Partial<InferenceRequest>,
  region: string,
  context: ToolContext,
): InferenceCall {
  const { services } = context;
  const request: InferenceRequest = {
    messages: readTurns(args, options.rawBody !== undefined),
    ...(args.system === undefined || args.system === '' ? {} : { system: [{ text: args.system }] }),
    inferenceConfig: {
      ...(args.max_tokens === undefined ? {} : { maxTokens: args.max_tokens }),
      ...(args.temperature === undefined ? {} : { temperature: args.temperature }),
      ...(args.top_p === undefined ? {} : { topP: args.top_p }),
      ...(args.top_k === undefined ? {} : { topK: args.top_k }),
      ...(args.stop_sequences === undefined ? {} : { stopSequences: args.stop_sequences }),
    },
    ...readToolConfig(args),
    ...(args.reasoning === undefined ? {} : { reasoning: { effort: args.reasoning } }),
    ...options,
  };
  return {
    asked: args.model ?? services.defaultModel,
    request,
    region,
    defaultMaxTokens: DEFAULT_MAX_TOKENS,
    timeoutMs: args.timeout_ms ?? services.config.timeout,
    idleTimeoutMs: services.config.idle_timeout,
    signal: context.signal,
    ...(args.api === undefined ? {} : { api: args.api }),
  };
}

function readTurns(args: Input, hasRawBody: boolean) {
  if (args.prompt === undefined && args.messages === undefined) {
    if (hasRawBody) return [];
    throw new BedrockError('invalid_request', {
      message: 'Neither prompt nor messages was given.',
      fix: 'Give prompt (one user turn) or messages (a conversation).',
      field: 'prompt',
    });
  }
  const messages = args.messages === undefined ? [] : readMessages(args.messages);
  return args.prompt === undefined
    ? messages
    : [...messages, { role: 'user' as const, content: [{ text: args.prompt }] }];
}

function readToolConfig(args: Input): Pick<InferenceRequest, 'toolConfig'> {
  if (args.tools === undefined || args.tools.length === 0) {
    if (args.tool_choice === undefined || args.tool_choice === 'auto' || args.tool_choice === 'none')
      return {};
    throw new BedrockError('invalid_request', {
      message: 'tool_choice was given without tools.',
      fix: 'Give tools, or drop tool_choice.',
      field: 'tool_choice',
    });
  }
  const tools = readTools(args.tools);
  const toolChoice = args.tool_choice === undefined ? undefined : readToolChoice(args.tool_choice, tools);
  return { toolConfig: { tools, ...(toolChoice === undefined ? {} : { toolChoice }) } };
}

/** Progress as the answer grows: tokens are not told before the end, so pieces are counted, and the tail is shown. */
function watch(context: ToolContext): ((delta: StreamDelta) => void) | undefined {
  const report: ((update: ProgressUpdate) => void) | undefined = context.progress;
  if (report === undefined) return undefined;
  let characters = 0;
  let tail = '';
  return (delta) => {
    const piece =
      delta.type === 'text' || delta.type === 'reasoning'
        ? delta.text
        : delta.type === 'toolUseInput'
          ? delta.json
          : '';
    if (piece === '') return;
    characters += piece.length;
    tail = (tail + piece).slice(-TAIL_CHARACTERS);
    const tokens = Math.ceil(characters / 4);
    const what =
      delta.type === 'reasoning' ? 'reasoning' : delta.type === 'toolUseInput' ? 'tool call' : 'answering';
    report({ progress: tokens, message: `${what}, about ${tokens} tokens: …${tail.replace(/\s+/g, ' ')}` });
  };
}

function describeFailure(error: BedrockError, attempts: number): BedrockError {
  return attempts < 2 ? error : error.with({ message: `${error.message} (${attempts} attempts were made.)` });
}

function shape(result: InferenceResult, receipt: Output['receipt']): ToolAnswer<Output> {
  const text = result.content
    .map((block) =>
      'text' in block
        ? block.text
        : 'citationsContent' in block
          ? block.citationsContent.content.map((part) => part.text).join('')
          : '',
    )
    .join('');
  // A tool that the provider ran itself is no call for the caller to answer.
  const toolCalls = result.content.flatMap((block) =>
    'toolUse' in block && block.toolUse.type === undefined
      ? [{ toolUseId: block.toolUse.toolUseId, name: block.toolUse.name, input: block.toolUse.input }]
      : [],
  );
  const reasoning = result.content.flatMap((block) =>
    'reasoningContent' in block ? [reasoningJson(block.reasoningContent)] : [],
  );
  const plain = result.content.every(
    (block) =>
      'text' in block ||
      'reasoningContent' in block ||
      ('toolUse' in block && block.toolUse.type === undefined),
  );
  const structured: Output = {
    text,
    stop_reason: result.stopReason === 'other' ? (result.stopReasonRaw ?? 'other') : result.stopReason,
    ...(toolCalls.length === 0 ? {} : { tool_calls: toolCalls }),
    ...(reasoning.length === 0 || !plain ? {} : { reasoning }),
    // Blocks of other kinds have their place among the rest, so then all come in order.
    ...(plain ? {} : { content: result.content.map(blockJson) }),
    ...(result.rawResponse === undefined ? {} : { native_response: result.rawResponse }),
    receipt,
  };
  return { structured, text: plainText(structured) };
}

function reasoningJson(
  block: Extract<ContentBlock, { reasoningContent: unknown }>['reasoningContent'],
): Record<string, string> {
  if ('redactedContent' in block) return { redacted: Buffer.from(block.redactedContent).toString('base64') };
  const { text, signature } = block.reasoningText;
  return { text, ...(signature === undefined ? {} : { signature }) };
}

function blockJson(block: ContentBlock): Record<string, JsonValue> {
  const json = toWireJson(block);
  return typeof json === 'object' && json !== null && !Array.isArray(json) ? json : { value: json };
}

/** For hosts that show only text: the words, the tool calls, one line of receipt. */
function plainText(answer: Output): string {
  const parts = [answer.text ?? ''];
  if (answer.tool_calls !== undefined) parts.push(`tool_calls: ${JSON.stringify(answer.tool_calls)}`);
  if (answer.text === '' && answer.tool_calls === undefined && answer.native_response !== undefined)
    parts.push(JSON.stringify(answer.native_response));
  const { receipt } = answer;
  const cost = receipt.cost_usd === undefined ? 'cost unknown' : `${receipt.cost_usd} USD`;
  parts.push(
    `[${receipt.model_id} · ${answer.stop_reason} · ${receipt.usage?.input_tokens ?? '?'} in, ${receipt.usage?.output_tokens ?? '?'} out · ${cost}]`,
  );
  return parts.filter((part) => part !== '').join('\n\n');
}
