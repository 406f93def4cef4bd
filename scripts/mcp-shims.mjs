// Stands in for the MCP SDK's platform shims in the bundle: the same exports with the smaller of its two schema validators,
// which is only used for elicitation answers and so is set up by the first of them.

export { default as process } from 'node:process';

export class DefaultJsonSchemaValidator {
  getValidator(schema) {
    this.validator ??=
      new (require('@modelcontextprotocol/server/validators/cf-worker').CfWorkerJsonSchemaValidator)();
    return this.validator.getValidator(schema);
  }
}
