/** Gives the caller back the names and IDs of the caller in what a model writes, whole or in pieces. */
import type { ContentBlock, InferenceResult, StreamDelta } from '../../messages/types.ts';
import type { Prepared } from '../prepare/prepare-request.ts';
import type { KeyRewriter } from '../prepare/schema/rewrite-json-keys.ts';

/** The answer with the caller's names, IDs and property names. */
export function restoreResult(result: InferenceResult, prepared: Prepared): InferenceResult {
  return { ...result, content: result.content.map((block) => restoreBlock(block, prepared)) };
}

function restoreBlock(block: ContentBlock, { toolName, toolUseId, toolInput }: Prepared): ContentBlock {
  if (!('toolUse' in block)) return block;
  const { toolUse } = block;
  const name = toolName.restore(toolUse.name);
  return {
    toolUse: {
      ...toolUse,
      name,
      toolUseId: toolUseId.restore(toolUse.toolUseId),
      input: toolInput.restore(name, toolUse.input),
    },
  };
}

/** For one stream: what becomes of each delta. Part of an input may wait for the next one. */
export function deltaRestorer(prepared: Prepared): (delta: StreamDelta) => readonly StreamDelta[] {
  const rewriters = new Map<number, KeyRewriter>();
  const held = (index: number): readonly StreamDelta[] => {
    const json = rewriters.get(index)?.end() ?? '';
    return json === '' ? [] : [{ type: 'toolUseInput', index, json }];
  };
  return (delta) => {
    switch (delta.type) {
      case 'toolUse': {
        const name = prepared.toolName.restore(delta.name);
        const rewriter = prepared.toolInput.rewriter(name);
        if (rewriter !== undefined) rewriters.set(delta.index, rewriter);
        return [{ ...delta, name, toolUseId: prepared.toolUseId.restore(delta.toolUseId) }];
      }
      case 'toolUseInput': {
        const rewriter = rewriters.get(delta.index);
        return [rewriter === undefined ? delta : { ...delta, json: rewriter.push(delta.json) }];
      }
      case 'block':
        return [{ ...delta, block: restoreBlock(delta.block, prepared) }];
      case 'blockStop':
        return [...held(delta.index), delta];
      case 'stop':
        return [...[...rewriters.keys()].flatMap(held), delta];
      default:
        return [delta];
    }
  };
}

/** The inputs of an answer that was put together from restored pieces: text that held JSON once more has its own keys. */
export function restoreInputs(result: InferenceResult, { toolInput }: Prepared): InferenceResult {
  const content = result.content.map((block) =>
    'toolUse' in block
      ? { toolUse: { ...block.toolUse, input: toolInput.restore(block.toolUse.name, block.toolUse.input) } }
      : block,
  );
  return { ...result, content };
}
