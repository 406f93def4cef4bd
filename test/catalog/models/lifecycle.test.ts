import { beforeAll, describe, expect, it } from 'vitest';
import { type Catalog, loadCatalog } from '../../../src/catalog/models/catalog.ts';
import { lifecycleOn, successorOf } from '../../../src/catalog/models/lifecycle.ts';

const TODAY = '2026-11-21';
let catalog: Catalog;
beforeAll(async () => {
  catalog = await loadCatalog();
});

describe('lifecycleOn', () => {
  it.each([
    ['anthropic.claude-haiku-4-5-20251001-v1:0', TODAY, 'active'],
    ['amazon.nova-premier-v1:0', '2026-03-12', 'active'],
    ['amazon.nova-premier-v1:0', '2026-03-13', 'legacy'],
    ['amazon.nova-premier-v1:0', '2026-09-13', 'legacy'],
    ['amazon.nova-premier-v1:0', '2026-09-14', 'end-of-life'],
    ['anthropic.claude-opus-4-1-20250805-v1:0', TODAY, 'legacy'],
    ['anthropic.claude-opus-4-1-20250805-v1:0', '2027-01-08T00:00:00Z', 'end-of-life'],
    ['ai21.jamba-1-5-mini-v1:0', '2026-11-26', 'end-of-life'],
    ['meta.llama3-1-405b-instruct-v1:0', TODAY, 'end-of-life'],
    ['anthropic.claude-v2', TODAY, 'unlisted'],
    ['anthropic.claude-3-haiku-20240307-v1:0', '2026-09-09', 'active'],
    ['anthropic.claude-3-haiku-20240307-v1:0', TODAY, 'legacy'],
  ])('%s on %s is %s', (id, date, status) => {
    const record = catalog.record(id);
    expect(lifecycleOn(record, date).status).toBe(status);
  });

  it('says when, and what to use instead', () => {
    expect(lifecycleOn(catalog.record('anthropic.claude-opus-4-1-20250805-v1:0'), TODAY).message).toBe(
      'Claude Opus 4.1 is legacy since 2026-07-08 and reaches its end of life on 2027-01-08. Use anthropic.claude-opus-4-5-20251101-v1:0 instead.',
    );
    expect(lifecycleOn(catalog.record('amazon.nova-premier-v1:0'), TODAY).message).toBe(
      'Nova Premier reached its end of life on 2026-09-14. Use amazon.nova-pro-v1:0 instead.',
    );
    expect(lifecycleOn(catalog.record('amazon.nova-lite-v1:0'), TODAY)).toEqual({ status: 'active' });
    expect(lifecycleOn(catalog.record('newco.thinker-1'), TODAY)).toEqual({ status: 'unknown' });
  });

  it('tells a model that only some Regions retired by the Region', () => {
    const sonnet = catalog.record('anthropic.claude-3-5-sonnet-20241022-v2:0');
    expect(sonnet.lifecycle).toMatchObject({
      status: 'end-of-life',
      regional: true,
      endOfLifeDate: '2026-07-30',
    });
    expect(lifecycleOn(sonnet, TODAY, 'us-east-1')).toMatchObject({ status: 'end-of-life' });
    expect(lifecycleOn(sonnet, TODAY, 'ap-southeast-2')).toMatchObject({ status: 'legacy' });
    expect(lifecycleOn(sonnet, TODAY).message).toContain('in most Regions');
  });
});

describe('successors', () => {
  it('names a living, callable successor of the same kind for every retiring text, embedding and image model', () => {
    const missing: string[] = [];
    for (const model of catalog.models) {
      const { status } = lifecycleOn(model, TODAY);
      if (status === 'active' || !['text', 'embedding', 'image'].includes(model.kind)) {
        continue;
      }
      const successor = catalog.get(model.lifecycle.successor ?? '');
      const callable = successor?.apis.converse === true || successor?.apis.invoke === true;
      if (successor === undefined || !callable || successor.kind !== model.kind) {
        missing.push(model.id);
      } else {
        expect(lifecycleOn(successor, TODAY).status, model.id).toBe('active');
      }
    }
    expect(missing).toEqual([]);
  });

  it('names none for living models', () => {
    const named = catalog.models.filter(
      ({ lifecycle }) => lifecycle.status === 'active' && lifecycle.successor,
    );
    expect(named.map(({ id }) => id)).toEqual([]);
  });

  it('knows old IDs that the catalogue does not hold', () => {
    expect(successorOf('anthropic.claude-instant-v1:2')).toBe('anthropic.claude-haiku-4-5-20251001-v1:0');
    expect(successorOf('__proto__')).toBeUndefined();
  });
});
