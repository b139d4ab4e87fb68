import { describe, expect, test } from 'vitest';
import { emptyDesk, evolve } from './desk.ts';
import { findCases } from './find-cases.ts';
import { allSteps, nextSteps } from './next-steps.ts';
import { boardOf, rowsOf } from './read-models.ts';
import { sampleEvents as events } from './sample-events.test-fixture.ts';

const desk = evolve(emptyDesk, events);

describe('the fold', () => {
  test('knows every case of the log, at its version', () => {
    expect(desk.cases.size).toBe(1434);
    expect(desk.eventCount).toBe(8577);
    expect(desk.position).toBe(8577);
    const versions = [...desk.cases.values()].map(({ last }) => last.version);
    expect(versions.reduce((sum, version) => sum + version, 0)).toBe(8577);
  });

  test('gives the same in one go as event by event, and changes nothing that it was given', () => {
    const beginning = evolve(emptyDesk, events.slice(0, 100));
    const kept = structuredClone(beginning);
    const atOnce = evolve(beginning, events.slice(100, 400));
    const oneByOne = events.slice(100, 400).reduce((state, event) => evolve(state, [event]), beginning);
    expect(oneByOne).toEqual(atOnce);
    expect(beginning).toEqual(kept);
  });

  test('puts each case into the stage that its steps lead to', () => {
    expect(boardOf(desk).byStage).toEqual({
      received: 116,
      checking: 15,
      sent: 7,
      weighing: 15,
      advice: 3,
      unlicensed: 5,
      decided: 1273,
    });
  });

  test('remembers the latest event of a case', () => {
    expect(desk.cases.get('Permit-case-11458')?.last).toMatchObject({ version: 6, globalPosition: 8577, type: 'T10 Determine necessity to stop indication' });
  });

  test('takes events whose data is nothing that it knows', () => {
    const strange = [null, 7, 'text', [], { case: 'no object' }, { case: { channel: 5 } }].map((data, i) => ({ ...events[0]!, streamId: { category: 'Other', id: String(i) }, data }));
    const after = evolve(emptyDesk, strange);
    expect(after.cases.size).toBe(strange.length);
    expect([...after.cases.values()].every(({ channel, responsible }) => channel === '' && responsible === '')).toBe(true);
  });

  test('removes a case that was deleted', () => {
    const [first] = events;
    const deleted = { ...first!, type: '$streamDeleted', version: 2, globalPosition: 2 };
    expect(evolve(evolve(emptyDesk, [first!]), [deleted]).cases.size).toBe(0);
  });
});

describe('the search', () => {
  test('finds cases by all words, in any part, whatever the case of the letters', () => {
    const bruteForce = events.filter(({ data }) => {
      const details = (data as { case?: { responsible: string; channel: string } }).case;
      return details?.responsible === 'Resource26' && details.channel === 'Internet';
    });
    expect(findCases(rowsOf(desk), { text: ' internet  RESOURCE26', stage: 'all' })).toHaveLength(bruteForce.length);
    expect(findCases(rowsOf(desk), { text: 'case-11458', stage: 'all' })).toHaveLength(1);
    expect(findCases(rowsOf(desk), { text: '', stage: 'advice' })).toHaveLength(3);
  });

  test('gives those with the latest activity first', () => {
    expect(findCases(rowsOf(desk), { text: '', stage: 'all' })[0]!.name).toBe('Permit-case-11458');
  });
});

describe('the next steps', () => {
  test('are those that most often followed, with their shares', () => {
    const steps = nextSteps(desk, ['Confirmation of receipt']);
    expect(steps.map(({ type }) => type)).toEqual(['T02 Check confirmation of receipt', 'T06 Determine necessity of stop advice']);
    expect(steps[0]!.share).toBeCloseTo(1079 / 1318);
  });

  test('leave out what the rules refuse the case', () => {
    const steps = ['Confirmation of receipt', 'T02 Check confirmation of receipt', 'T06 Determine necessity of stop advice', 'T10 Determine necessity to stop indication', 'T11 Create document X request unlicensed'];
    const next = (taken: readonly string[]): string[] => nextSteps(desk, taken).map(({ type }) => type);
    expect(next(steps)).toContain('T04 Determine confirmation of receipt');
    expect(next(steps.toSpliced(2, 0, 'T05 Print and send confirmation of receipt'))).toEqual(['T12 Check document X request unlicensed']);
  });

  test('are none after a step that nothing followed', () => {
    expect(nextSteps(desk, ['unheard of'])).toEqual([]);
    expect(nextSteps(emptyDesk, [])).toEqual([]);
  });

  test('are chosen from all steps but the first', () => {
    expect(allSteps(desk)).toHaveLength(26);
  });
});
