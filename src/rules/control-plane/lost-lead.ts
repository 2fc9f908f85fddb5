/** Leaders that gave up because etcd did not answer in time say so in their last words: then etcd is the reason. */
import type { Facts } from '../../core/facts.ts';
import type { Finding } from '../../core/finding.ts';
import type { Link } from '../../core/rule.ts';
import { podRef } from '../model/target.ts';
import { controlPlanePods, membersOf } from './members.ts';

const WORDS = /leaderelection lost|failed to (renew|update) lease|error retrieving resource lock|etcdserver: /i;

const saidSo: Link = {
  when: (_: Finding, theirs: Finding, facts: Facts) => {
    const pods = controlPlanePods(facts);
    if (theirs.text !== 'down' || !pods.known) return false;
    return membersOf(pods.value.pods, theirs.object.name).some((pod) => {
      const log = facts.get('pod-log', podRef(pod), theirs.object.name);
      return log.known && WORDS.test(log.value.lines.slice(-20).join('\n'));
    });
  },
};

/** What trouble of etcd explains of the two components that elect a leader. */
export const LOST_LEAD: Readonly<Record<string, Link>> = {
  'controller-manager-down': saidSo,
  'scheduler-down': saidSo,
};
