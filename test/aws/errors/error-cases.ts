/** Failures as the SDK and Node throw them, and what each must become. */
import type { ErrorContext } from '../../../src/aws/errors/errors.ts';
import type { ErrorCode } from '../../../src/bedrock-error.ts';

export const CONTEXT: ErrorContext = {
  operation: 'Converse',
  region: 'us-east-1',
  modelId: 'anthropic.claude-sonnet-4-5-20250929-v1:0',
  authMode: 'sigv4',
  authSource: 'profile dev',
  profile: 'dev',
};

/** An error as the SDK throws it. */
export function aws(
  name: string,
  status: number | undefined,
  message: string,
  headers: Record<string, string> = {},
): Error {
  const error = Object.assign(new Error(message), {
    name,
    $metadata: status === undefined ? {} : { httpStatusCode: status, requestId: 'req-9' },
  });
  Object.defineProperty(error, '$response', { value: { statusCode: status, headers }, enumerable: false });
  return error;
}
const socket = (code: string): Error => Object.assign(new Error(`connect ${code} 10.0.0.1:443`), { code });

export interface Case {
  readonly error: unknown;
  readonly code: ErrorCode;
  readonly retryable?: boolean;
  readonly fix?: string;
  readonly message?: string;
  readonly context?: Partial<ErrorContext>;
}
export const V = 'ValidationException';
export const D = 'AccessDeniedException';
const N = 'ResourceNotFoundException';
export const T = 'ThrottlingException';

export const CASES: Readonly<Record<string, Case>> = {
  'on demand, typographic apostrophe': {
    error: aws(
      V,
      400,
      'Invocation of model ID x with on-demand throughput isn\u2019t supported. Retry your request with the ID or ARN of an inference profile that contains this model.',
    ),
    code: 'profile_required',
    fix: 'list_inference_profiles',
  },
  'on demand, ASCII apostrophe': {
    error: aws(V, 400, "Invocation of model ID x with on-demand throughput isn't supported."),
    code: 'profile_required',
  },
  'on demand, spelled out': {
    error: aws(V, 400, 'on-demand throughput is not supported for this model'),
    code: 'profile_required',
  },
  'on demand, other wording': {
    error: aws(V, 400, "The provided model doesn't support on-demand throughput."),
    code: 'profile_required',
  },
  'on demand with a context suffix': {
    error: aws(V, 400, "The provided model doesn't support on-demand throughput."),
    context: { modelId: 'anthropic.claude-3-sonnet-20240229-v1:0:200k' },
    code: 'unsupported_model',
    fix: ':200k',
  },
  'invalid identifier': {
    error: aws(V, 400, 'The provided model identifier is invalid.'),
    code: 'unknown_model',
    fix: 'bedrock-mantle',
  },
  'model not found': { error: aws(N, 404, 'Model not found.'), code: 'unknown_model' },
  legacy: {
    error: aws(
      N,
      404,
      'Access denied. This Model is marked by provider as Legacy and you have not been actively using the model in the last 30 days. Please upgrade to an active model on Amazon Bedrock',
    ),
    code: 'legacy_model',
    fix: 'successor',
  },
  'end of life': {
    error: aws(
      N,
      404,
      'This model version has reached the end of its life. Please refer to the AWS documentation for more details.',
    ),
    code: 'end_of_life',
  },
  'use case form': {
    error: aws(
      N,
      404,
      'Model use case details have not been submitted for this account. Fill out the Anthropic use case details form before using the model.',
    ),
    code: 'model_access',
    fix: 'PutUseCaseForModelAccess',
  },
  'use case form by name': {
    error: aws('FTUFormNotFilled', 404, 'form'),
    code: 'model_access',
    fix: '15 minutes',
  },
  marketplace: {
    error: aws(
      D,
      403,
      'Model access is denied due to IAM user or service role is not authorized to perform the required AWS Marketplace actions (aws-marketplace:ViewSubscriptions, aws-marketplace:Subscribe) to enable access to this model. Refer to the Amazon Bedrock documentation for further details. Your AWS Marketplace subscription for this model cannot be completed at this time. If you recently fixed this issue, try again after 5 minutes.',
    ),
    code: 'model_access',
    fix: 'aws-marketplace:Subscribe',
  },
  'subscription being processed': {
    error: aws(D, 403, 'Your AWS Marketplace subscription for this model is still being processed.'),
    code: 'model_access',
    fix: '15 minutes',
  },
  'payment instrument': {
    error: aws(
      D,
      403,
      'Model access is denied due to INVALID_PAYMENT_INSTRUMENT:A valid payment instrument must be provided.',
    ),
    code: 'model_access',
    fix: 'payment',
  },
  country: {
    error: aws(
      V,
      400,
      'Access to Anthropic models is not allowed from unsupported countries, regions, or territories.',
    ),
    code: 'model_access',
  },
  'data retention': {
    error: aws(V, 400, "data retention mode 'default' is not available for this model"),
    code: 'data_retention',
    fix: 'provider_data_share',
  },
  'IAM denial': {
    error: aws(
      D,
      403,
      'User: arn:aws:iam::123456789012:user/x is not authorized to perform: bedrock:InvokeModel on resource: arn:aws:bedrock:::foundation-model/anthropic.claude-x because no identity-based policy allows the bedrock:InvokeModel action',
    ),
    code: 'access_denied',
    fix: 'Allow bedrock:InvokeModel on arn:aws:bedrock:::foundation-model/anthropic.claude-x',
  },
  'service control policy': {
    error: aws(
      D,
      403,
      'User: arn:aws:sts::1:assumed-role/x is not authorized to perform: bedrock:InvokeModel on resource: arn:aws:bedrock:::foundation-model/y with an explicit deny in a service control policy',
    ),
    code: 'access_denied',
    message: 'service control policy',
    fix: 'global.',
  },
  'model access': {
    error: aws(D, 403, "You don't have access to the model with the specified model ID."),
    code: 'model_access',
    fix: 'us-east-1',
  },
  'expired token': {
    error: aws('ExpiredTokenException', 403, 'The security token included in the request is expired'),
    code: 'expired_credentials',
    fix: 'aws sso login --profile dev',
  },
  'expired token, profile with a blank': {
    error: aws('ExpiredTokenException', 403, 'The security token included in the request is expired'),
    context: { profile: 'my work; rm' },
    code: 'expired_credentials',
    fix: "--profile 'my work; rm'",
  },
  'invalid token': {
    error: aws('UnrecognizedClientException', 403, 'The security token included in the request is invalid.'),
    code: 'invalid_credentials',
    fix: '--profile dev',
  },
  'invalid API key': {
    error: aws(D, 403, 'Authentication failed: Please make sure your API Key is valid.'),
    context: { authMode: 'bearer', authSource: 'Bedrock API key', profile: undefined },
    code: 'invalid_credentials',
    fix: 'AWS_BEARER_TOKEN_BEDROCK',
  },
  'incomplete signature': {
    error: aws('IncompleteSignatureException', 403, 'Authorization header requires Credential'),
    code: 'invalid_credentials',
  },
  'wrong secret': {
    error: aws(
      'InvalidSignatureException',
      403,
      'The request signature we calculated does not match the signature you provided.',
    ),
    code: 'invalid_credentials',
  },
  'clock behind': {
    error: aws(
      'InvalidSignatureException',
      403,
      'Signature expired: 20251117T063822Z is now earlier than 20251117T063849Z (20251117T064349Z - 5 min.)',
    ),
    code: 'clock_skew',
  },
  'clock ahead': {
    error: aws('InvalidSignatureException', 403, 'Signature not yet current: a is still later than b'),
    code: 'clock_skew',
  },
  'request expired': { error: aws('RequestExpired', 400, 'Request has expired.'), code: 'clock_skew' },
  'tokens per minute': {
    error: aws(T, 429, 'Too many tokens, please wait before trying again.'),
    code: 'throttled',
    retryable: true,
    fix: 'max_tokens',
  },
  'requests per minute': {
    error: aws(T, 429, 'Too many requests, please wait before trying again.'),
    code: 'throttled',
    retryable: true,
  },
  'tokens per day': {
    error: aws(T, 429, 'Too many tokens per day, please wait before trying again.'),
    code: 'quota_exceeded',
    retryable: false,
    fix: 'Service Quotas',
  },
  capacity: {
    error: aws('ServiceUnavailableException', 503, 'Bedrock is unable to process your request.'),
    code: 'overloaded',
    retryable: true,
  },
  'capacity as throttling': {
    error: aws(T, 429, 'Bedrock is unable to process your request.'),
    code: 'overloaded',
    retryable: true,
  },
  '503 throttled': {
    error: aws('ServiceUnavailableException', 503, 'Model is getting throttled. Try your request again.'),
    code: 'overloaded',
    retryable: true,
  },
  '529': { error: aws('overloaded_error', 529, 'Overloaded'), code: 'overloaded', retryable: true },
  '529 unnamed': { error: aws('Whatever', 529, ''), code: 'overloaded', retryable: true },
  'service quota': {
    error: aws('ServiceQuotaExceededException', 400, 'quota'),
    code: 'quota_exceeded',
    retryable: false,
  },
  'not ready': {
    error: aws(
      'ModelNotReadyException',
      429,
      'Model is not ready for inference. Wait and try your request again.',
    ),
    code: 'model_not_ready',
    retryable: true,
  },
  'model timeout': {
    error: aws('ModelTimeoutException', 408, 'late'),
    code: 'model_timeout',
    retryable: true,
  },
  'model error': {
    error: Object.assign(aws('ModelErrorException', 424, 'failed'), {
      originalStatusCode: 500,
      originalMessage: 'CUDA',
    }),
    code: 'model_error',
    retryable: true,
    message: 'CUDA',
  },
  'internal error': {
    error: aws('InternalServerException', 500, 'oops'),
    code: 'service_error',
    retryable: true,
  },
  'too long': {
    error: aws(V, 400, 'The model returned the following errors: Input is too long for requested model.'),
    code: 'content_too_long',
  },
  'too long for Anthropic': {
    error: aws(V, 400, 'prompt is too long: 210000 tokens > 200000 maximum'),
    code: 'content_too_long',
  },
  'too long in a schema': {
    error: aws(
      V,
      400,
      'Malformed input request: #/texts/0: expected maxLength: 2048, actual: 19882, please reformat your input and try again.',
    ),
    code: 'content_too_long',
    message: '#/texts/0',
  },
  'too much asked for': {
    error: aws(
      V,
      400,
      'The maximum tokens you requested exceeds the model limit of 4096. Try again with a maximum tokens value that is lower than 4096.',
    ),
    code: 'rejected_request',
    fix: 'max_tokens',
  },
  'body too large': { error: aws('RequestEntityTooLargeException', 413, 'large'), code: 'content_too_long' },
  'two sampling parameters': {
    error: aws(
      V,
      400,
      '`temperature` and `top_p` cannot both be specified for this model. Please use only one.',
    ),
    code: 'rejected_request',
    fix: 'only one',
  },
  'a deprecated parameter is no retired model': {
    error: aws(V, 400, '`temperature` is deprecated for this model.'),
    code: 'unsupported_feature',
    message: 'deprecated',
  },
  'tools not supported': {
    error: aws(V, 400, "This model doesn't support tool use in streaming mode."),
    code: 'unsupported_feature',
  },
  'unknown operation': { error: aws('UnknownOperationException', 404, ''), code: 'unsupported_feature' },
  'not authorized': { error: aws('NotAuthorized', 400, 'no'), code: 'access_denied' },
  'unknown 4xx': {
    error: aws('TeapotException', 418, 'short and stout'),
    code: 'rejected_request',
    message: 'short and stout',
  },
  'unknown 5xx': { error: aws('StrangeException', 599, 'odd'), code: 'service_error', retryable: true },
  'no Region': { error: new Error('Region is missing'), code: 'missing_region', fix: 'AWS_DEFAULT_REGION' },
  'no credentials': {
    error: aws('CredentialsProviderError', undefined, 'Could not load credentials from any providers'),
    context: { profile: undefined, authSource: 'default chain' },
    code: 'no_credentials',
    fix: 'web identity',
  },
  'SSO expired': {
    error: aws(
      'CredentialsProviderError',
      undefined,
      'The SSO session associated with this profile has expired. To refresh this SSO session run aws sso login with the corresponding profile.',
    ),
    code: 'expired_credentials',
    fix: 'aws sso login --profile dev',
  },
  'empty token of the SDK': {
    error: new Error('request could not be signed with `token` since the `token` is not defined'),
    code: 'no_credentials',
  },
  'unknown host': { error: socket('ENOTFOUND'), code: 'unreachable_region', fix: 'eu-central-1' },
  'unknown host of an override': {
    error: socket('ENOTFOUND'),
    context: { endpoint: 'https://gw.corp' },
    code: 'network',
    fix: 'AWS_ENDPOINT_URL_BEDROCK_RUNTIME',
  },
  'refused by an override': {
    error: socket('ECONNREFUSED'),
    context: { endpoint: 'http://127.0.0.1:1' },
    code: 'network',
    fix: 'AWS_ENDPOINT_URL',
  },
  reset: { error: socket('ECONNRESET'), code: 'network', retryable: true },
  'wrapped reset': {
    error: Object.assign(new Error('x'), { cause: { errors: [socket('ETIMEDOUT')] } }),
    code: 'network',
    retryable: true,
  },
  'company TLS': { error: socket('SELF_SIGNED_CERT_IN_CHAIN'), code: 'network', fix: 'NODE_EXTRA_CA_CERTS' },
  'proxy wants a login': { error: aws('Error', 407, ''), code: 'not_bedrock', fix: 'HTTPS_PROXY' },
  'a page': {
    error: aws('SyntaxError', 403, `Unexpected token '<', "<html>" is not valid JSON`),
    code: 'not_bedrock',
  },
  'half a JSON': { error: aws('SyntaxError', 200, 'Unexpected end of JSON input'), code: 'incomplete' },
  'a missing label': {
    error: new Error('No value provided for input HTTP label: modelId.'),
    code: 'invalid_request',
  },
  'a bug': { error: new TypeError('x is not a function'), code: 'internal' },
  'an abort': {
    error: Object.assign(new Error('Request aborted'), { name: 'AbortError' }),
    code: 'cancelled',
  },
  'a thrown string': { error: 'oops', code: 'internal', message: 'oops' },
  nothing: { error: undefined, code: 'internal' },
};
