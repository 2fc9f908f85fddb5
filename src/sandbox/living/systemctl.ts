/** systemctl on a simulated machine: units of swap, kubelet and its companions, as far as an agent asks for them. */
import { runtimeUnit, swapUnit } from '../cluster/simulate/host-system.ts';
import type { SimNode, SimSwap } from '../cluster/simulate/model.ts';
import type { EffectAnswer } from './effects.ts';
import { hostChanged, startKubelet, stopKubelet } from './kubelet.ts';
import { editNode, type Life } from './life.ts';

const done = (stdout = ''): EffectAnswer => ({ code: 0, stdout, stderr: '' });
const failed = (stderr: string, code = 1): EffectAnswer => ({ code, stdout: '', stderr: `${stderr}\n` });

/** Runs one command. */
export function runSystemctl(life: Life, node: SimNode, args: readonly string[]): EffectAnswer {
  const [verb = '', ...rest] = args;
  const [unit = ''] = rest.filter((word) => !word.startsWith('-'));
  if (verb === 'daemon-reload') return reload(life, node);
  if (verb === 'reset-failed') return done();
  if (unit.endsWith('.swap')) return swapVerb(life, node, verb, unit);
  const name = unit.endsWith('.service') ? unit : `${unit}.service`;
  if (name === 'kubelet.service') return kubeletVerb(life, node, verb);
  if (name === `${runtimeUnit(node)}.service`) return serviceVerb(life, node, verb, { runtimeDown: false });
  if (name === 'kube-proxy.service' && node.kubeProxyUnit === true) {
    return serviceVerb(life, node, verb, { faults: { ...node.faults, kubeProxyDown: false, proxyFlushed: false } });
  }
  return failed(`Failed to ${verb} ${unit}: Unit ${unit} not found.`, 5);
}

/** A unit that is started by changing what is wrong with the node; kubelet tries again by itself. */
function serviceVerb(life: Life, node: SimNode, verb: string, started: Partial<SimNode>): EffectAnswer {
  if (verb !== 'start' && verb !== 'restart') return failed(`Unknown operation ${verb}.`);
  editNode(life, node.name, (one) => ({ ...one, ...started }));
  hostChanged(life, node.name);
  return done();
}

function kubeletVerb(life: Life, node: SimNode, verb: string): EffectAnswer {
  const running = node.kubelet.state === 'running';
  switch (verb) {
    case 'restart':
      startKubelet(life, node.name);
      return done();
    case 'start':
      if (!running) startKubelet(life, node.name);
      return done();
    case 'stop':
      stopKubelet(life, node.name);
      return done();
    case 'is-active': {
      const state = running ? 'active' : node.kubelet.state === 'stopped' ? 'inactive' : 'activating';
      return { code: running ? 0 : 3, stdout: `${state}\n`, stderr: '' };
    }
    default:
      return failed(`Unknown operation ${verb}.`);
  }
}

function swapVerb(life: Life, node: SimNode, verb: string, unit: string): EffectAnswer {
  const { swap } = node;
  if (swap === undefined || swapUnit(swap) !== unit) {
    return failed(`Failed to ${verb} unit: Unit file ${unit} does not exist.`);
  }
  const set = (change: Partial<SimSwap>): EffectAnswer => {
    editNode(life, node.name, (one) => ({ ...one, swap: { ...swap, ...change } }));
    return done();
  };
  if (verb === 'mask' && swap.source === 'unit') {
    // A link to /dev/null cannot take the place of the unit's own file.
    return failed(`Failed to mask unit: File /etc/systemd/system/${unit} already exists.`);
  }
  if (verb === 'mask') return set({ masked: true });
  if (verb === 'unmask') return set({ masked: false });
  return failed(`Unknown operation ${verb}.`);
}

/** systemd reads units and fstab again; what no generator makes any more is gone. */
function reload(life: Life, node: SimNode): EffectAnswer {
  const { swap } = node;
  if (swap?.source === 'fstab') {
    const unitGone = !fstabTurnsOn(node, swap);
    editNode(life, node.name, (one) => ({ ...one, swap: { ...swap, unitGone } }));
  }
  return done();
}

/** Whether a line of fstab turns this device on at boot. */
export function fstabTurnsOn(node: SimNode, swap: SimSwap): boolean {
  const lines = node.files?.['/etc/fstab']?.split('\n') ?? swap.fstab;
  return lines.some((line) => {
    const [device, , type, options = ''] = line.trim().split(/\s+/);
    return type === 'swap' && device === swap.device && !options.split(',').includes('noauto');
  });
}
