/** The flags of `bedrock-mcp threads`; apart, because every start parses arguments and few run the command. */
export const THREADS_FLAGS = {
  json: { type: 'boolean' },
} as const;
