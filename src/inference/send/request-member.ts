/** AWS's paths in the words of the request. Pure. */

/** First match counts. The path is in lower case and without underscores, because AWS writes each name in two ways. */
const MEMBERS: readonly (readonly [path: RegExp, member: string])[] = [
  [/(?:^|\.)cache(?:point|control)\b.*\.ttl$/, 'cache.ttl'],
  [/(?:^|\.)cache(?:point|control)(?:\.|$)/, 'cache'],
  [/(?:^|\.)reasoningtext\.signature$/, 'messages.reasoningSignature'],
  [/(?:^|\.)reasoningcontent(?:\.|$)/, 'messages.reasoningContent'],
  [/^(?:messages\..*\.)?status$/, 'messages.toolResultStatus'],
  [/(?:^|\.)citations(?:\.|$)/, 'messages.citations'],
  [/^(?:image|document|video|audio)$/, 'messages.media'],
  [/(?:^|\.)strict$/, 'tools.strict'],
  [/^tools\.\d+\.(?:custom\.)?\w+$/, 'tools.field'],
  [/^(?:toolconfig\.)?toolchoice(?:\.|$)/, 'toolConfig.toolChoice'],
  [/^(?:inferenceconfig\.)?temperature$/, 'inferenceConfig.temperature'],
  [/^(?:inferenceconfig\.)?topp$/, 'inferenceConfig.topP'],
  [/^(?:inferenceconfig\.)?topk$/, 'inferenceConfig.topK'],
  [/^(?:inferenceconfig\.)?max(?:completion)?tokens$/, 'inferenceConfig.maxTokens'],
  [/^(?:inferenceconfig\.)?stop(?:sequences)?$/, 'inferenceConfig.stopSequences'],
  [/^system(?:\.|$)/, 'system'],
  [/^tools$|^toolconfig$/, 'toolConfig.tools'],
  [/^(?:thinking|reasoning|reasoningeffort|reasoningconfig|outputconfig\.effort)(?:\.|$)/, 'reasoning'],
  [/^(?:outputconfig|outputformat|responseformat|textformat)(?:\.|$)/, 'outputSchema'],
  [/^guardrailconfig(?:\.|$)/, 'guardrailConfig'],
  [/^performanceconfig(?:\.|$)/, 'performanceConfig'],
  [/^requestmetadata(?:\.|$)/, 'requestMetadata'],
  [/^servicetier(?:\.|$)/, 'serviceTier'],
  [/^anthropicbeta(?:\.|$)/, 'anthropicBeta'],
  [/^additionalmodelresponsefieldpaths(?:\.|$)/, 'additionalModelResponseFieldPaths'],
];

/** The member of the request that AWS's path means; undefined for what the request has no member for. */
export function requestMember(path: readonly string[]): string | undefined {
  const at = path.join('.').toLowerCase().replaceAll('_', '');
  return MEMBERS.find(([pattern]) => pattern.test(at))?.[1];
}
