import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import { textAnswerFields } from '../calls/answer.ts';
import type { Services } from '../calls/services.ts';
import { readResponseSchema } from '../calls/structured/ask-for-json.ts';
import { DEFAULT_MAX_TOKENS, type RequestParts, type TextCallRequest } from '../calls/text/request.ts';
import { callTextWaiting, planText } from '../calls/text-call.ts';
import { defined } from '../defined.ts';
import { API_NAMES } from '../messages/apis.ts';
import { defineTool, publishedAs, publishedObject } from './definition/define.ts';
import type { Tell } from './input/fields.ts';
import { type CallOptions, readOptions } from './input/options.ts';
import { unwrapSchema } from './input/response-format.ts';
import { readSystem } from './input/system.ts';
import { readTools } from './input/tool-definitions.ts';
import { LONGEST_TEXT, readTurn, turnInput } from './input/turn.ts';
import { charactersOf, waitFields, waitOf } from './input/wait.ts';
import { deliver } from './output/deliver.ts';

const TOOL = 'invoke_model';
const NO_OPTIONS: CallOptions = { request: {} };

const STRING = { type: 'string' };
const SCHEMA = { type: 'object', properties: { type: STRING } };
const CONTENT = {
  anyOf: [STRING, { type: 'array', items: { type: 'object', properties: { text: STRING } } }],
};
const anyObject = z.record(z.string(), z.unknown());

const input = z.strictObject({
  model: z.string().min(1).max(2048).optional().describe('Alias (claude-haiku-4-5, nova-lite), ID or ARN'),
  prompt: turnInput.prompt,
  messages: z
    .array(publishedObject(anyObject, { role: STRING, content: CONTENT }))
    .min(1)
    .max(2_000)
    .optional()
    .describe(
      'Or a conversation, in Converse blocks. After tool_calls append the answer as {role: assistant, ...} (not in a thread), then {role: user, content:[{toolResult:{toolUseId, content:[{text}]}}]}',
    ),
  thread_id: z.string().min(1).max(64).optional().describe('new, or the ID of a kept conversation'),
  files: turnInput.files.describe('Paths or data: URIs'),
  // Blocks ([{type: "text", text, cache_control}]) are taken too.
  system: publishedAs(z.union([z.string().max(LONGEST_TEXT), z.array(z.unknown()).max(1_000)]), {
    type: 'string',
  })
    .optional()
    .describe('System prompt'),
  max_tokens: z.int().min(1).max(1_000_000).optional().describe(`Default ${DEFAULT_MAX_TOKENS}`),
  temperature: z.number().min(0).max(2).optional(),
  top_p: z.number().min(0).max(1).optional(),
  top_k: z.int().min(0).max(500).optional(),
  stop_sequences: z.array(z.string().min(1)).max(100).optional(),
  tools: z
    .array(publishedObject(anyObject, { name: STRING, description: STRING, input_schema: SCHEMA }))
    .max(500)
    .optional()
    .describe('To offer it'),
  tool_choice: z.string().min(1).max(64).optional(),
  response_schema: publishedAs(anyObject, SCHEMA).optional().describe('JSON Schema for the answer'),
  reasoning: z.enum(['off', 'low', 'medium', 'high', 'max']).optional().describe('Effort'),
  cache: z.union([z.boolean(), z.enum(['5m', '1h'])]).optional(),
  api: z.enum(['auto', ...API_NAMES]).optional(),
  region: z.string().max(30).optional(),
  timeout_ms: z.int().min(100).max(86_400_000).optional(),
  ...waitFields,
  dry_run: z.boolean().optional().describe('Route and cost, nothing sent'),
  options: publishedObject(anyObject, { temperature: { type: 'number' } })
    .optional()
    .describe(
      'api (converse, native), tool_choice (auto, any, none, a name), cache (true, 5m, 1h), top_p, top_k, stop_sequences, wait_seconds, timeout_ms, max_output_chars, region, service_tier, guardrail {id, version}, request_metadata, additional_model_request_fields, native_body',
    ),
});

const RARE = [
  'temperature',
  'top_p',
  'top_k',
  'stop_sequences',
  'tool_choice',
  'cache',
  'api',
  'region',
  'timeout_ms',
  'wait_seconds',
  'max_output_chars',
] as const;

const output = z.object({
  status: z.string().optional(),
  call_id: z.string().optional(),
  running_seconds: z.int().optional(),
  next: z.string().optional(),
  ...textAnswerFields,
  note: z.string().optional(),
  dry_run: z.record(z.string(), z.unknown()).optional(),
});

type Input = z.output<typeof input>;

export const invokeModel = defineTool({
  name: TOOL,
  title: 'Invoke a Bedrock model',
  description:
    'Ask any Amazon Bedrock text model, with tools, images and files. For delegation and second opinions. Costs money.',
  input,
  output,
  sets: ['core'],
  rare: RARE,
  longAnswer: true,
  // It changes nothing in the caller's world, but it spends money: hosts ask before tools that are not read-only.
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: true },
  run: async (args, context) => {
    const request = await readRequest(args, context.services);
    if (args.dry_run === true) {
      const { details, receipt } = await planText(request, context);
      const structured = { dry_run: details, receipt };
      return { structured, text: JSON.stringify(structured) };
    }
    const state = await callTextWaiting(request, waitOf(args), context);
    return deliver(request.callId, state, charactersOf(args, context), context.services);
  },
});

/** @throws BedrockError `invalid_request`. */
async function readRequest(args: Input, services: Pick<Services, 'config'>): Promise<TextCallRequest> {
  const options = args.options === undefined ? NO_OPTIONS : readOptions(args.options, new Set(RARE));
  const notes: string[] = [];
  const tell = (sentence: string) => notes.push(sentence);
  const { response_schema: schema, prompt, messages, files } = args;
  const shape = schema === undefined ? undefined : await readResponseSchema(unwrapSchema(schema, tell));
  const parts = readParts(args, options, tell);
  const isNative = parts.rawBody !== undefined;
  const isEmpty = prompt === undefined && messages === undefined && files === undefined;
  return {
    callId: randomUUID(),
    tool: TOOL,
    parts,
    notes,
    ...defined({
      model: args.model,
      region: args.region,
      api: args.api,
      timeoutMs: args.timeout_ms,
      threadId: args.thread_id,
      shape,
      tools: args.tools === undefined ? undefined : readTools(args.tools, tell),
      toolChoice: args.tool_choice,
      confirmedUsd: options.confirmedUsd,
    }),
    read: async (signal) =>
      isNative && isEmpty ? { messages: [], notes: [] } : readTurn(args, services, signal),
    readsSlowly: files !== undefined,
  };
}

function readParts(args: Input, { request }: CallOptions, tell: Tell): RequestParts {
  const { cache, reasoning } = args;
  return {
    ...defined({
      system: readSystem(args.system, tell),
      reasoning: reasoning === undefined ? undefined : { effort: reasoning },
      cache: cache === undefined || cache === false ? undefined : cache === true ? {} : { ttl: cache },
    }),
    inferenceConfig: defined({
      maxTokens: args.max_tokens,
      temperature: args.temperature,
      topP: args.top_p,
      topK: args.top_k,
      stopSequences: args.stop_sequences,
    }),
    ...request,
  };
}
