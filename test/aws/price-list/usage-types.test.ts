import { describe, expect, it } from 'vitest';
import { readUsage, usageWords } from '../../../src/aws/price-list/usage-types.ts';

describe('a usage type', () => {
  it.each([
    ['USE1-NovaPro-input-tokens', 'nova-pro-input-tokens'],
    ['EU-Nova2.0Lite-output-tokens', 'nova2.0-lite-output-tokens'],
    ['USE1-MP:USE1_CacheReadInputTokenCount_Global-Units', 'cache-read-input-token-count-global'],
    ['USE1_input_tokens_standard-Units', 'input-tokens-standard'],
    ['UGW1-MP:UGW1_InputTokenCount_LCtx-Units', 'input-token-count-lctx'],
  ])('%s becomes the words %s', (usagetype, words) => {
    expect(usageWords(usagetype)).toBe(words);
  });

  it.each<[string, string, string, string, '' | 'global', number]>([
    // usage type, stem, kind, way, geo, rank
    ['USE1-NovaPro-input-tokens', 'nova-pro', 'input', 'standard', '', 1],
    ['USE1-NovaPro-output-tokens-flex', 'nova-pro', 'output', 'flex', '', 1],
    ['USE1-NovaPro-input-tokens-latency-optimized', 'nova-pro', 'input', 'latency', '', 1],
    ['USE1-NovaPro-cache-read-input-token-count', 'nova-pro', 'cacheRead', 'standard', '', 1],
    ['USE1-Nova2.0Lite-cache-write-input-token-count-flex', 'nova2.0-lite', 'cacheWrite5m', 'flex', '', 1],
    [
      'USE1-Nova2.0Lite-input-tokens-priority-cross-region-global',
      'nova2.0-lite',
      'input',
      'priority',
      'global',
      1,
    ],
    [
      'USE1-Nova2.0Lite-input-tokens-cross-region-global-batch',
      'nova2.0-lite',
      'input',
      'batch',
      'global',
      1,
    ],
    ['USE1-Nova2.0Pro-text-input-tokens', 'nova2.0-pro', 'input', 'standard', '', 1],
    ['USE1-Claude4Sonnet-output-tokens-long-context', 'claude4-sonnet', 'output', 'long', '', 1],
    [
      'USW2-moonshotai.kimi-k3-mantle-input-tokens-global-flex',
      'moonshotai.kimi-k3-mantle',
      'input',
      'flex',
      'global',
      1,
    ],
    [
      'USW2-moonshotai.kimi-k3-mantle-cache-write-tokens-30m-standard',
      'moonshotai.kimi-k3-mantle',
      'cacheWrite5m',
      'standard',
      '',
      2,
    ],
    ['USE1-MP:USE1_InputTokenCount-Units', '', 'input', 'standard', '', 1],
    ['USE1-MP:USE1_OutputTokenCount_Global-Units', '', 'output', 'standard', 'global', 1],
    ['USE1-MP:USE1_InputTokenCount_LCtx_Global-Units', '', 'input', 'long', 'global', 1],
    ['USE1-MP:USE1_InputTokenCount_Global_Batch-Units', '', 'input', 'batch', 'global', 1],
    ['USE1-MP:USE1_OutputTokenCount_LatencyOptimized-Units', '', 'output', 'latency', '', 1],
    ['USE1-MP:USE1_CacheWrite1hInputTokenCount_Geo-Units', '', 'cacheWrite1h', 'standard', '', 1],
    ['APN1-MP:APN1_MillionBatchInputTokens-Units', '', 'input', 'batch', '', 1],
    ['USE1-MP:USE1_input_tokens_global_standard-Units', '', 'input', 'standard', 'global', 1],
    ['USE1-MP:USE1_output_tokens_long_ctx_standard-Units', '', 'output', 'long', '', 1],
    ['USE1-MP:USE1_cache_write_tokens_1h_global_standard-Units', '', 'cacheWrite1h', 'standard', 'global', 1],
    ['USE1-MP:USE1_cache_read_tokens_priority-Units', '', 'cacheRead', 'priority', '', 1],
    ['USE1-MP:USE1_cached_input_tokens_standard-Units', '', 'cacheRead', 'standard', '', 2],
  ])('%s is a rate', (usagetype, stem, kind, way, geo, rank) => {
    expect(readUsage(usagetype)).toEqual({ what: 'tokens', stem, kind, way, geo, rank });
  });

  it.each([
    ['USE1-MP:USE1_Reserved_1Month_InputTPM_Geo-Units', 'reserved capacity'],
    ['USE1-NovaPro-ProvisionedThroughput-NoCommit-ModelUnits', 'provisioned throughput'],
    ['USE1-NovaMicro-cache-read-input-token-count-custom-model', 'customized models'],
    ['USE1-NovaCanvas-Customization-Training', 'customized models'],
    ['USE1-Guardrail-ContentPolicyImageUnitsConsumed', 'guardrails'],
    ['USE1-openai.gpt-5.6-luna-mantle-cache-write-tokens-5m-long-ctx-flex', 'combined tiers'],
    ['USE1-MP:USE1_InputTokenCount_LCtx_Batch-Units', 'combined tiers'],
  ])('%s is no price of a call: %s', (usagetype, why) => {
    expect(readUsage(usagetype)).toEqual({ what: 'ignored', why });
  });

  it.each([
    'USE1-NovaPro-input-tokens-turbo',
    'USE1-MP:USE1_input_tokens_fast-Units',
    'USE1-MP:USE1_input_tokens_1h_standard-Units',
    'USE1-Nova2.0Omni-input-audio-token-count',
    'USE1-MP:USE1_InputImageCount-Units',
    '',
    'x'.repeat(10_000),
    '__proto__',
  ])('%.60s is not guessed at', (usagetype) => {
    expect(readUsage(usagetype)).toEqual({ what: 'unknown' });
  });

  it.each([
    ['USE1-Canvas-T2I-1024-Standard', 'image', 'up to 1024 x 1024, standard'],
    ['USE1-NovaCanvas-T2I-2048-Premium', 'image', 'up to 2048 x 2048, premium'],
    ['USE1-NovaSonic-speech-input-tokens', 'speech input tokens', undefined],
    ['USW2-Ray-V2-Medfps-HDRes', 'second of video', '720p, 24 fps'],
  ])('%s is a unit', (usagetype, unit, detail) => {
    expect(readUsage(usagetype)).toMatchObject({
      what: 'unit',
      unit,
      ...(detail === undefined ? {} : { detail }),
    });
  });
});
