/** Probe: the sockets that listen inside one Pod's network namespace, read through one of the Pod's processes. */
import { HostError } from '../host.ts';
import { parseListening } from '../parse/proc-net.ts';
import { mapLimited, orMissing, orNothing, type Probe, readText } from '../probe.ts';
import { allPids, withProcesses } from '../socket-owners.ts';

const WIDTH = 16;

export const podListeners: Probe<'pod-listeners'> = {
  kind: 'pod-listeners',
  command: ({ namespace, name }) => `kubectl exec -n ${namespace} ${name} -- ss -lnt`,
  read: async (host, { podUid, namespace, name }, limits) => {
    const uid = podUid.toLowerCase();
    // The cgroupfs driver writes the uid with dashes, the systemd driver with underscores.
    const spellings = [uid, uid.replaceAll('-', '_')];
    const pids = await allPids(host);
    const cgroups = await mapLimited(pids, WIDTH, (pid) => orNothing(readText(host, `/proc/${pid}/cgroup`)));
    const inPod = pids.filter((_, at) => spellings.some((spelling) => cgroups[at]?.includes(spelling)));
    const [first] = inPod;
    if (first === undefined) {
      throw new HostError('not-found', `no process of Pod ${namespace}/${name} (uid ${podUid}) runs on this node`);
    }
    const v4 = await readText(host, `/proc/${first}/net/tcp`, limits.maxBytes);
    const v6 = await orMissing(readText(host, `/proc/${first}/net/tcp6`, limits.maxBytes));
    return withProcesses(host, [...parseListening(v4, 'tcp', 4), ...parseListening(v6 ?? '', 'tcp', 6)], inPod);
  },
};
