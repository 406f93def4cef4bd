import { describe, expect, it } from 'vitest';
import { inexactNumbers } from '../../../src/calls/structured/lossy-numbers.ts';

describe('inexactNumbers', () => {
  it.each([
    '{"a":1,"b":-0.1,"c":[1.50,9007199254740991],"d":1e21,"e":0.30000000000000004}',
    '{"a":"12345678901234567890","12345678901234567890":1}',
    '"12345678901234567890"',
    '100000000000000000000',
    '[true,false,null]',
  ])('finds none in %s', (source) => {
    expect(inexactNumbers(source)).toEqual([]);
  });

  it.each<[string, string[]]>([
    ['12345678901234567890', ['']],
    ['-9007199254740993', ['']],
    ['{"id":12345678901234567890}', ['/id']],
    ['{"pi":3.14159265358979323846,"near":3.141592653589793}', ['/pi']],
    ['{"tiny":1e-400,"small":1e-300}', ['/tiny']],
    ['[1, [2, 12345678901234567891], {"a": 1, "b": 12345678901234567891}]', ['/1/1', '/2/b']],
    ['{"a":{"b":[0,{}]},"c":12345678901234567891}', ['/c']],
    ['{"a/b~c":12345678901234567891}', ['/a~1b~0c']],
    ['{"q\\"[,{":12345678901234567891,"\\u0061":12345678901234567891}', ['/q"[,{', '/a']],
    [' { "a" : [ 12345678901234567891 , 0 ] } ', ['/a/0']],
  ])('names those in %s', (source, paths) => {
    expect(inexactNumbers(source)).toEqual(paths);
  });

  it('suspects large integers of a text that was written from doubles', () => {
    const source = '{"id":12345678901234567000,"n":9007199254740991,"x":0.5}';
    expect(inexactNumbers(source)).toEqual([]);
    expect(inexactNumbers(source, true)).toEqual(['/id']);
  });

  it('gets through long texts', () => {
    const many = `[${'12345678901234567891,'.repeat(20_000)}"${'x'.repeat(2_000_000)}"]`;
    expect(inexactNumbers(many)).toHaveLength(20_000);
  });
});
