/**
 * Tool calls that Kimi wrote in the tokens of its own template, which Bedrock at times leaves in the words or in the
 * reasoning instead of telling them as calls (Bike4Mind/bike4mind#1119, Kimi K2.5 and K2 Thinking, July 2026). Pure.
 */
import type { ContentBlock, InferenceResult } from '../../messages/types.ts';

const BEGIN = '<|tool_calls_section_begin|>';
const END = '<|tool_calls_section_end|>';
const CALL = '<|tool_call_begin|>';
const INPUT = '<|tool_call_argument_begin|>';
const CALL_END = '<|tool_call_end|>';

/** The answer with those calls as calls, and without their tokens; the same one where it has calls or no tokens. */
export function withTokenCalls(
  result: InferenceResult,
  nameOf: (sent: string) => string = (sent) => sent,
): InferenceResult {
  if (result.content.some((block) => 'toolUse' in block)) return result;
  const calls: ContentBlock[] = [];
  const read = (text: string): string => {
    const [words = '', section, ...more] = text.split(BEGIN);
    if (section === undefined) return text;
    const [inside = '', ...after] = section.split(END);
    calls.push(...callsIn(inside, nameOf));
    return `${words}${after.join(END)}${more.map((other) => BEGIN + other).join('')}`;
  };
  const content = result.content.flatMap((block): ContentBlock[] => {
    if ('text' in block) return kept(read(block.text), (text) => ({ text }));
    if (!('reasoningContent' in block) || !('reasoningText' in block.reasoningContent)) return [block];
    const { reasoningText } = block.reasoningContent;
    return kept(read(reasoningText.text), (text) => ({
      reasoningContent: { reasoningText: { ...reasoningText, text } },
    }));
  });
  if (calls.length === 0) return result;
  const stopReason = result.stopReason === 'end_turn' ? ('tool_use' as const) : result.stopReason;
  return { ...result, content: [...content, ...calls], stopReason };
}

const kept = (text: string, block: (text: string) => ContentBlock): ContentBlock[] =>
  text.trim() === '' ? [] : [block(text)];

/** Each as `functions.get_weather:0`, and what the model wrote as its input, whole or cut. */
function callsIn(section: string, nameOf: (sent: string) => string): ContentBlock[] {
  return section
    .split(CALL)
    .slice(1)
    .map((written) => {
      const [head = '', input = ''] = written.split(INPUT);
      const toolUseId = head.trim();
      const name = nameOf(toolUseId.replace(/:\d{1,9}$/, ''));
      return { toolUse: { toolUseId, name, input: input.split(CALL_END)[0]?.trim() ?? '' } };
    });
}
