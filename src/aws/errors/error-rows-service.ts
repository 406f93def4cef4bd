/** Load, quotas, faults of the service, and at the end the plain exception names and statuses. */
import type { ErrorCode } from '../../bedrock-error.ts';
import { actionFor, type ErrorRow, model, region, said } from './error-row.ts';

export const SERVICE_ROWS: readonly ErrorRow[] = [
  {
    code: 'quota_exceeded',
    // agent-book#29: waiting does not help before the day is over.
    texts: ['per day', 'daily'],
    names: ['throttlingexception', 'toomanyrequestsexception', 'servicequotaexceededexception'],
    message: (f) => `The daily quota of ${model(f)} is used up.${said(f)}`,
    fix: 'Use another model or Region today, or request more in Service Quotas (Amazon Bedrock, tokens per day).',
  },
  {
    code: 'quota_exceeded',
    names: ['servicequotaexceededexception', 'limitexceededexception'],
    message: (f) => `A fixed quota of the account is used up.${said(f)}`,
    fix: 'Request a higher quota in Service Quotas (Amazon Bedrock).',
  },
  {
    code: 'model_not_ready',
    names: ['modelnotreadyexception'],
    message: (f) => `${model(f)} is still being loaded.`,
    fix: 'Try again in a minute or two: custom and imported models are loaded on the first call.',
    retryable: true,
  },
  {
    code: 'overloaded',
    names: ['overloaded_error', 'serviceunavailableexception'],
    message: (f) => `Bedrock has no capacity for ${model(f)} right now.${said(f)}`,
    fix: 'Wait and try again, or use another Region, a geographic or global profile, or another model. It is not a quota of this account.',
    retryable: true,
  },
  {
    code: 'overloaded',
    texts: ['unable to process your request', 'capacity limit'],
    names: ['throttlingexception', 'internalserverexception'],
    message: (f) => `Bedrock has no capacity for ${model(f)} right now.${said(f)}`,
    fix: 'Wait and try again, or use another Region, a geographic or global profile, or another model.',
    retryable: true,
  },
  {
    code: 'throttled',
    texts: ['too many tokens'],
    message: (f) => `The tokens-per-minute quota of ${model(f)} is used up.`,
    fix: 'Wait, and lower max_tokens: Bedrock reserves all of it when the request starts. More is available through Service Quotas or a cross-Region profile.',
    retryable: true,
  },
  {
    code: 'throttled',
    names: [
      'throttlingexception',
      'toomanyrequestsexception',
      'throttling',
      'throttledexception',
      'requestlimitexceeded',
      'rate_limit_error',
      'slowdown',
    ],
    message: (f) => `Bedrock is throttling ${model(f)}.${said(f)}`,
    fix: 'Wait and send fewer requests per minute, use a cross-Region profile, or request more in Service Quotas.',
    retryable: true,
  },
  {
    code: 'model_timeout',
    names: ['modeltimeoutexception'],
    message: (f) => `${model(f)} took longer than Bedrock allows.`,
    fix: 'Ask for a shorter answer (lower max_tokens), or stream it.',
    retryable: true,
  },
  {
    code: 'model_error',
    texts: ['invalid sequence as part of tooluse'],
    message: (f) => `${model(f)} failed to write a well-formed tool call.${said(f)}`,
    fix: 'Set temperature to 0 and raise max_tokens; if it stays, give the tools simpler schemas or choose another model.',
    retryable: true,
  },
  {
    code: 'model_error',
    names: ['modelerrorexception', 'modelstreamerrorexception'],
    message: (f) => `${model(f)} failed while it was answering.${said(f)}`,
    fix: 'Try again once; if it stays, change the input or the model.',
    retryable: true,
  },
  {
    code: 'service_error',
    names: ['internalserverexception', 'internalservererror', 'internalfailure', 'api_error'],
    message: (f) => `Bedrock failed internally.${said(f)}`,
    fix: 'Try again; if it stays, use another Region and give the request ID to AWS Support.',
    retryable: true,
  },
  {
    code: 'unsupported_feature',
    names: ['unknownoperationexception'],
    message: (f) => `The endpoint does not know the operation ${f.operation}.`,
    fix: 'Use another Region, or check the endpoint override (AWS_ENDPOINT_URL_BEDROCK_RUNTIME, AWS_ENDPOINT_URL_BEDROCK).',
  },
  {
    code: 'unknown_model',
    names: ['resourcenotfoundexception'],
    message: (f) => `Bedrock found no ${model(f)} in ${region(f)}.${said(f)}`,
    fix: 'Check the ID, the account in the ARN and the Region (list_models and list_inference_profiles show what exists).',
  },
  {
    code: 'access_denied',
    names: ['accessdeniedexception', 'notauthorized', 'accessdenied', 'forbiddenexception'],
    message: (f) => `AWS denies ${f.operation}.${said(f)}`,
    fix: (f) => `Allow ${actionFor(f)} in IAM and check model access in the Bedrock console of ${region(f)}.`,
  },
  {
    code: 'rejected_request',
    names: ['validationexception'],
    message: (f) => `Bedrock refused the request.${said(f)}`,
    fix: 'Correct what AWS names in the message.',
  },
];

// The last resort: only the HTTP status says anything (gateways, new exception names).
const BY_STATUS: readonly (readonly [readonly number[], ErrorCode, boolean, string])[] = [
  [
    [401],
    'invalid_credentials',
    false,
    'Check the credentials of this server and of the gateway in front of Bedrock.',
  ],
  [[403], 'access_denied', false, 'Check IAM permissions and model access.'],
  [[404], 'unknown_model', false, 'Check the model ID, the Region and the endpoint override.'],
  [[408], 'model_timeout', true, 'Ask for a shorter answer, or stream it.'],
  [[424], 'model_error', true, 'Try again once; if it stays, change the input or the model.'],
  [[429], 'throttled', true, 'Wait and send fewer requests per minute.'],
  [[503, 529], 'overloaded', true, 'Wait and try again, or use another Region or profile.'],
  [[500, 502, 504], 'service_error', true, 'Try again; if it stays, use another Region.'],
];

export const STATUS_ROWS: readonly ErrorRow[] = BY_STATUS.map(([statuses, code, retryable, fix]) => ({
  code,
  statuses,
  retryable,
  fix,
  message: (f) =>
    `${f.operation} was answered with HTTP ${f.status ?? 0}${f.awsName === undefined ? '' : ` (${f.awsName.slice(0, 80)})`}.${said(f)}`,
}));
