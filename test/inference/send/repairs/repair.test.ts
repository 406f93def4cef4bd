import { describe, expect, it } from 'vitest';
import { BedrockError } from '../../../../src/bedrock-error.ts';
import { repairFor } from '../../../../src/inference/send/repairs/repair.ts';
import type { ContentBlock, InferenceRequest } from '../../../../src/messages/types.ts';
import { ROWS, shaped, tools } from '../../repair-rows.ts';
import { asking, deepFreeze, modelOf } from '../../sample-model.ts';

const refusal = (awsMessage: string, httpStatus?: number) =>
  new BedrockError('rejected_request', {
    message: 'm',
    fix: 'f',
    awsMessage,
    ...(httpStatus === undefined ? {} : { httpStatus }),
  });

describe('repairFor', () => {
  it('takes caching out where Bedrock calls it a matter of access', () => {
    const said =
      'You invoked an unsupported model or your request did not allow prompt caching. See the documentation for more information.';
    const model = modelOf('unknown');
    expect(repairFor(refusal(said, 403), asking({ cache: {} }), model, new Set())).toMatchObject({
      cause: 'member cachePoint',
      request: asking(),
    });
    expect(repairFor(refusal(said, 403), asking(), model, new Set())).toBeUndefined();
    expect(
      repairFor(refusal('You may not use cachePoint.', 403), asking(), model, new Set()),
    ).toBeUndefined();
  });

  it.each(ROWS.map((row) => [row.cause, row.said, row] as const))(
    'finds the cause %s in "%s", once',
    (cause, said, row) => {
      const model = modelOf('unknown', row.features ?? {});
      const found = repairFor(refusal(said, 400), deepFreeze(row.request), model, new Set());
      expect(found).toEqual({ cause, warning: expect.any(String), ...row.sends });
      // Refusals in the first frame of a stream carry no status.
      expect(repairFor(refusal(said), row.request, model, new Set())).toEqual(found);
      // Each at most once; another, stronger one may follow.
      expect(repairFor(refusal(said, 400), row.request, model, new Set([cause]))?.cause).not.toBe(cause);
    },
  );

  it.each([
    ['no words of AWS', new BedrockError('rejected_request', { message: 'm', fix: 'f', httpStatus: 400 })],
    ['tools refused', refusal("This model doesn't support tool use.", 400)],
    ['documents refused', refusal("This model doesn't support documents.", 400)],
    ['input too long', refusal('Input is too long for requested model.', 400)],
    ['an unknown model', refusal('The provided model identifier is invalid.', 400)],
    ['sampling refused that was not sent', refusal('`temperature` is deprecated for this model.', 400)],
    ['structured output refused that was not sent', refusal("doesn't support outputConfig", 400)],
    ['a tool schema refused that was the caller\u2019s', refusal('tools.0.input_schema is invalid', 400)],
    ['system refused that was not sent', refusal("This model doesn't support system messages.", 400)],
    ['prefill refused that was not sent', refusal('The conversation must end with a user message.', 400)],
    [
      'a forced choice refused that was not sent',
      refusal("doesn't support the toolConfig.toolChoice.any field", 400),
    ],
    ['cache points refused that were not sent', refusal("doesn't support cachePoint", 400)],
    [
      'results refused that were not sent',
      refusal('tool result blocks cannot be provided in the same turn', 400),
    ],
    [
      'a limit without number',
      refusal('The maximum tokens you requested exceed the model limit of many.', 400),
    ],
  ])('has no safe repair for %s', (_name, error) => {
    const request = asking({ toolConfig: tools, inferenceConfig: { maxTokens: 5 } });
    expect(repairFor(error, request, modelOf('unknown'), new Set())).toBeUndefined();
  });

  it.each([403, 404, 429, 500, 503])('leaves a status %i alone, whatever it says', (status) => {
    const request = asking({ inferenceConfig: { temperature: 0.5 } });
    const error = refusal('temperature is not supported', status);
    expect(repairFor(error, request, modelOf('unknown'), new Set())).toBeUndefined();
  });

  it('never raises maxTokens', () => {
    const error = refusal('The maximum tokens you requested exceed the model limit of 4096.', 400);
    const request = asking({ inferenceConfig: { maxTokens: 100 } });
    expect(repairFor(error, request, modelOf('unknown'), new Set())).toBeUndefined();
  });

  it('lowers maxTokens by what was sent, which may be more than was asked for', () => {
    const error = refusal('max_tokens: 33500 > 32000, which is the maximum allowed', 400);
    const repaired = (request: InferenceRequest, sent: InferenceRequest) =>
      repairFor(error, request, modelOf('claude'), new Set(), sent)?.request;
    const request = asking({ inferenceConfig: { maxTokens: 1_500 }, reasoning: { effort: 'max' } });
    const reasoning = { effort: 'max', budgetTokens: 32_000 } as const;
    expect(repaired(request, { ...request, inferenceConfig: { maxTokens: 33_500 }, reasoning })).toEqual({
      ...request,
      inferenceConfig: { maxTokens: 32_000 },
      reasoning: { effort: 'max', budgetTokens: 16_000 },
    });
    expect(repaired(request, request)).toBeUndefined();
    expect(repaired(asking(), asking({ inferenceConfig: { maxTokens: 40_000 } }))).toEqual(
      asking({ inferenceConfig: { maxTokens: 32_000 } }),
    );
  });

  it('names settings in the words of the caller', () => {
    const said = (message: string, inferenceConfig: InferenceRequest['inferenceConfig'] = {}) =>
      repairFor(refusal(message, 400), asking({ inferenceConfig }), modelOf('unknown'), new Set())?.warning;
    expect(said("doesn't support the topP field", { topP: 1, topK: 2 })).toContain('top_p');
    expect(said('max_tokens: 9 > 4, which is the maximum', { maxTokens: 9 })).toContain('max_tokens');
    expect(said('`temperature` and `top_p` cannot both be', { temperature: 1, topP: 1 })).toContain('top_p');
  });

  it.each([
    'messages.1.content.0: Invalid `signature` in `thinking` block',
    'messages.1.content.0.thinking.signature: Field required',
  ])('leaves reasoning of others out after: %s', (said) => {
    const thought: ContentBlock = { reasoningContent: { reasoningText: { text: 'a' } } };
    const turn = (content: readonly ContentBlock[]): InferenceRequest => ({
      messages: [
        { role: 'user', content: [{ text: 'Hi' }] },
        { role: 'assistant', content },
        { role: 'user', content: [{ text: 'And?' }] },
      ],
    });
    const request = turn([thought, { text: 'Hello' }]);
    expect(repairFor(refusal(said, 400), request, modelOf('claude'), new Set())).toMatchObject({
      cause: 'foreign-reasoning',
      request: turn([{ text: 'Hello' }]),
    });
  });

  it('steps down one form at a time, and no further than to words', () => {
    const said = "This model doesn't support the outputConfig.textFormat field, nor tools, nor this schema.";
    const repaired = (request: InferenceRequest, already: readonly string[] = []) =>
      repairFor(refusal(said, 400), request, modelOf('unknown'), new Set(already))?.request;
    expect(repaired(shaped())).toEqual(shaped('tool'));
    expect(repaired(shaped('tool'), ['output-schema-native'])).toEqual(shaped('words'));
    expect(repaired(shaped('words'))).toBeUndefined();
  });

  it('leaves the shape alone when the refusal is about something else', () => {
    const error = refusal('`temperature` is deprecated for this model.', 400);
    const request = shaped(undefined, { inferenceConfig: { temperature: 0.5 } });
    expect(repairFor(error, request, modelOf('unknown'), new Set())?.cause).toBe('member temperature');
  });
});
