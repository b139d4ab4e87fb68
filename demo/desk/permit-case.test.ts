import { handleCommand, openEventStore, everyNEvents, type EventData } from 'ermine';
import { memoryStorage } from 'ermine/memory';
import { given } from 'ermine/testing';
import { describe, expect, test } from 'vitest';
import { caseStateSchema, permitCase, type CaseCommand } from './permit-case.ts';
import { permitEvents, type PermitEvent, type PermitRequest, type PermitStep } from './permit-events.ts';
import { sampleEvents } from './sample-events.test-fixture.ts';

const work = { group: 'Group 1', instance: 'task-1' };
const request: PermitRequest = {
  startdate: '2010-10-01T00:00:00.020+02:00',
  responsible: 'Resource26',
  department: 'General',
  channel: 'Internet',
  deadline: '2010-11-26T00:00:00.000+01:00',
  enddatePlanned: '2010-11-26T00:00:00.010+01:00',
};
const received: EventData<PermitEvent> = { type: 'Confirmation of receipt', data: { ...work, transition: 'complete', case: request } };
const checked = taken('T02 Check confirmation of receipt');
const sent = taken('T05 Print and send confirmation of receipt');
const settled = [received, taken('T06 Determine necessity of stop advice'), taken('T10 Determine necessity to stop indication')];

function taken(type: PermitStep): EventData<PermitEvent> {
  return { type, data: { ...work, transition: 'complete' } } as EventData<PermitEvent>;
}

function take(step: string): CaseCommand {
  return { type: 'TakeStep', step, ...work };
}

describe('the rules of a case', () => {
  test('a confirmation of receipt opens it, once', async () => {
    await given(permitCase).when({ type: 'ConfirmReceipt', request, ...work }).thenEvents(received);
    await given(permitCase).when(take('T02 Check confirmation of receipt')).thenThrows(/no such case yet/);
    await given(permitCase, [received]).when({ type: 'ConfirmReceipt', request, ...work }).thenThrows(/open already/);
    await given(permitCase, [received]).when(take('Confirmation of receipt')).thenThrows(/confirmed once/);
  });

  test('the confirmation is checked, as often as needed, before it is sent, and then it is sent', async () => {
    await given(permitCase, [received, checked]).when(take('T02 Check confirmation of receipt')).thenEvents(checked);
    await given(permitCase, [received]).when(take('T05 Print and send confirmation of receipt')).thenThrows(/too early for that: first, the confirmation of receipt is checked \(T02\)/);
    await given(permitCase, [received, checked]).when(take('T05 Print and send confirmation of receipt')).thenEvents(sent);
    await given(permitCase, [received, checked, sent]).when(take('T03 Adjust confirmation of receipt')).thenThrows(/too late for that: the confirmation of receipt is printed and sent already \(T05\)/);
  });

  test('advice is weighed before the stop is settled, and never after', async () => {
    await given(permitCase, [received]).when(take('T10 Determine necessity to stop indication')).thenThrows(/too early.*T06/);
    await given(permitCase, settled).when(take('T07-1 Draft intern advice aspect 1')).thenThrows(/too late.*T10/);
  });

  test('a case goes the way of document X or that of report Y, not both', async () => {
    const document = 'T11 Create document X request unlicensed';
    const report = 'T16 Report reasons to hold request';
    await given(permitCase, settled).when(take(report)).thenEvents(taken(report));
    await given(permitCase, [...settled, taken(document)]).when(take(report)).thenThrows(/too late.*document X.*T11/);
    await given(permitCase, [...settled, taken(report)]).when(take(document)).thenThrows(/too late.*T16/);
  });

  test('a step that the desk does not know is taken as it is', async () => {
    const foreign = { type: 'Somebody else’s step', data: { ...work, transition: 'complete' } } as unknown as EventData<PermitEvent>;
    await given(permitCase, [foreign]).when(take('Somebody else’s step')).thenEvents(foreign);
  });
});

test('the whole log goes through the rules and the schemas without one refusal', async () => {
  const store = await openEventStore({ storage: memoryStorage(), events: permitEvents });
  const handle = handleCommand(store, permitCase, { snapshots: everyNEvents(8), reducerVersion: 1, stateSchema: caseStateSchema });
  for (const { streamId, type, data } of sampleEvents) {
    const { case: details, group, instance } = data as { case?: PermitRequest; group: string; instance: string };
    await handle(streamId, details ? { type: 'ConfirmReceipt', request: details, group, instance } : { type: 'TakeStep', step: type, group, instance });
  }
  const stored = [];
  for await (const { streamId, type, data } of store.readAll()) stored.push({ streamId, type, data });
  expect(stored).toEqual(sampleEvents.map(({ streamId, type, data }) => ({ streamId, type, data })));
  await store.close();
}, 30_000);

test('a step whose data is not what its schema says is refused before anything is written', async () => {
  const store = await openEventStore({ storage: memoryStorage(), events: permitEvents });
  const wrong = { type: 'T02 Check confirmation of receipt', data: { group: 'Group 1', instance: '', transition: 'complete' } } as const;
  await expect(store.appendToStream('Permit-1', 0, [wrong])).rejects.toMatchObject({ code: 'INVALID_EVENT', path: 'events[0].data.instance' });
  expect(await store.head()).toMatchObject({ position: 0 });
  await store.close();
});
