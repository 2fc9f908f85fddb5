/** A root message that Slack stored and did not confirm, where nobody may look: what stands there twice says so to the end. */
import { expect, test } from 'vitest';
import { finishedRoot, startStage, wholeThread } from '../support/stage.ts';

test('the second root message says that it may stand there twice, in its last state too', {
  timeout: 60_000,
}, async () => {
  const stage = await startStage();
  const { slack, alice, channel } = stage;
  try {
    slack.expect('missing_scope');
    slack.faults.next('chat.postMessage', { storeThenFail: true });
    await slack.asUser(alice.id).slash(channel, '/k8s', 'diagnose calico');
    const root = await finishedRoot(slack, channel);
    await wholeThread(slack, channel, root.ts);
    expect(slack.messages(channel)).toHaveLength(2);
    expect(slack.messages(channel)[1]?.ts).toBe(root.ts);
    const states = slack.edits(channel, root.ts).map((frame) => JSON.stringify(frame.blocks));
    expect(states.length).toBeGreaterThan(1);
    for (const state of states) expect(state).toContain('may stand here twice');
  } finally {
    await stage.close();
  }
});
