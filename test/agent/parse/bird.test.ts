import { describe, expect, test } from 'vitest';
import { parseBird } from '../../../src/agent/parse/bird.ts';
import { fixture } from '../support/fixture.ts';

describe('BIRD 1.6, captured', () => {
  const answer = parseBird(fixture('bird-1.6-iso-long.txt'));

  test('says its version and is complete; device, kernel and direct are no sessions', () => {
    expect(answer).toMatchObject({ version: '1.6.8', complete: true, refused: undefined });
    expect(answer.sessions).toHaveLength(3);
  });

  test('a passive session: a date and a time are one "since", and there is no error', () => {
    expect(answer.sessions[0]).toEqual({
      name: 'Mesh_172_17_73_65',
      state: 'start',
      since: '2026-11-24 22:38:15',
      info: 'Passive',
      neighbour: '172.17.73.65',
    });
  });

  test('a session that cannot connect says why', () => {
    expect(answer.sessions[1]).toMatchObject({
      info: 'Connect',
      error: 'Socket: No route to host',
      neighbour: '192.0.9.1',
    });
    expect(answer.sessions[2]).toMatchObject({ info: 'Idle', error: 'BGP Error: Bad peer AS' });
  });

  test('with the short time format "since" is one word', () => {
    const short = parseBird(fixture('bird-1.6-short.txt'));
    expect(short.sessions.map(({ since, info }) => [since, info])).toEqual([
      ['22:38:23', 'Passive'],
      ['22:38:23', 'Connect'],
      [expect.stringMatching(/^22:38:2\d$/), 'Idle'],
    ]);
  });
});

test('BIRD 2, captured: sessions of both families, headings in capitals', () => {
  const answer = parseBird(fixture('bird-2.0.txt'));
  expect(answer).toMatchObject({ version: '2.0.12', complete: true });
  expect(answer.sessions).toEqual([
    {
      name: 'Mesh_172_17_73_65',
      state: 'start',
      since: '22:38:30.778',
      info: 'Passive',
      neighbour: '172.17.73.65',
    },
    {
      name: 'Mesh_192_0_9_1',
      state: 'start',
      since: '22:38:30.778',
      info: 'Connect',
      error: 'Socket: No route to host',
      neighbour: '192.0.9.1',
    },
    { name: 'Mesh_fd00_1__9', state: 'start', since: '22:38:30.778', info: 'Connect', neighbour: 'fd00:1::9' },
  ]);
});

describe("Calico's BIRD, by hand after the facts", () => {
  const text = [
    '0001 BIRD v0.3.3+birdv1.6.8 ready.',
    '2002-name     proto    table    state  since       info',
    '1002-kernel1  Kernel   master   up     2026-08-20',
    '1002-Mesh_172_17_73_66 BGP      master   up     07:11:05    Established   ',
    '1006-  Description:    Connection to BGP peer',
    '   BGP state:          Established',
    '     Neighbor address: 172.17.73.66',
    '     Source address:   172.17.73.65',
    '     Last error:       Received: Cease',
    '1002-Node_172_17_8_104 BGP   master   down   2016-11-21  Failed  Socket: error',
    '1002-Mesh_10_0_0_66 BGP      master   start  2020-05-21  Passive',
    '1006-  BGP state:          Passive',
    '     Neighbor address: 10.0.0.66%ens18',
    '     Last error:       Error: Neighbor lost',
    '0000 ',
    '',
  ].join('\n');
  const sessions = new Map(parseBird(text).sessions.map((session) => [session.name, session]));

  test('an established session has a source address, and its last error is history', () => {
    expect(sessions.get('Mesh_172_17_73_66')).toEqual({
      name: 'Mesh_172_17_73_66',
      state: 'up',
      since: '07:11:05',
      info: 'Established',
      neighbour: '172.17.73.66',
      sourceAddress: '172.17.73.65',
    });
  });

  test('the error of a row counts; where the row has none, the last error does', () => {
    expect(sessions.get('Node_172_17_8_104')).toMatchObject({ info: 'Failed', error: 'Socket: error' });
    expect(sessions.get('Mesh_10_0_0_66')).toMatchObject({ neighbour: '10.0.0.66', error: 'Error: Neighbor lost' });
  });

  test('an answer without its end is not complete, and a refusal is told', () => {
    expect(parseBird(text.replace('0000 \n', '')).complete).toBe(false);
    expect(parseBird('0001 BIRD 1.6.8 ready.\n8007 Access denied\n').refused).toBe('Access denied');
  });
});
