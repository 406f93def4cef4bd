/** The flags of `bedrock-mcp cost`; apart, because every start parses arguments and few run the command. */
/** For `parseArgs`, beside the flags of the settings. */
export const COST_FLAGS = {
  refresh: { type: 'boolean' },
  regions: { type: 'string' },
  all: { type: 'boolean' },
  json: { type: 'boolean' },
  prompt: { type: 'string' },
  'input-tokens': { type: 'string' },
  'output-tokens': { type: 'string' },
  calls: { type: 'string' },
  'calls-per-day': { type: 'string' },
  'cached-share': { type: 'string' },
  'cache-write-share': { type: 'string' },
  batch: { type: 'boolean' },
  'service-tier': { type: 'string' },
} as const;
