/** Every model ID, profile, ARN and alias of the five documents that the product was asked from. */
export const SEED_NAMES: readonly string[] = `
ai21.jamba-1-5-large-v1:0 ai21.jamba-1-5-mini-v1:0 ai21.jamba-instruct-v1:0 amazon.titan-embed-text-v2:0
amazon.titan-text-express-v1 amazon.titan-text-lite-v1 amazon.titan-text-premier-v1:0 amazon.titan-tg1-large
anthropic.claude-3-5-haiku-20241022-v1:0 anthropic.claude-3-5-sonnet-20241022-v2:0
anthropic.claude-3-haiku-20240307-v1:0 anthropic.claude-3-opus-20240229-v1:0
anthropic.claude-3-sonnet-20240229-v1:0 anthropic.claude-haiku-4-5-20251001-v1:0 anthropic.claude-v2
anthropic.claude-v2:1
arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-opus-4-1-20250805-v1:0
arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-sonnet-4-5-20250929-v1:0
arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.deepseek.r1-v1:0
bedrock:anthropic.claude-3-sonnet-20240229-v1:0 bedrock:cohere.command-r-plus-v1:0
bedrock:global.anthropic.claude-sonnet-4-5-20250929-v1:0 bedrock:openai.gpt-oss-120b-1:0
bedrock:us.meta.llama3-2-3b-instruct-v1:0 claude-opus-4-1 claude-sonnet-4-5 cohere.command-light-text-v14
cohere.command-r-plus-v1:0 cohere.command-r-v1:0 cohere.command-text-v14 cohere.embed-english-v3
cohere.embed-multilingual-v3 gpt-oss-120b gpt-oss-20b meta.llama3-1-405b-instruct-v1:0
meta.llama3-1-70b-instruct-v1:0 meta.llama3-1-8b-instruct-v1:0 meta.llama3-2-1b-instruct-v1:0
meta.llama3-70b-instruct-v1:0 meta.llama3-8b-instruct-v1:0 mistral.mistral-7b-instruct-v0:2
mistral.mixtral-8x7b-instruct-v0:1 us.anthropic.claude-3-5-haiku-20241022-v1:0
us.anthropic.claude-3-5-sonnet-20240620-v1:0 us.anthropic.claude-3-5-sonnet-20241022-v2:0
us.anthropic.claude-3-7-sonnet-20250219-v1:0 us.anthropic.claude-3-haiku-20240307-v1:0
us.anthropic.claude-3-opus-20240229-v1:0 us.anthropic.claude-3-sonnet-20240229-v1:0
us.anthropic.claude-haiku-4-5-20251001-v1:0 us.anthropic.claude-opus-4-1-20250805-v1:0
us.anthropic.claude-opus-4-20250514-v1:0 us.anthropic.claude-sonnet-4-20250514-v1:0
us.anthropic.claude-sonnet-4-5-20250929-v1:0 us.deepseek.r1-v1:0 us.meta.llama3-1-70b-instruct-v1:0
us.meta.llama3-1-8b-instruct-v1:0 us.meta.llama3-2-11b-instruct-v1:0 us.meta.llama3-2-1b-instruct-v1:0
us.meta.llama3-2-3b-instruct-v1:0 us.meta.llama3-2-90b-instruct-v1:0 us.meta.llama3-3-70b-instruct-v1:0
us.meta.llama4-maverick-17b-instruct-v1:0 us.meta.llama4-scout-17b-instruct-v1:0
`
  .trim()
  .split(/\s+/);

/** The names under which they speak of the models. */
export const SEED_TITLES: readonly string[] = [
  'Claude Sonnet 4.5',
  'Claude Haiku 4.5',
  'Claude Opus 4.1',
  'Claude Opus 4',
  'Claude Sonnet 4',
  'Claude 3.7 Sonnet',
  'Claude 3.5 Sonnet v2',
  'Claude 3.5 Sonnet v1',
  'Claude 3.5 Haiku',
  'Claude 3 Opus',
  'Claude 3 Sonnet',
  'Claude 3 Haiku',
  'Claude 2.1',
  'Claude 2',
  'Llama 4 Scout 17B',
  'Llama 4 Maverick 17B',
  'Llama 3.3 70B',
  'Llama 3.2 90B',
  'Llama 3.2 1B Instruct',
  'Llama 3.1 8B',
  'Llama 3 70B',
  'Llama 3 8B Instruct',
  'Jamba 1.5 Large',
  'Jamba 1.5 Mini',
  'Jamba-Instruct',
  'Titan Text G1 - Express',
  'Titan Text G1 - Lite',
  'Titan Text G1 - Premier',
  'Titan Text Large',
  'Amazon Titan Embeddings V2',
  'Command Light',
  'Command',
  'Command R+',
  'Command R',
  'Mistral 7B Instruct',
  'Mixtral 8x7B Instruct',
  'DeepSeek-R1',
  'Nova Micro',
  'Nova Premier',
];
