import { describe, expect, it } from 'vitest';
import type { InferenceRequest, Tool, ToolChoice } from '../../../../src/messages/types.ts';
import { asking, assistant, call, checkRows, prepare, type RuleRow, result, spec, user } from './rule-row.ts';

const hi = { text: 'Hi' };
const tools = (...list: Tool[]) => asking({ toolConfig: { tools: list } });
const choosing = (toolChoice: ToolChoice, ...list: Tool[]) =>
  asking({ toolConfig: { tools: list, toolChoice } });
const history: InferenceRequest = {
  messages: [user(hi), assistant(call('a', 'get'), call('b', 'get')), user(result('a'), result('b'))],
};

const rows: readonly RuleRow[] = [
  {
    name: 'refuses tools for a model that has none',
    features: { tools: false },
    request: tools(spec('f')),
    refuses: { code: 'unsupported_feature', field: 'tools' },
  },
  {
    name: 'refuses tool history for a model that has no tools',
    features: { tools: false },
    request: history,
    refuses: { code: 'unsupported_feature', field: 'messages' },
  },
  { name: 'sends tools where nothing is known', request: tools(spec('f')), sends: 'same' },
  {
    name: 'refuses two tools of one name',
    request: tools(spec('f'), spec('g'), spec('f')),
    refuses: { field: 'tools[2]' },
  },
  {
    name: 'refuses a tool without name',
    request: tools(spec('')),
    refuses: { field: 'tools[0]' },
  },
  {
    name: 'refuses typed tools of a provider on Converse',
    request: tools({ nativeTool: { type: 'bash_20250124', name: 'bash' } }),
    refuses: { code: 'unsupported_feature', field: 'tools[0]' },
  },
  {
    name: 'sends them natively',
    api: 'native',
    request: tools({ nativeTool: { type: 'bash_20250124', name: 'bash' } }),
    sends: 'same',
  },
  { name: 'never sends an empty toolConfig', request: tools(), sends: asking() },
  {
    name: 'never sends a tool choice without tools',
    request: choosing({ any: {} }),
    sends: asking(),
    warns: ['no tools'],
  },
  {
    name: 'describes a tool by its name when its description is empty',
    request: tools(spec('f', { description: ' ' })),
    sends: tools(spec('f', { description: 'f' })),
    warns: ['described by its name'],
  },
  {
    name: 'leaves a missing description alone (recorded: accepted)',
    request: tools({ toolSpec: { name: 'f', inputSchema: { type: 'object' } } }),
    sends: 'same',
  },
  {
    name: 'gives a schema without type the type object',
    request: tools(spec('f', { inputSchema: { properties: {} } }), spec('g', { inputSchema: {} })),
    sends: tools(
      spec('f', { inputSchema: { properties: {}, type: 'object' } }),
      spec('g', { inputSchema: { type: 'object' } }),
    ),
    warns: ['tool "f"', 'tool "g"'],
  },
  {
    name: 'narrows a schema that may be an object',
    request: tools(spec('f', { inputSchema: { type: ['object', 'null'] } })),
    sends: tools(spec('f')),
    warns: ['type object'],
  },
  {
    name: 'refuses a schema of another type',
    request: tools(spec('f'), spec('g', { inputSchema: { type: 'array' } })),
    refuses: { field: 'tools[1].input_schema' },
  },
  {
    name: 'drops strict where the model is known not to take it',
    features: { structuredOutput: false },
    request: tools(spec('f', { strict: true })),
    sends: tools(spec('f')),
    warns: ['strict'],
  },
  {
    name: 'opens the objects of schemas for Llama 3, deep inside too',
    family: 'llama3',
    request: tools(
      spec('f', {
        inputSchema: {
          type: 'object',
          additionalProperties: false,
          properties: { additionalProperties: { type: 'object', additionalProperties: false } },
        },
      }),
    ),
    sends: tools(
      spec('f', {
        inputSchema: { type: 'object', properties: { additionalProperties: { type: 'object' } } },
      }),
    ),
    warns: ['additionalProperties'],
  },
  {
    name: 'makes up the tools of the history for Converse',
    request: history,
    sends: {
      ...history,
      toolConfig: {
        tools: [{ toolSpec: { name: 'get', description: 'get', inputSchema: { type: 'object' } } }],
      },
    },
    warns: ['minimal definitions of "get"'],
  },
  { name: 'does not on the native API, which accepts it', api: 'native', request: history, sends: 'same' },
  {
    name: 'refuses a choice of a tool that is not there',
    request: choosing({ tool: { name: 'g' } }, spec('f')),
    refuses: { field: 'tool_choice' },
  },
  {
    name: 'changes a choice that the model does not accept to auto',
    features: { toolChoice: ['auto'] },
    request: choosing({ tool: { name: 'f' } }, spec('f')),
    sends: choosing({ auto: {} }, spec('f')),
    warns: ['tool choice tool was changed to auto'],
  },
  {
    name: 'leaves the choice out where not even auto is accepted',
    features: { toolChoice: [] },
    request: choosing({ auto: {} }, spec('f')),
    sends: tools(spec('f')),
  },
  {
    name: 'leaves a choice alone where nothing is known',
    request: choosing({ any: {} }, spec('f')),
    sends: 'same',
  },
  {
    name: 'takes the tools away for the choice none, which Converse does not have',
    request: choosing({ none: {} }, spec('f')),
    sends: asking(),
  },
  {
    name: 'keeps them when the history needs them',
    request: { ...history, toolConfig: { tools: [spec('get')], toolChoice: { none: {} } } },
    sends: { ...history, toolConfig: { tools: [spec('get')] } },
    warns: ['none'],
  },
];

describe('tools', () => checkRows(rows));

describe('tool names', () => {
  const awkward = [
    'weather.get',
    'weather/get',
    'ünï',
    'a b',
    '__proto__ ',
    'x'.repeat(80),
    `${'x'.repeat(80)}y`,
    '...',
  ];

  it('are made acceptable, stay unique, are the same everywhere in the request, and come back', () => {
    const { request, toolName, warnings } = prepare({
      request: {
        messages: [user(hi), assistant(call('a', 'weather.get')), user(result('a'))],
        toolConfig: {
          tools: [...awkward, 'fine-name_1'].map((name) => spec(name)),
          toolChoice: { tool: { name: 'weather.get' } },
        },
      },
    });
    const sent = (request.toolConfig?.tools ?? []).map((tool) =>
      'toolSpec' in tool ? tool.toolSpec.name : '',
    );
    for (const name of sent) expect(name).toMatch(/^[a-zA-Z0-9_-]{1,64}$/);
    expect(new Set(sent).size).toBe(awkward.length + 1);
    expect(sent.map((name) => toolName.restore(name))).toEqual([...awkward, 'fine-name_1']);
    expect(request.toolConfig?.toolChoice).toEqual({ tool: { name: sent[0] } });
    expect(request.messages[1]?.content[0]).toMatchObject({ toolUse: { name: sent[0] } });
    expect(toolName.restore('constructor')).toBe('constructor');
    expect(warnings).toHaveLength(awkward.length);
  });

  it('do not depend on the other tools, so that a prompt cache survives', () => {
    const nameAmong = (...others: string[]) => {
      const { request } = prepare({ request: tools(spec('a.b'), ...others.map((name) => spec(name))) });
      const [tool] = request.toolConfig?.tools ?? [];
      return tool !== undefined && 'toolSpec' in tool ? tool.toolSpec.name : undefined;
    };
    expect(nameAmong('c.d', 'e')).toBe(nameAmong());
  });

  it('give way to a tool that is really called so', () => {
    const made = prepare({ request: tools(spec('a.b')) }).request.toolConfig?.tools[0];
    const taken = made !== undefined && 'toolSpec' in made ? made.toolSpec.name : '';
    const { toolName, request } = prepare({ request: tools(spec('a.b'), spec(taken)) });
    expect(toolName.restore(taken)).toBe(taken);
    expect(request.toolConfig?.tools[0]).not.toEqual(made);
  });

  it('are left alone when they are fine', () => {
    expect(prepare({ request: tools(spec('a-b_C9')) }).warnings).toEqual([]);
  });
});
