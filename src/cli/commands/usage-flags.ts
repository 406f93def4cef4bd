/** The flags of `bedrock-mcp usage`; apart, because every start parses arguments and few run the command. */
export const USAGE_FLAGS = {
  since: { type: 'string' },
  until: { type: 'string' },
  by: { type: 'string' },
  csv: { type: 'boolean' },
  jsonl: { type: 'boolean' },
} as const;
