/** Repairs of a refused response schema: the same shape is asked for in the next form. */
import type { ModelFeatures } from '../../../catalog/types.ts';
import type { CodecModel, InferenceRequest } from '../../../messages/types.ts';
import { formAfter, formOutput, type OutputForm } from '../../prepare/output-mode.ts';
import { learnedChoice } from './repair-member.ts';
import { changed, type Healing, type Row } from './repair-row.ts';

/** Providers compile the schema into a grammar. Their words for one that will not do speak of tools, sent or not. */
const GRAMMAR_WORDS: readonly string[] = ['grammar', 'too complex for compilation'];

function isAboutTheGrammar(said: string): boolean {
  return GRAMMAR_WORDS.some((word) => said.includes(word));
}

/** Says the message that the schema is wrong, and not the field that carries it? Then the next schema may do. */
function isAboutTheSchema(said: string): boolean {
  return isAboutTheGrammar(said) || said.replaceAll(/json_?schema/g, '').includes('schema');
}

/** The same shape asked for in the next form, when this one is what was sent. */
function otherForm(
  request: InferenceRequest,
  model: CodecModel,
  form: OutputForm,
  warning: string,
  learned?: Partial<ModelFeatures>,
): Healing | undefined {
  const { outputSchema } = request;
  const atMost = formAfter(form);
  if (outputSchema === undefined || atMost === undefined) return undefined;
  if (formOutput(request, model).output?.form !== form) return undefined;
  return changed(request, { ...request, outputSchema: { ...outputSchema, atMost } }, warning, learned);
}

export const SCHEMA_REPAIRS: readonly Row[] = [
  {
    cause: 'output-schema-native',
    matches: (said, refused) =>
      refused?.member === 'outputSchema' ||
      isAboutTheGrammar(said) ||
      (said.includes('schema') && !said.includes('tool')),
    repair: (request, said, model, _sent, refused) =>
      otherForm(
        request,
        model,
        'native',
        'The model refused structured output of its own; the JSON shape was asked for in another way.',
        refused?.member === 'outputSchema' && refused.scope === 'whole' && !isAboutTheSchema(said)
          ? { structuredOutput: false }
          : undefined,
      ),
  },
  {
    cause: 'output-schema-tool',
    // A model that streams no tools takes the same one in a whole answer.
    matches: (said) =>
      (['tool', 'input_schema', 'inputschema'].some((word) => said.includes(word)) ||
        isAboutTheGrammar(said)) &&
      !said.includes('streaming mode'),
    repair: (request, _said, model, _sent, refused) =>
      otherForm(
        request,
        model,
        'tool',
        'The model refused the forced tool; the JSON shape was asked for in words.',
        refused?.member === 'toolConfig.toolChoice' && refused.scope !== 'value'
          ? learnedChoice(refused, model)
          : undefined,
      ),
  },
];
