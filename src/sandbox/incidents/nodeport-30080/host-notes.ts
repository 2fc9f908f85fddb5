/** What the incident's text shows of a machine and the simulator does not make by itself. */
import type { HostRecordingInput } from '../../../agent/recording.ts';
import { CEPH_DOCKER } from './journal.ts';

/** Adds dockerd's lines to k8sCephNode's journal; other hosts pass unchanged. */
export function settleHost(host: HostRecordingInput): HostRecordingInput {
  if (host.node !== 'k8scephnode') return host;
  const stdout = CEPH_DOCKER.map((line) => {
    const entry = {
      __REALTIME_TIMESTAMP: `${Date.parse(line.time)}000`,
      _HOSTNAME: 'k8sCephNode',
      SYSLOG_IDENTIFIER: line.source,
      MESSAGE: line.text,
      PRIORITY: '6',
      _PID: String(line.pid),
      _SYSTEMD_UNIT: 'docker.service',
    };
    return `${JSON.stringify(entry)}\n`;
  }).join('');
  const commands = Object.entries(host.commands).map(([command, answer]): [string, typeof answer] =>
    /^journalctl --unit docker(\.service)? /.test(command) ? [command, { stdout }] : [command, answer],
  );
  return { ...host, commands: Object.fromEntries(commands) };
}
