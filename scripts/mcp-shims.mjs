// Stands in for the MCP SDK's platform shims in the bundle: the same exports with the smaller of its two schema validators.
// The larger one (ajv) would be parsed at every start and is only used for elicitation answers.

export { default as process } from 'node:process';
export { CfWorkerJsonSchemaValidator as DefaultJsonSchemaValidator } from '@modelcontextprotocol/server/validators/cf-worker';
