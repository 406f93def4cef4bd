/** The lists that only the config file can hold: the caller's own models and budgets. */
import * as z from 'zod';
import { MOST_USD } from './settings.ts';

/** What the caller knows about a model that the catalogue does not. */
const capabilities = () =>
  z.strictObject({
    converse: z.boolean().optional(),
    native: z.boolean().optional(),
    streaming: z.boolean().optional(),
    tools: z.boolean().optional(),
    streaming_tools: z.boolean().optional(),
    system: z.boolean().optional(),
    images: z.boolean().optional(),
    documents: z.boolean().optional(),
    video: z.boolean().optional(),
    audio: z.boolean().optional(),
    structured_output: z.boolean().optional(),
    count_tokens: z.boolean().optional(),
  });
const decimal = () => z.string().regex(/^\d{1,9}(\.\d{1,12})?$/);

/** One entry of `models:` in the config file: the caller's own model registry. */
export const userModel = () =>
  z.strictObject({
    alias: z.string().min(1).max(128).optional(),
    id: z.string().min(1).max(2048).optional(),
    arn: z.string().min(1).max(2048).optional(),
    base: z.string().min(1).max(256).optional(),
    capabilities: capabilities().optional(),
    price: z
      .strictObject({
        input: decimal().optional(),
        output: decimal().optional(),
        cache_read: decimal().optional(),
        cache_write_5m: decimal().optional(),
        cache_write_1h: decimal().optional(),
      })
      .optional(),
    priority: z.int().min(0).max(1000).optional(),
  });

/** One entry of `budgets:` in the config file: limits by model or thread, in tokens, or soft ones. */
export const budget = () =>
  z
    .strictObject({
      scope: z.enum(['call', 'hour', 'day', 'month']),
      /** Model ID, alias or pattern; `*` alone = each model by itself. */
      model: z.string().min(1).max(2048).optional(),
      /** Thread or pattern; `*` alone = each thread by itself. */
      thread: z.string().min(1).max(512).optional(),
      usd: z.number().positive().max(MOST_USD).optional(),
      tokens: z.int().min(1).max(1_000_000_000_000).optional(),
      /** Warns in place of refusing. */
      soft: z.boolean().default(false),
    })
    .refine((entry) => entry.usd !== undefined || entry.tokens !== undefined, 'needs usd or tokens');
