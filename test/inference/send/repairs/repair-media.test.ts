import { describe, expect, it } from 'vitest';
import { BedrockError } from '../../../../src/bedrock-error.ts';
import { repairFor } from '../../../../src/inference/send/repairs/repair.ts';
import type { ContentBlock, InferenceRequest } from '../../../../src/messages/types.ts';
import { startSandbox } from '../../../../src/sandbox/server/server.ts';
import { answered, modelCalls, rigOf } from '../../rig.ts';
import { deepFreeze, modelOf } from '../../sample-model.ts';

const said = (kind: string) =>
  new BedrockError('unsupported_feature', {
    message: 'm',
    fix: 'f',
    httpStatus: 400,
    awsMessage: `This model doesn't support the ${kind} content block that you provided. Update the content block and try again.`,
  });
const document = {
  document: { format: 'pdf' as const, name: 'n', source: { bytes: Buffer.from('%PDF-1.4') } },
};
const inResult: ContentBlock = { toolResult: { toolUseId: 'a', content: [document] } };
const hi: ContentBlock = { text: 'Hi' };
const thread = (kept: readonly ContentBlock[], turn: readonly ContentBlock[] = [hi]): InferenceRequest =>
  deepFreeze({
    messages: [
      { role: 'user', content: kept },
      { role: 'assistant', content: [hi] },
      { role: 'user', content: turn },
    ],
    history: { messages: 2, tools: true },
  });
const repair = (request: InferenceRequest, kind = 'document') =>
  repairFor(said(kind), request, modelOf('glm'), new Set());

describe('files of earlier turns that a model refuses', () => {
  it('teach that it takes none, so that the next plan leaves them out', () => {
    const found = repair(thread([document, hi]));
    expect(found).toMatchObject({ cause: 'member document', learned: { documents: false } });
    expect(found).not.toHaveProperty('request');
    expect(
      repair(thread([{ video: { format: 'mp4', source: { bytes: new Uint8Array(1) } } }]), 'video'),
    ).toMatchObject({ learned: { video: false } });
  });

  it('become notes where they stood in tool results, which says nothing of files elsewhere', () => {
    const found = repair(thread([inResult]));
    expect(found).not.toHaveProperty('learned');
    expect(found?.request?.messages[0]?.content).toEqual([
      { toolResult: { toolUseId: 'a', content: [{ text: '[A pdf document, n, was here.]' }] } },
    ]);
  });

  it('are let be when this turn has such a file too, when it is another kind, or outside a thread', () => {
    expect(repair(thread([document], [document, hi]))).toBeUndefined();
    expect(repair(thread([document]), 'image')).toBeUndefined();
    const { history: _, ...alone } = thread([document]);
    expect(repair(alone)).toBeUndefined();
  });

  it('cost one attempt, and none when the thread goes on', async () => {
    const sandbox = await startSandbox();
    const rig = await rigOf(sandbox.url);
    try {
      const { catalog } = rig.deps;
      const id = 'openai.gpt-oss-20b-1:0';
      const { documents: _, ...features } = catalog.record(id).features;
      const unknowing = { ...catalog.record(id), features };
      Object.assign(rig.deps, { catalog: { ...catalog, record: () => unknowing } });
      const call = { request: thread([document, hi]), api: 'converse' } as const;

      const { attempts, warnings, planned } = answered(await rig.run(id, call));
      expect(attempts.map(({ error }) => error?.awsMessage)).toEqual([
        expect.stringContaining("doesn't support the document content block"),
        undefined,
      ]);
      expect(JSON.stringify(planned.prepared.request)).toContain('[A pdf document, n, was here.]');
      expect(warnings.join(' ')).toContain('The model refused documents');

      const before = sandbox.record.requests.length;
      answered(await rig.run(id, call));
      expect(modelCalls(sandbox, before)).toHaveLength(1);
    } finally {
      rig.close();
      await sandbox.close();
    }
  });
});
