import { expect, it } from 'vitest';
import { createComparisonBoard } from '../../../src/calls/compare/progress.ts';

const asked = ['nova-lite', 'nova-pro'].map((name) => ({ name, model: name }));

it('the board shows finished answers to readers, and keeps growing ones for a process that is killed', () => {
  const board = createComparisonBoard(asked, undefined, () => undefined);
  board.deltaOf(0)({ type: 'text', index: 0, text: 'half of' });
  expect(board.text()).toBe('Asked: nova-lite, nova-pro.');
  expect(board.soFar()).toBe('Asked: nova-lite, nova-pro.\n\n## nova-lite (incomplete)\nhalf of');
});
