/** What people can pick from a menu: three openings that lead an assistant through this server's tools. */
import { isJsonObject, type JsonObject } from '../json.ts';

export interface PromptArgument {
  readonly name: string;
  readonly description: string;
  readonly required: boolean;
}

export interface PromptFacts {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly arguments: readonly PromptArgument[];
}

type Given = Readonly<Record<string, string>>;
/** Does this server offer the tool? */
type Offers = (tool: string) => boolean;

interface Prompt extends PromptFacts {
  /** What is wrong with arguments that are there, when anything is. */
  readonly problem?: (given: Given) => string | undefined;
  readonly text: (given: Given, offers: Offers) => string;
  /** Without this tool the prompt leads nowhere. */
  readonly needs: string;
}

const MOST_CHARACTERS = 200_000;
/** As many as compare_models takes. */
const FEWEST_MODELS = 2;
const MOST_MODELS = 8;

const ROWS: readonly Prompt[] = [
  {
    name: 'second_opinion',
    title: 'Second opinion',
    description: 'What another Bedrock model thinks of a question, an answer or a plan.',
    arguments: [
      { name: 'question', description: 'The question, or what is to be judged', required: true },
      {
        name: 'model',
        description: 'Alias or model ID; a strong model of another maker when left out',
        required: false,
      },
    ],
    needs: 'invoke_model',
    text: ({ question, model }, offers) =>
      [
        `Get a second opinion on this:\n\n${question}`,
        model === undefined
          ? `Choose a capable model of another maker than your own with ${listing(offers)}, then ask it with invoke_model.`
          : `Ask ${model} with invoke_model.`,
        'Give it all the context it needs, but not your own opinion. Then tell me where you agree, where you differ and why, which of you is more likely right, and what the call cost.',
      ].join('\n\n'),
  },
  {
    name: 'compare',
    title: 'Compare models',
    description: 'The same question to several Bedrock models, side by side, with cost and time.',
    arguments: [
      { name: 'question', description: 'What all of them are asked', required: true },
      {
        name: 'models',
        description: 'Two to eight, separated by commas; a cheap, a middle and a strong one when left out',
        required: false,
      },
    ],
    problem: ({ models }) => {
      const { length } = listed(models);
      return models === undefined || (length >= FEWEST_MODELS && length <= MOST_MODELS)
        ? undefined
        : `The prompt compare takes two to eight models, separated by commas; models names ${length}.`;
    },
    needs: 'compare_models',
    text: ({ question, models }, offers) =>
      [
        `Compare how Bedrock models answer this:\n\n${question}`,
        models === undefined
          ? `Choose three active models with ${listing(offers)}: a cheap one, a middle one and a strong one.`
          : `The models: ${listed(models).join(', ')}.`,
        'Use compare_models. Show me a table with cost and time, what each answer gets right and wrong, and which model you would take for this kind of question.',
      ].join('\n\n'),
  },
  {
    name: 'cheapest_model_for',
    title: 'Cheapest model for a task',
    description: 'The cheapest Bedrock model that is good enough for a task, with the monthly cost.',
    arguments: [
      { name: 'task', description: 'What the model has to do, and how often', required: true },
      { name: 'needs', description: 'Such as tools, images, a long context, a Region', required: false },
    ],
    needs: 'estimate_cost',
    text: ({ task, needs }, offers) =>
      [
        `Find the cheapest Amazon Bedrock model that is good enough for this task:\n\n${task}`,
        ...(needs === undefined ? [] : [`It needs: ${needs}`]),
        `Find candidates with ${listing(offers)} and price them with estimate_cost. Then try the two or three cheapest on one example with ${offers('compare_models') ? 'compare_models' : 'invoke_model'}, and say first what that will cost. Recommend one, with its cost per month at the volume I named and what would make you choose a dearer one.`,
      ].join('\n\n'),
  },
];

/** The prompts that lead somewhere with the tools that are offered. */
export function promptsFor(offers: Offers): readonly PromptFacts[] {
  return ROWS.filter(({ needs }) => offers(needs)).map(
    ({ text: _text, problem: _problem, needs: _needs, ...facts }) => facts,
  );
}

function listing(offers: Offers): string {
  return offers('list_models') ? 'list_models' : 'list_inference_profiles';
}

/** What is wrong with a request for a prompt, in words for whoever made it. */
export type PromptProblem = { readonly problem: string };

/**
 * The text of a prompt for a name and arguments as they came, of whatever type. Blank optional arguments count as left
 * out: menus send them so.
 */
export function promptText(
  name: unknown,
  given: unknown = {},
  offers: Offers = () => true,
): { readonly description: string; readonly text: string } | PromptProblem {
  const rows = ROWS.filter(({ needs }) => offers(needs));
  const prompt = rows.find((row) => row.name === name);
  if (prompt === undefined) {
    const names = rows.map((row) => row.name).join(', ');
    const what = typeof name === 'string' ? `Unknown prompt "${name.slice(0, 64)}".` : 'name must be text.';
    return { problem: `${what} Prompts are: ${names}.` };
  }
  if (!isJsonObject(given))
    return { problem: `The arguments of the prompt ${prompt.name} must be an object, not ${kindOf(given)}.` };
  const { known, problem } = readArguments(prompt, given);
  const wrong = problem ?? prompt.problem?.(known);
  return wrong === undefined
    ? { description: prompt.description, text: prompt.text(known, offers) }
    : { problem: wrong };
}

function readArguments(
  prompt: PromptFacts,
  given: JsonObject,
): { readonly known: Record<string, string>; readonly problem?: string } {
  const known: Record<string, string> = {};
  for (const { name, required } of prompt.arguments) {
    const typed = Object.hasOwn(given, name) ? given[name] : '';
    if (typeof typed !== 'string') return { known, problem: `${name} must be text, not ${kindOf(typed)}.` };
    const value = typed.trim();
    if (value.length > MOST_CHARACTERS)
      return { known, problem: `${name} has more than ${MOST_CHARACTERS} characters.` };
    if (value !== '') known[name] = value;
    else if (required) return { known, problem: `The prompt ${prompt.name} needs ${name}.` };
  }
  return { known };
}

function listed(models = ''): readonly string[] {
  return models
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '');
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'a list' : `${typeof value === 'object' ? 'an' : 'a'} ${typeof value}`;
}
