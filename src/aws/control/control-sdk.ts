/** The control plane's SDK, loaded with the first listing. */

export type ControlSdk = typeof import('@aws-sdk/client-bedrock');
