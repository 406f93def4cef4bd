/** The SDK's server, with the error codes of the revision that a client speaks where the SDK has only the newest ones. */
import { type JSONRPCMessage, ProtocolErrorCode, Server, type Transport } from '@modelcontextprotocol/server';
import { isJsonObject } from '../json.ts';

/** Revisions up to 2025-11-25, server/resources: "Resource not found: -32002". Since 2026-07-28 it is -32602. */
const RESOURCE_NOT_FOUND = -32002;

export class EraServer extends Server {
  override connect(transport: Transport): Promise<void> {
    const send = transport.send.bind(transport);
    transport.send = (message, options) => send(this.ofEra(message), options);
    return super.connect(transport);
  }

  /** The SDK writes -32602 in every era. Only a missing resource carries its URI. */
  private ofEra(message: JSONRPCMessage): JSONRPCMessage {
    if (!('error' in message) || message.error.code !== ProtocolErrorCode.InvalidParams) return message;
    const revision = this.getNegotiatedProtocolVersion();
    const isOld = revision !== undefined && revision < '2026';
    const { data } = message.error;
    if (!isOld || !isJsonObject(data) || data['uri'] === undefined) return message;
    return { ...message, error: { ...message.error, code: RESOURCE_NOT_FOUND } };
  }
}
