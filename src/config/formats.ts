/** The parsers of config and env files, apart so that they are loaded only when such a file was named. */
import { parse as parseDotenv } from 'dotenv';
import { parse as parseDocument } from 'yaml';

/** `NAME=value` lines. */
export function parseEnv(text: string): Record<string, string> {
  return parseDotenv(text);
}

/** YAML, and with it JSON; aliases are bounded, because they can make a small file huge. @throws YAMLParseError. */
export function parseYaml(text: string): unknown {
  return parseDocument(text, { maxAliasCount: 100 });
}
