/** `models:` of the config file in the catalogue's words. */
import type { ModelApis, ModelFeatures, UserModel, UserPrice } from '../catalog/types.ts';
import type { UserModelEntry } from '../config/schema.ts';

export function userModels(entries: readonly UserModelEntry[]): UserModel[] {
  return entries.map((entry) => {
    const { capabilities } = entry;
    const price = priceOf(entry);
    return {
      ...(entry.alias === undefined ? {} : { alias: entry.alias }),
      ...(entry.id === undefined ? {} : { id: entry.id }),
      ...(entry.arn === undefined ? {} : { arn: entry.arn }),
      ...(entry.base === undefined ? {} : { base: entry.base }),
      ...(entry.priority === undefined ? {} : { priority: entry.priority }),
      ...(price === undefined ? {} : { price }),
      ...(capabilities === undefined
        ? {}
        : { features: featuresOf(capabilities), apis: apisOf(capabilities) }),
    };
  });
}

type Capabilities = NonNullable<UserModelEntry['capabilities']>;

function featuresOf(given: Capabilities): ModelFeatures {
  return {
    ...(given.tools === undefined ? {} : { tools: given.tools }),
    ...(given.streaming_tools === undefined ? {} : { streamingTools: given.streaming_tools }),
    ...(given.system === undefined ? {} : { system: given.system }),
    ...(given.images === undefined ? {} : { images: given.images }),
    ...(given.documents === undefined ? {} : { documents: given.documents }),
    ...(given.video === undefined ? {} : { video: given.video }),
    ...(given.audio === undefined ? {} : { audio: given.audio }),
    ...(given.structured_output === undefined ? {} : { structuredOutput: given.structured_output }),
    ...(given.count_tokens === undefined ? {} : { countTokens: given.count_tokens }),
  };
}

function apisOf(given: Capabilities): ModelApis {
  const streams = given.streaming;
  return {
    ...(given.converse === undefined ? {} : { converse: given.converse }),
    ...(given.native === undefined ? {} : { invoke: given.native }),
    ...(streams === undefined ? {} : { converseStream: streams, invokeStream: streams }),
  };
}

function priceOf({ price }: UserModelEntry): UserPrice | undefined {
  if (price === undefined) return undefined;
  return {
    ...(price.input === undefined ? {} : { input: price.input }),
    ...(price.output === undefined ? {} : { output: price.output }),
    ...(price.cache_read === undefined ? {} : { cacheRead: price.cache_read }),
    ...(price.cache_write_5m === undefined ? {} : { cacheWrite5m: price.cache_write_5m }),
    ...(price.cache_write_1h === undefined ? {} : { cacheWrite1h: price.cache_write_1h }),
  };
}
