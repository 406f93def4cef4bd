/** Who may call what: legacy and retired models, first-use forms, Marketplace, IAM, organisation policies. */
import { actionFor, type ErrorRow, model, onResource, region, said } from './error-row.ts';

export const ACCESS_ROWS: readonly ErrorRow[] = [
  {
    // The same for every model and Region of the account (aws-cli#8717, langgenius/dify#7488, kirodotdev/Kiro#11191).
    code: 'access_denied',
    when: (f) => /^operation not allowed\.?$/.test(f.text.trim()),
    message: (f) =>
      `AWS does not let this account call Bedrock models at all, whichever the model.${said(f)}`,
    fix: 'No other model, Region or argument helps. Open an account case with AWS Support and ask to enable Amazon Bedrock for the account (new accounts are held back until AWS has verified them).',
  },
  {
    code: 'legacy_model',
    // amazon-bedrock-workshop#386, llmeter#35: not an IAM problem although it starts with "Access denied."
    texts: ['marked by provider as legacy'],
    message: (f) => `${model(f)} is a legacy model, closed for accounts that have not used it lately.`,
    fix: 'Choose an active successor (list_models shows it). IAM is not the cause.',
  },
  {
    code: 'end_of_life',
    texts: ['reached the end of its life', 'end of life'],
    message: (f) => `${model(f)} has reached the end of its life in ${region(f)}.`,
    fix: 'Choose an active successor (list_models shows it).',
  },
  {
    code: 'model_access',
    when: (f) => f.name === 'ftuformnotfilled' || f.text.includes('use case details'),
    message: () =>
      'The account has not submitted the use case form that Anthropic asks for before the first call.',
    fix: 'Open the model in the Bedrock console and submit the form (or call PutUseCaseForModelAccess), then wait about 15 minutes.',
  },
  {
    code: 'model_access',
    texts: ['invalid_payment_instrument', 'payment instrument'],
    message: (f) => `AWS Marketplace refused the account's payment method for ${model(f)}.`,
    fix: 'The account owner has to add a valid payment method in AWS Billing, then try again.',
  },
  {
    code: 'model_access',
    texts: ['unsupported countr', 'not available in your country', 'not supported in your country'],
    message: (f) => `The provider does not offer ${model(f)} in the country of this account.`,
    fix: 'Choose a model of another provider; the account owner can check the billing address.',
  },
  {
    code: 'model_access',
    texts: [
      'subscription for this model is still being processed',
      'agreement is pending',
      'agreement pending',
    ],
    message: (f) => `The AWS Marketplace subscription of ${model(f)} is still being processed.`,
    fix: 'Wait about 15 minutes and try again.',
  },
  {
    code: 'model_access',
    texts: ['aws-marketplace:', 'marketplace subscription', 'marketplace actions'],
    message: (f) =>
      `The first call of ${model(f)} subscribes the account through AWS Marketplace, and this identity may not.`,
    fix: 'Allow aws-marketplace:ViewSubscriptions and aws-marketplace:Subscribe, or let an administrator call the model once; then try again after 5 minutes.',
  },
  {
    code: 'data_retention',
    // opencode#31560, pydantic-ai#8341: looks like a bad request, is an account setting.
    texts: ['data retention mode', 'data retention'],
    message: (f) =>
      `${model(f)} is only available with another data-retention mode of the account.${said(f)}`,
    fix: 'The account owner may set the Bedrock data retention mode to provider_data_share (or aws_review where the model allows it). It lets the named party keep prompts and answers: decide that on purpose, or choose another model.',
  },
  {
    code: 'access_denied',
    texts: ['explicit deny'],
    message: (f) =>
      `A policy explicitly denies ${actionFor(f)}${onResource(f)}${f.text.includes('service control policy') ? ' (service control policy of the organisation)' : ''}.`,
    fix: (f) =>
      f.text.includes('service control policy')
        ? 'Only the organisation administrator can lift it. Try a geographic inference profile (us., eu., ...) whose Regions are allowed instead of global., or another Region.'
        : 'Remove the deny statement from the policy named in the AWS message, or use another identity.',
  },
  {
    code: 'access_denied',
    texts: ['not authorized to perform'],
    message: (f) => `The identity may not perform ${actionFor(f)}${onResource(f)}.`,
    fix: (f) =>
      `Allow ${actionFor(f)}${onResource(f)} in IAM.${
        f.resource?.includes('inference-profile/') === true ||
        f.resource?.includes('::foundation-model/') === true
          ? ' An inference profile needs the action on the profile and on the foundation-model ARN of every Region behind it (with an empty Region for global.).'
          : ''
      }`,
  },
  {
    code: 'model_access',
    texts: [
      "don't have access to the model",
      'do not have access to the model',
      'access to this model is not available',
    ],
    message: (f) => `The account or identity has no access to ${model(f)} in ${region(f)}.`,
    fix: (f) =>
      `Request access in the Bedrock console of ${region(f)} (Model access), and allow ${actionFor(f)} in IAM.`,
  },
  {
    code: 'access_denied',
    texts: ['account is not authorized to invoke this api operation', 'operation not allowed'],
    message: () => 'AWS has not enabled this Bedrock operation for the account.',
    fix: 'Ask AWS Support to enable Amazon Bedrock for the account (new and restricted accounts are closed at first), or use another Region.',
  },
];
