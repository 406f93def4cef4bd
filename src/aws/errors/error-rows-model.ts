/** What a model refuses: names, lengths, features, bodies. */
import { splitContextSuffix } from '../../catalog/models/model-id.ts';
import { type ErrorRow, model, region, said } from './error-row.ts';
import type { Failure } from './failure.ts';
import { isUnsupported } from './refused-member.ts';

// `:200k`, `:1m`, `:mm` behind an ID: variants that exist only as provisioned throughput (modelbench#1654).
const contextSuffix = (f: Failure): string | undefined => splitContextSuffix(f.modelId ?? '').suffix;

// Recorded: all that AWS says then is that something is wrong.
const NAMES_NOTHING =
  /^(?:the model returned the following errors: )?(?:validation error|malformed (?:input )?request(?:, please reformat your input|\. please check your parameter\/values) and try again)\.?$/;

const SAYS_UNSUPPORTED = /model doesn't support|model does not support|pre-filling|in streaming mode/;

/** Also in the first frame of a stream, which has no status of its own. */
const isValidation = ({ status = 400 }: Failure): boolean => status === 400 || status < 300;

export const MODEL_ROWS: readonly ErrorRow[] = [
  {
    code: 'rejected_request',
    when: (f) => NAMES_NOTHING.test(f.text.trim()),
    message: (f) => `Bedrock refused the request for ${model(f)} and does not say why.${said(f)}`,
    fix: 'AWS names no field. Call again with dry_run: true to see the request as it is sent; then leave options, tools and files out one by one. With native_body, compare it with the parameters page of the provider.',
  },
  {
    code: 'unsupported_model',
    texts: ['on-demand throughput'],
    when: (f) => contextSuffix(f) !== undefined,
    message: (f) => `${model(f)} exists only as provisioned throughput.`,
    fix: (f) => `Leave out the suffix :${contextSuffix(f) ?? ''} of the model ID.`,
  },
  {
    code: 'profile_required',
    // "with on-demand throughput isn't supported" (U+2019 in all recordings), "doesn't support on-demand throughput";
    // langchain-aws#1019, opencode#396.
    texts: ['on-demand throughput', 'id or arn of an inference profile that contains this model'],
    message: (f) => `${model(f)} can only be called through an inference profile.`,
    fix: 'Use the ID of an inference profile that contains the model, such as us.… or global.…; list_inference_profiles shows those of this account and Region.',
  },
  // A reservation that is not found is not a model that is not found, whatever the status.
  ...[{ texts: ['reservation not found'] }, { texts: ['service tier'], statuses: [400] }].map(
    (row): ErrorRow => ({
      ...row,
      code: 'unsupported_feature',
      message: (f) => `${model(f)} cannot be called with this options.service_tier.${said(f)}`,
      fix: 'Leave options.service_tier out: the default tier serves every model. `reserved` needs capacity that the account has reserved for the model in this Region.',
    }),
  ),
  {
    code: 'unsupported_feature',
    texts: ["doesn't support counting tokens"],
    message: (f) => `Bedrock cannot count the tokens of ${model(f)}.`,
    fix: 'Use the estimate instead.',
  },
  {
    code: 'unknown_model',
    texts: [
      'model identifier is invalid',
      'model not found',
      'arn is invalid',
      'profile identifier is invalid',
      'could not resolve the foundation model',
      'model id is invalid',
      'inference profile not found',
    ],
    message: (f) => `Bedrock knows no model or profile ${model(f)} in ${region(f)}.`,
    fix: 'Check the spelling and the Region; models that need a profile are called as us.…, eu.… or global.… (list_models and list_inference_profiles show the IDs). Some new models live only on the bedrock-mantle endpoint, which this server cannot call.',
  },
  {
    code: 'rejected_request',
    texts: ['maximum tokens you requested exceeds', 'max_tokens: ', 'maxtokens exceeds'],
    statuses: [400],
    message: (f) => `max_tokens is more than ${model(f)} can write.${said(f)}`,
    fix: 'Lower max_tokens.',
  },
  {
    code: 'content_too_long',
    texts: [
      'input is too long',
      'prompt is too long',
      'input tokens exceeded',
      'number of input tokens exceeds',
      'too many total text bytes',
      'too many input tokens',
      'maximum context length',
      'exceed context limit',
      'exceeds the maximum number of tokens',
      'maximum number of input tokens',
      'expected maxlength',
      'context window',
    ],
    message: (f) => `The input is longer than ${model(f)} accepts.${said(f)}`,
    fix: 'Shorten or split the input, lower max_tokens, or choose a model with a larger context window (list_models shows it).',
  },
  {
    code: 'content_too_long',
    statuses: [413],
    message: () => 'The request body is larger than Bedrock accepts.',
    fix: 'Send fewer or smaller images and documents.',
  },
  {
    code: 'rejected_request',
    texts: ['could not process image', 'mime type', 'image exceeds', 'image dimensions'],
    message: (f) => `Bedrock could not read an image or document.${said(f)}`,
    fix: 'Check that the bytes are what the format says (png, jpeg, gif, webp; at most 3.75 MB and 8,000 pixels a side, 20 images; documents at most 4.5 MB, 5 of them).',
  },
  {
    code: 'unsupported_feature',
    when: (f) => SAYS_UNSUPPORTED.test(f.text) || (isValidation(f) && isUnsupported(f.raw)),
    message: (f) => `${model(f)} cannot do what was asked.${said(f)}`,
    fix: 'Leave out what AWS names, or choose a model that supports it (list_models shows capabilities).',
  },
  {
    code: 'rejected_request',
    texts: ['cannot both be specified'],
    message: (f) => `${model(f)} takes either temperature or top_p, not both.`,
    fix: 'Send only one of temperature and top_p.',
  },
  {
    code: 'rejected_request',
    texts: ['malformed input request', 'extra inputs are not permitted', 'extra_forbidden'],
    message: (f) => `The body does not fit what ${model(f)} expects.${said(f)}`,
    fix: 'Remove or correct the field that AWS names. With a raw body, compare it with the parameters page of the provider.',
  },
];
