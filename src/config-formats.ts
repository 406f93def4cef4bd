/** The parsers of config and env files, apart so that they are loaded only when such a file was named. */
export { parse as parseEnv } from 'dotenv';
export { parse as parseYaml } from 'yaml';
