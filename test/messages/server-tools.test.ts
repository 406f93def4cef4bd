import { describe, expect, it } from 'vitest';
import {
  blockType,
  isOpenCall,
  isServerToolResult,
  isServerToolUse,
} from '../../src/messages/server-tools.ts';

const use = (type?: string) => ({
  toolUse: { toolUseId: 't', name: 'get_weather', input: {}, ...(type === undefined ? {} : { type }) },
});

describe('the type of a tool block', () => {
  it.each([
    [undefined, true],
    ['tool_use', true],
    ['custom_tool_use_of_tomorrow', true],
    ['server_tool_use', false],
  ])('a call of the type %s waits for the caller: %s', (type, waits) => {
    expect(isOpenCall(use(type))).toBe(waits);
    expect(isServerToolUse(use(type).toolUse)).toBe(!waits);
  });

  it.each([
    [undefined, false],
    ['tool_result', false],
    ['web_search_tool_result', true],
  ])('a result of the type %s is the provider’s own: %s', (type, own) => {
    expect(isServerToolResult(type === undefined ? {} : { type })).toBe(own);
  });

  it('a type that says only what the block is disappears', () => {
    expect(['tool_use', 'tool_result', undefined, 7].map(blockType)).toEqual([{}, {}, {}, {}]);
    expect(blockType('server_tool_use')).toEqual({ type: 'server_tool_use' });
  });
});
