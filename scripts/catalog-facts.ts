// The shape of the facts in facts/, checked so that whoever adds a model is told what is wrong with it.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import * as z from 'zod';

const regionName = z.string().regex(/^(\*|[a-z]{2,4}(-[a-z]+)+-\d)$/);
const day = z.string().regex(/^\d{4}-\d\d-\d\d$/);
/** USD as text: a double would round it. */
const usd = z.string().regex(/^\d{1,12}(\.\d{1,18})?$/);

const CAPABILITIES = ['tools', 'system', 'images', 'documents', 'reasoning', 'video', 'audio'] as const;
const capabilities = z.array(z.enum(CAPABILITIES));

const model = z.strictObject({
  id: z.string(),
  name: z.string().optional(),
  /** Absent = text. */
  kind: z.string().optional(),
  /** Tokens. */
  context: z.int().optional(),
  output: z.int().optional(),
  can: capabilities.optional(),
  cannot: capabilities.optional(),
  apis: z
    .strictObject({
      converse: z.boolean().optional(),
      converseStream: z.boolean().optional(),
      invoke: z.boolean().optional(),
      mantle: z.boolean().optional(),
    })
    .optional(),
  runtimeId: z.string().optional(),
  /** Absent = active. */
  status: z.enum(['legacy', 'end-of-life', 'unlisted', 'unknown']).optional(),
  regional: z.boolean().optional(),
  legacyDate: day.optional(),
  endOfLifeDate: day.optional(),
  onDemand: z.array(regionName).optional(),
  embedding: z
    .strictObject({
      dimensions: z.array(z.int()),
      defaultDimensions: z.int(),
      maxTokens: z.int().optional(),
    })
    .optional(),
  names: z.array(z.string()).optional(),
  profiles: z
    .record(
      z.string(),
      z.strictObject({ from: z.array(regionName).optional(), to: z.array(regionName).optional() }),
    )
    .optional(),
});

const rateFields = {
  input: usd.optional(),
  output: usd.optional(),
  cacheRead: usd.optional(),
  cacheWrite5m: usd.optional(),
  cacheWrite1h: usd.optional(),
};
const rates = z.strictObject(rateFields);

const price = z.strictObject({
  /** `regional`, `global`, or the prefix of a profile. */
  rate: z.string(),
  regions: z.array(regionName),
  /** Day on which the source printed it. */
  asOf: day,
  ...rateFields,
  batch: rates.optional(),
  long: z.array(z.strictObject({ above: z.int(), ...rateFields })).optional(),
  tiers: z.record(z.string(), rates).optional(),
  units: z.array(z.strictObject({ unit: z.string(), usd, detail: z.string().optional() })).optional(),
  note: z.string().optional(),
});

const regions = z.strictObject({
  asOf: day,
  regions: z.array(regionName),
  prefixes: z.record(z.string(), z.array(z.string())),
  priceAs: z.record(z.string(), z.string()),
});

export type ModelFacts = z.output<typeof model>;
export type PriceFacts = z.output<typeof price>;
export type RateFacts = z.output<typeof rates>;

export interface Facts {
  readonly regions: z.output<typeof regions>;
  /** By ID. */
  readonly models: readonly ModelFacts[];
  readonly prices: ReadonlyMap<string, readonly PriceFacts[]>;
}

/** All facts of the folder; throws an error that names the file and what is wrong in it. */
export function readFacts(folder: string): Facts {
  const read = <T>(file: string, schema: z.ZodType<T>): T => {
    const checked = schema.safeParse(parse(readFileSync(join(folder, file), 'utf8')));
    if (!checked.success) throw new Error(`${file}: ${z.prettifyError(checked.error)}`);
    return checked.data;
  };
  const filesOf = (kind: string) => readdirSync(join(folder, kind)).map((name) => `${kind}/${name}`);
  const byId = <T>(a: readonly [string, T], b: readonly [string, T]) => (a[0] < b[0] ? -1 : 1);
  const models = filesOf('models').flatMap((file) => read(file, z.array(model)));
  const priced = filesOf('prices').flatMap((file) =>
    Object.entries(read(file, z.record(z.string(), z.array(price)))),
  );
  return {
    regions: read('regions.yaml', regions),
    models: models
      .map((each): [string, ModelFacts] => [each.id, each])
      .sort(byId)
      .map(([, each]) => each),
    prices: new Map(priced.sort(byId)),
  };
}
