/** `models:` of the config file in the catalogue's words. */
import type { ModelApis, ModelFeatures, UserModel, UserPrice } from '../catalog/types.ts';
import type { UserModelEntry } from '../config/schema.ts';
import { defined } from '../defined.ts';

export function userModels(entries: readonly UserModelEntry[]): UserModel[] {
  return entries.map(({ alias, id, arn, base, priority, price, capabilities }) =>
    defined({
      ...{ alias, id, arn, base, priority },
      price: price === undefined ? undefined : priceOf(price),
      features: capabilities === undefined ? undefined : featuresOf(capabilities),
      apis: capabilities === undefined ? undefined : apisOf(capabilities),
    }),
  );
}

type Capabilities = NonNullable<UserModelEntry['capabilities']>;

function featuresOf(given: Capabilities): ModelFeatures {
  const { tools, system, images, documents, video, audio } = given;
  return defined({
    ...{ tools, system, images, documents, video, audio },
    streamingTools: given.streaming_tools,
    structuredOutput: given.structured_output,
    countTokens: given.count_tokens,
  });
}

function apisOf({ converse, native, streaming }: Capabilities): ModelApis {
  return defined({ converse, invoke: native, converseStream: streaming, invokeStream: streaming });
}

function priceOf(price: NonNullable<UserModelEntry['price']>): UserPrice {
  return defined({
    input: price.input,
    output: price.output,
    cacheRead: price.cache_read,
    cacheWrite5m: price.cache_write_5m,
    cacheWrite1h: price.cache_write_1h,
  });
}
