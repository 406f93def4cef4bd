import { describe, expect, it } from 'vitest';
import { fitPoints, withoutToolPoints } from '../../../src/inference/history/history-cache-points.ts';
import type { ContentBlock, InferenceRequest, Message } from '../../../src/messages/types.ts';

const user = (...content: ContentBlock[]): Message => ({ role: 'user', content });
const point = (ttl?: '5m' | '1h'): ContentBlock => ({
  cachePoint: { type: 'default', ...(ttl === undefined ? {} : { ttl }) },
});
const said = (...ttls: (undefined | '1h')[]) =>
  ttls.map((ttl, at) => user({ text: `turn ${at}` }, point(ttl)));
const asking = (...content: ContentBlock[]): InferenceRequest => ({
  messages: [user({ text: 'now' }, ...content)],
});
/** Numbers of the kept messages that still have their point. */
const left = (messages: readonly Message[]) =>
  messages.flatMap(({ content }, at) => (content.some((block) => 'cachePoint' in block) ? [at] : []));

describe('cache points of earlier turns', () => {
  it('stay as long as there is room for all', () => {
    const kept = said(undefined, undefined, undefined);
    expect(fitPoints(kept, asking(point()))).toBe(kept);
  });

  it('give way to those of this turn, of its tools and of the system text, the oldest first', () => {
    const kept = said(undefined, undefined, undefined, undefined);
    expect(left(fitPoints(kept, asking(point())))).toEqual([1, 2, 3]);
    const more = {
      ...asking(point()),
      system: [{ text: 's' }, { cachePoint: { type: 'default' as const } }],
      toolConfig: { tools: [{ cachePoint: { type: 'default' as const } }] },
    };
    expect(left(fitPoints(kept, more))).toEqual([3]);
  });

  it('all go when new ones are set by the switch', () => {
    expect(left(fitPoints(said(undefined, '1h'), { ...asking(), cache: {} }))).toEqual([]);
  });

  it('go where they live too short to stand before one of this turn', () => {
    expect(left(fitPoints(said(undefined, '1h', undefined), asking(point('1h'))))).toEqual([1]);
  });

  it('on tools are taken out with their block alone', () => {
    const tool = { toolSpec: { name: 'a', inputSchema: {} } };
    const toolConfig = { tools: [tool, { cachePoint: { type: 'default' as const } }] };
    expect(withoutToolPoints({ ...asking(), toolConfig }).toolConfig).toEqual({ tools: [tool] });
    const plain = { ...asking(), toolConfig: { tools: [tool] } };
    expect(withoutToolPoints(plain)).toBe(plain);
  });
});
