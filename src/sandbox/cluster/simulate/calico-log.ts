/** The log of a calico-node container, from its start. */
import { hostOf } from './address.ts';
import type { SimNode } from './model.ts';
import type { World } from './world.ts';

/** Start-up lines with the address that was taken, then felix at work. */
export function calicoLog(world: World, node: SimNode): string {
  const { model } = world;
  const started = Date.parse(node.calicoStarted);
  const detection = world.detection(node);
  const lines: string[] = [];
  const at = (seconds: number, level: string, place: string, text: string): void => {
    const time = new Date(started + seconds * 1000).toISOString();
    lines.push(`${time.slice(0, 10)} ${time.slice(11, 23)} [${level}][10] ${place}: ${text}`);
  };
  at(0.0, 'INFO', 'startup.go 256', 'Early log level set to info');
  at(0.001, 'INFO', 'startup.go 272', 'Using NODENAME environment for node name');
  at(0.001, 'INFO', 'startup.go 284', `Determined node name: ${node.name}`);
  at(0.012, 'INFO', 'k8s.go 228', 'Using Calico IPAM');
  at(0.034, 'INFO', 'startup.go 316', 'Checking datastore connection');
  at(0.051, 'INFO', 'startup.go 340', 'Datastore connection verified');
  at(0.052, 'INFO', 'startup.go 95', 'Datastore is ready');
  const level = detection.cidr === undefined ? 'ERROR' : 'INFO';
  at(0.068, level, 'startup.go 530', detection.log);
  if (detection.cidr === undefined) {
    at(
      0.069,
      'WARNING',
      'startup.go 552',
      "Couldn't autodetect an IPv4 address. If auto-detecting, choose a different autodetection method. Otherwise provide an explicit address.",
    );
    at(0.07, 'WARNING', 'startup.go 1049', 'Terminating');
    return `${lines.join('\n')}\n`;
  }
  if (hostOf(detection.cidr) !== node.internalIp) {
    at(0.071, 'INFO', 'startup.go 630', 'Node IPv4 changed, will check for conflicts');
  }
  at(0.103, 'INFO', 'startup.go 215', `Using node name: ${node.name}`);
  lines.push('Calico node started successfully');
  at(
    1.2,
    'INFO',
    'daemon.go 115',
    `Felix starting up GOMAXPROCS=${node.cpu} builddate="" gitcommit="" version="v${(node.calicoNode ?? model.calico).version}"`,
  );
  at(2.4, 'INFO', 'int_dataplane.go 742', 'Started internal iptables dataplane driver loop');
  at(3.1, 'INFO', 'int_dataplane.go 1041', 'Completed first update to dataplane. secondsSinceStart=1.9');
  const now = Date.parse(model.now);
  for (let ago = 300; ago >= 60; ago -= 60) {
    at((now - ago * 1000 - started) / 1000, 'INFO', 'int_dataplane.go 1028', 'Applying dataplane updates took 1.6ms');
  }
  return `${lines.join('\n')}\n`;
}
