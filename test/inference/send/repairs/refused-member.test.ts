import { describe, expect, it } from 'vitest';
import { refusedMember } from '../../../../src/inference/send/repairs/refused-member.ts';

const F = 'The model returned the following errors: ';

/** Recorded words of AWS, and those of public issues. */
const CASES: readonly (readonly [words: string, path: string | undefined, isWhole: boolean | undefined])[] = [
  [
    "This model doesn't support the temperature field. Remove temperature and try again.",
    'temperature',
    true,
  ],
  ["This model doesn't support the s3Uri field. Remove s3Uri and try again.", 's3Uri', true],
  [
    "This model doesn't support the image field for user messages. Remove image and try again.",
    'image',
    true,
  ],
  [
    "This model doesn't support the video content block that you provided. Update the content block and try again.",
    'video',
    true,
  ],
  ['This model doesn\u2019t support the toolConfig.toolChoice.any field.', 'toolConfig.toolChoice.any', true],
  [`${F}\`top_p\` is deprecated for this model.`, 'top_p', true],
  [`${F}Unknown parameter: 'reasoning_effort'.`, 'reasoning_effort', true],
  [`${F}tools.0.custom.strict: Extra inputs are not permitted`, 'tools.0.custom.strict', true],
  ['context_management: Extra inputs are not permitted', 'context_management', true],
  [
    'Malformed input request: #: extraneous key [max_tokens] is not permitted, please reformat your input and try again.',
    'max_tokens',
    true,
  ],
  [
    'Malformed input request: extraneous key [top_k] is not permitted, please reformat your input and try again.',
    'top_k',
    true,
  ],
  [
    `${F}Malformed input request: #/messages/2/content/0: extraneous key [toolResult] is not permitted, please reformat your input and try again.`,
    'messages.2.content.0.toolResult',
    true,
  ],
  [
    'The additional field tool_choice/type conflicts with the existing field toolConfig.toolChoice.auto. Remove tool_choice/type and try again.',
    'tool_choice.type',
    true,
  ],
  [
    "1 validation error detected: Value at 'messages.2.member.content.1.member.toolUse.name' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_-]+",
    'messages.1.content.0.toolUse.name',
    false,
  ],
  [
    "1 validation error detected: Value '2' at 'inferenceConfig.topP' failed to satisfy constraint: Member must have value less than or equal to 1",
    'inferenceConfig.topP',
    false,
  ],
  [
    'Malformed input request: #/inferenceConfig/topP: 2 is not less or equal to 1, please reformat your input and try again.',
    'inferenceConfig.topP',
    false,
  ],
  [
    `${F}messages.2.content.2.document.source.type: Field required`,
    'messages.2.content.2.document.source.type',
    false,
  ],
  [`${F}tools.0.custom: For 'array' type, property 'maxItems' is not supported`, 'tools.0.custom', false],
  [
    `${F}output_config.format.schema: For 'array' type, property 'maxItems' is not supported`,
    'output_config.format.schema',
    false,
  ],
  [`${F}tool_choice: type "tool" and "any" are not supported for this model.`, 'tool_choice', false],
  [
    'The content field in the Message object at messages.1 is empty. Add a ContentBlock object to the content field and try again.',
    'messages.1',
    false,
  ],
  ['The toolUse blocks at messages.2.content contain duplicate Ids: tooluseAc', 'messages.2.content', false],
  ['Malformed input request, please reformat your input and try again.', undefined, undefined],
  ['Malformed request. Please check your parameter/values and try again.', undefined, undefined],
  ['Validation Error', undefined, undefined],
  ['Operation not allowed', undefined, undefined],
  [`${F}Could not process image`, undefined, undefined],
];

describe('the member that a refusal names', () => {
  it.each(CASES)('%s -> %s', (words, path, isWhole) => {
    const found = refusedMember(words);
    expect(found?.path.join('.')).toBe(path);
    expect(found?.isWhole).toBe(isWhole);
  });
});
