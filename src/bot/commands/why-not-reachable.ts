/** `why-not-reachable 30080`: why a port or a Service does not answer. */
import type { Command } from './command.ts';
import { questionPlan } from './question.ts';

export const whyNotReachable: Command = {
  name: 'why-not-reachable',
  aliases: ['why', 'reach'],
  summary: {
    en: 'Why a NodePort or Service does not answer, and the proof.',
    'zh-cn': '为什么某个 NodePort 或 Service 无法访问，并给出证据。',
  },
  usage: '<nodePort | [namespace/]service[:port]> [from <node|address>] [at <node|address>]',
  examples: [
    'why-not-reachable 30080',
    'why-not-reachable ci/jenkins-svc:http',
    'why-not-reachable 30080 from 203.0.113.9 at node-1',
  ],
  plan: (words, context) => questionPlan(['why-not-reachable', ...words], context),
};
