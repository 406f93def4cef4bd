// The README's table of text families: what the route table decides and what the catalogue knows, per family over its living models.

import { BedrockError } from '../src/bedrock-error.ts';
import { type Catalog, loadCatalog } from '../src/catalog/models/catalog.ts';
import { FAMILIES } from '../src/catalog/models/families.ts';
import { lifecycleOn } from '../src/catalog/models/lifecycle.ts';
import type { ModelRecord } from '../src/catalog/types.ts';
import { nativeCodecFor } from '../src/inference/codecs/registry.ts';
import { selectRoute } from '../src/inference/route/route.ts';
import type { InferenceRequest } from '../src/messages/types.ts';

const HEAD = [
  'family',
  'example',
  'without tools',
  'with tools',
  'streaming',
  'tools',
  'images',
  'documents',
  'reasoning',
  'caching',
];
const PLAIN: InferenceRequest = { messages: [{ role: 'user', content: [{ text: 'Hello' }] }] };
const WITH_TOOLS: InferenceRequest = {
  ...PLAIN,
  toolConfig: {
    tools: [{ toolSpec: { name: 'look_up', description: 'Looks up', inputSchema: { type: 'object' } } }],
  },
};

/** The table as Markdown. */
export async function familyMatrix(): Promise<string> {
  const catalog = await loadCatalog();
  const rows = FAMILIES.flatMap((family) => {
    const all = catalog.models.filter((model) => model.family === family && model.kind === 'text');
    const [first] = all;
    if (first === undefined) return [];
    const callable = all.filter((model) => model.apis.converse !== false || model.apis.invoke !== false);
    const living = callable.filter((model) => lifecycleOn(model, catalog.asOf).status === 'active');
    const shown = [living, callable, all].find((models) => models.length > 0) ?? [];
    return [row(family, shown, living.length > 0, all.length - callable.length, catalog)];
  });
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [
    line(HEAD),
    line(HEAD.map(() => '---')),
    ...rows.map(line),
    '',
    'Routes are `rule` keys of the route table. `some` = it depends on the model; `?` = nobody has said so: it is tried, and a refusal is remembered. Families in italics have no active model left. `(+N)` = N more models of the family live only on the bedrock-mantle endpoint and are refused with a sentence that says so.',
  ].join('\n');
}

function row(
  family: string,
  models: readonly ModelRecord[],
  alive: boolean,
  mantleOnly: number,
  catalog: Catalog,
): string[] {
  const [first] = models;
  const example = first === undefined ? '' : (catalog.aliasOf(first.id) ?? first.id);
  return [
    `${alive ? family : `*${family}*`}${mantleOnly === 0 ? '' : ` (+${mantleOnly})`}`,
    `\`${example}\``,
    routes(models, PLAIN),
    routes(
      models.filter((model) => model.features.tools !== false),
      WITH_TOOLS,
    ),
    verdict(models, (model) => either(model.apis.converseStream, model.apis.invokeStream)),
    verdict(models, (model) => model.features.tools),
    verdict(models, (model) => model.features.images),
    verdict(models, (model) => model.features.documents),
    verdict(models, (model) =>
      model.features.reasoning === undefined ? undefined : model.features.reasoning !== 'none',
    ),
    verdict(models, (model) =>
      model.features.caching === undefined ? undefined : model.features.caching !== false,
    ),
  ];
}

function routes(models: readonly ModelRecord[], request: InferenceRequest): string {
  const found = new Set(models.map((model) => routeOf(model, request)));
  return found.size === 0 ? '–' : [...found].map((rule) => `\`${rule}\``).join(', ');
}

function routeOf(model: ModelRecord, request: InferenceRequest): string {
  const codec = nativeCodecFor({ id: model.id, family: model.family, features: model.features });
  try {
    const route = selectRoute({
      request,
      model,
      requested: model.id,
      stream: true,
      ...(codec === undefined ? {} : { native: codec.carries }),
    });
    const buffered =
      !route.stream && request.toolConfig !== undefined && model.features.streamingTools === false;
    return buffered ? `${route.rule}, whole` : route.rule;
  } catch (error) {
    if (!(error instanceof BedrockError)) throw error;
    return error.code === 'unsupported_model' ? 'refused:mantle' : 'refused';
  }
}

function either(a: boolean | undefined, b: boolean | undefined): boolean | undefined {
  if (a === true || b === true) return true;
  return a === undefined || b === undefined ? undefined : false;
}

function verdict(models: readonly ModelRecord[], read: (model: ModelRecord) => boolean | undefined): string {
  const answers = new Set(models.map(read));
  if (answers.size === 1) {
    const [only] = answers;
    return only === undefined ? '?' : only ? 'yes' : 'no';
  }
  return answers.has(true) ? 'some' : answers.has(undefined) ? '?' : 'no';
}
