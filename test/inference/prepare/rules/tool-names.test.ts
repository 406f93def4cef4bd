import { describe, expect, it } from 'vitest';
import { prepare, spec, user } from './rule-row.ts';

const offering = (...names: string[]) =>
  prepare({
    request: { messages: [user({ text: 'Hi' })], toolConfig: { tools: names.map((name) => spec(name)) } },
  }).toolName;

describe('the name in a call', () => {
  // gpt-oss writes calls in its own channels, and not every server takes their marks out of the name.
  it.each([
    ['json<|channel|>commentary', 'json'],
    ['get_weather<|channel|>commentary', 'get_weather'],
    ['get_weather<|constrain|>json', 'get_weather'],
    ['get_weather<|channel|>json', 'get_weather'],
    ['get_weather <|channel|>commentary', 'get_weather'],
    ['functions.get_weather', 'get_weather'],
    ['functions.get_weather<|channel|>commentary', 'get_weather'],
    ['<|start|>assistant<|channel|>commentary to=functions.get_weather <|constrain|>json', 'get_weather'],
    ['commentary to=functions.get_weather', 'get_weather'],
    ['functions.a.b', 'a.b'],
    ['nobody<|channel|>commentary', 'nobody'],
    ['functions.nobody', 'functions.nobody'],
    ['<|channel|>', '<|channel|>'],
    ['get_weather', 'get_weather'],
  ])('%s is %s', (given, name) => {
    expect(offering('json', 'get_weather', 'a.b').restore(given)).toBe(name);
  });

  it('is left alone where a tool is really called so', () => {
    expect(offering('functions.get_weather', 'get_weather').restore('functions.get_weather')).toBe(
      'functions.get_weather',
    );
  });
});
