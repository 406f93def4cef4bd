import { BedrockError } from '../bedrock-error.ts';
import { createRedact } from '../log.ts';

/**
 * The address of the proxy that HTTPS_PROXY names.
 * @throws BedrockError `config` when it is none, without the password that may stand in it.
 */
export function proxyUrl(text: string): URL {
  const redacted = createRedact()(text.replace(/\/\/[^@/]{0,200}@/, '//'));
  if (URL.canParse(text)) {
    const url = new URL(text);
    if (url.protocol === 'http:' || url.protocol === 'https:') return url;
  }
  throw new BedrockError('config', {
    message: `HTTPS_PROXY (${redacted.slice(0, 100)}) is not the URL of an HTTP proxy.`,
    fix: 'Set HTTPS_PROXY to http://host:port, or add the host to NO_PROXY.',
  });
}
