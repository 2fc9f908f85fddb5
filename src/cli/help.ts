/** Help that teaches by example. Imports nothing heavy: it must answer at once. */
import { FLAGS } from './arguments.ts';

const EXAMPLES = `kubewhy names the root cause of a Kubernetes problem, and proves it.

Ask
  kubewhy why-not-reachable 30080                      a NodePort
  kubewhy why-not-reachable ci/jenkins-svc:http        a Service and its port
  kubewhy why-not-reachable 30080 --from 203.0.113.9 --at k8smater1
  kubewhy diagnose node k8scephnode                    also pod, service, deployment, statefulset,
  kubewhy diagnose deploy shop/web                     daemonset, job, namespace, pvc, pv (short names too)
  kubewhy diagnose calico                              also: control plane, cluster
  kubewhy preflight                                    what is wrong already, before the next restart
Keep and judge again
  kubewhy why-not-reachable 30080 --save evidence.json
  kubewhy replay evidence.json                         the same evidence, the same answer, no cluster needed
Fix
  kubewhy fix diagnosis.json --plan                    the plan for its cause, from fresh evidence; changes nothing
  kubewhy fix diagnosis.json --approve                 its API steps with your own rights, then verified
  kubewhy keys ./kubewhy-keys                          keys for bot, worker and remediator
  kubewhy audit [FIX]                                  who asked for, approved and did what
  kubewhy audit verify --head 41:9f3c52ab61d7…         whether the log is whole, up to what a thread quotes
Look up
  kubewhy schema evidence|report|agent|fix             JSON Schema of each public format
  kubewhy completion bash|zsh|fish                     for your shell's start-up file
  kubewhy rights [REMEDIATION…]                        the remediator's role, for kubectl apply -f -
Run
  kubewhy bot | worker | all                           the Slack side (settings: .env.example); all: both in one process
  kubewhy remediator                                   carries out the fixes that were approved; off unless you start it
  kubewhy agent                                        on each node (kubewhy agent --once prints this machine's facts)
  kubewhy sandbox demo                                 everything simulated, on this machine
`;

const EXITS = `Exit codes
  0  no fault found on the way that was asked about
  1  cause found
  2  wrong usage or bad input
  3  inconclusive: evidence is missing, and the report says which
  4  the cluster could not be reached or refused the credentials
  (audit verify: 0 the log is whole, 1 it is not)
  (fix: 0 plan shown or fix verified, 1 refused or not verified, 3 not known)
`;

/** The whole help. */
export function helpText(): string {
  const rows = FLAGS.map((flag) => {
    const head = `${flag.letter === undefined ? '    ' : `-${flag.letter}, `}--${flag.name}${flag.value === undefined ? '' : ` ${flag.value}`}`;
    return `  ${head.padEnd(30)} ${flag.about}`;
  });
  return `${EXAMPLES}\nFlags\n${rows.join('\n')}\n\n${EXITS}`;
}

/** Subcommands that a person may type, for "did you mean" and completion. */
export const COMMANDS = [
  'why-not-reachable',
  'diagnose',
  'preflight',
  'replay',
  'fix',
  'schema',
  'completion',
  'rights',
  'keys',
  'audit',
  'bot',
  'worker',
  'all',
  'remediator',
  'agent',
  'sandbox',
  'help',
  'version',
] as const;
