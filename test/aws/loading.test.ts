import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const FOLDER = new URL('../../src/aws/', import.meta.url);
const files = readdirSync(FOLDER).filter((name) => name.endsWith('.ts'));

it.each(files)('%s loads no SDK when it is loaded itself', (name) => {
  const source = readFileSync(new URL(name, FOLDER), 'utf8');
  const statements = source.match(/^(?:import|export)[^;]{0,500}?from '[^']+';/gm) ?? [];
  const eager = statements.filter(
    (text) => /from '(?:@aws-sdk|@smithy)\//.test(text) && !/^(?:import|export) type /.test(text),
  );
  expect(eager).toEqual([]);
});
