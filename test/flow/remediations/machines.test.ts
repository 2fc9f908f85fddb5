/** Steps on machines by real agents, on living clusters: rightly, wrongly, after a boot, and taken back. */
import { afterEach, describe, expect, test } from 'vitest';
import { nodeRef } from '../../../src/core/object-ref.ts';
import type { GeneratedCluster } from '../../../src/sandbox/cluster/simulate/generate.ts';
import type { ClusterModel, SimNode } from '../../../src/sandbox/cluster/simulate/model.ts';
import { type LivingFix, rightsCompared, startLivingFix } from '../../support/living-fix.ts';
import { type Between, type Ended, fixOn, undoOn } from '../../support/living-fix-run.ts';
import { dead, modern, withNode, worldWith } from '../../support/living-worlds.ts';

let living: LivingFix;
afterEach(() => living.close());

interface Machine {
  readonly node: string;
  fix(rule: string, remediation: string, between?: Between, params?: Record<string, string | number>): Promise<Ended>;
  /** Rules of the causes that a diagnosis of the node names. */
  causes(): Promise<string[]>;
}

async function on(
  model: ClusterModel,
  node: string,
  { words = ['diagnose', 'node', node], real = false }: { words?: string[]; real?: boolean } = {},
): Promise<Machine> {
  living = await startLivingFix(model, real ? { agents: [node] } : { hasty: [node] });
  return {
    node,
    fix: (rule, remediation, between = {}, params = {}) =>
      fixOn(living, { words, rule, object: nodeRef(node), remediation, params }, between),
    causes: async () => (await living.ask(...words)).causes.map(({ rule }) => rule),
  };
}

/** A healthy cluster whose last node is changed. */
function changed(fits: (one: GeneratedCluster) => boolean, change: (node: SimNode) => SimNode): Promise<Machine> {
  const { model } = worldWith(null, fits, 3);
  const node = model.nodes.at(-1)?.name ?? '';
  return on(withNode(model, node, change), node);
}

const swapped = (source: NonNullable<SimNode['swap']>['source']): Promise<Machine> => {
  const made = worldWith('kubelet-swap-on', ({ model }) => model.nodes.some((node) => node.swap?.source === source));
  return on(made.model, made.expect.nodes[0] ?? '', { real: true });
};
const verified = (ended: Ended): void =>
  expect([ended.state, ended.why, ended.wrong]).toEqual(['verified', undefined, []]);
/** What of a machine a fix may change: swap, files, settings, and what runs. */
const stateOf = (name: string): unknown => {
  const { swap, files = {}, faults, runtimeDown = false } = living.node(name);
  const sysctls = files['/etc/sysctl.d/99-kubewhy.conf'] ?? '';
  const device = swap === undefined ? undefined : { active: swap.active, masked: swap.masked === true };
  return { device, fstab: living.file(name, '/etc/fstab'), sysctls, faults, runtimeDown };
};
const run = (node: string, program: string, ...args: string[]): void => {
  living.cluster.living.effect({ node, op: 'run', program, args });
};
const settled = (): Promise<void> => living.cluster.living.settled();
async function boot(node: string): Promise<void> {
  living.cluster.living.reboot(node);
  await settled();
}

describe('turn-swap-off and keep-swap-off', () => {
  test.each(['gpt-auto', 'fstab'] as const)(
    'swap of %s: off, kept off over a boot, and all taken back',
    async (source) => {
      const machine = await swapped(source);
      const start = stateOf(machine.node);
      const off = await machine.fix('kubelet-swap-on', 'turn-swap-off');
      verified(off);
      const between = stateOf(machine.node);
      const kept = await machine.fix('swap-returns-at-boot', 'keep-swap-off');
      verified(kept);
      await boot(machine.node);
      expect([living.node(machine.node).swap?.active, await machine.causes()]).toEqual([false, []]);
      verified(await undoOn(living, kept));
      expect(stateOf(machine.node)).toEqual(between);
      verified(await undoOn(living, off));
      expect(stateOf(machine.node)).toEqual(start);
    },
  );

  test('swap that is only off comes back at the next boot, and the cause with it', async () => {
    const machine = await swapped('gpt-auto');
    const ended = await machine.fix('kubelet-swap-on', 'turn-swap-off', { beforeVerify: () => boot(machine.node) });
    expect([ended.state, ended.why]).toEqual(['not-verified', 'fix.still-wrong']);
  });

  test('swap that is turned on again under a kubelet that starts again: it dies again, not verified', async () => {
    const machine = await swapped('gpt-auto');
    const device = living.node(machine.node).swap?.device ?? '';
    const afterLook = async (): Promise<void> => {
      run(machine.node, 'swapon', device);
      run(machine.node, 'systemctl', 'restart', 'kubelet');
      await settled();
    };
    const ended = await machine.fix('kubelet-swap-on', 'turn-swap-off', { afterLook });
    expect([ended.state, ended.why]).toEqual(['not-verified', 'fix.still-wrong']);
  });

  test('with another reason for kubelet to die: the node does not come back', async () => {
    const machine = await swapped('gpt-auto');
    living.cluster.living.edit((model) => withNode(model, machine.node, (node) => ({ ...node, runtimeDown: true })));
    await settled();
    const ended = await machine.fix('kubelet-swap-on', 'turn-swap-off');
    expect([ended.state, ended.why]).toEqual(['failed', 'fix.wait-node']);
  });

  test('keep-swap-off while swap is on, and of a unit that systemd cannot mask: no plan', async () => {
    const machine = await swapped('unit');
    expect(await machine.fix('kubelet-swap-on', 'keep-swap-off')).toMatchObject({ state: 'refused', why: 'swap-on' });
    verified(await machine.fix('kubelet-swap-on', 'turn-swap-off'));
    expect(await machine.fix('swap-returns-at-boot', 'keep-swap-off')).toMatchObject({
      state: 'refused',
      why: 'own-file',
    });
  });

  test('a fstab that somebody edits before it is applied: the line is not there, nothing is written', async () => {
    const machine = await swapped('fstab');
    verified(await machine.fix('kubelet-swap-on', 'turn-swap-off'));
    const content = '/dev/other none swap defaults 0 0\n';
    const beforeApply = (): void => {
      living.cluster.living.effect({ node: machine.node, op: 'write', path: '/etc/fstab', content, mode: 420 });
    };
    const ended = await machine.fix('swap-returns-at-boot', 'keep-swap-off', { beforeApply });
    expect([ended.state, ended.why]).toEqual(['void', 'fix.node-refused']);
    expect(living.node(machine.node).files?.['/etc/fstab']).toBe(content);
  });
});

describe('restart-kubelet', () => {
  const stopped = (node: SimNode): SimNode => ({ ...dead(node), kubelet: { ...dead(node).kubelet, state: 'stopped' } });

  test('a kubelet that was stopped runs again', async () => {
    const machine = await changed(modern, stopped);
    verified(await machine.fix('kubelet-stopped', 'restart-kubelet'));
  });

  test('one that dies at its start: the node does not come back', async () => {
    const machine = await changed(modern, (node) => ({ ...stopped(node), runtimeDown: true }));
    expect(await machine.fix('kubelet-stopped', 'restart-kubelet')).toMatchObject({
      state: 'failed',
      why: 'fix.node-failed',
    });
  });

  test('one that somebody stops again: not verified', async () => {
    const machine = await changed(modern, stopped);
    const beforeVerify = async (): Promise<void> => {
      run(machine.node, 'systemctl', 'stop', 'kubelet');
      await settled();
    };
    expect(await machine.fix('kubelet-stopped', 'restart-kubelet', { beforeVerify })).toMatchObject({
      state: 'not-verified',
    });
  });
});

describe('start-container-runtime', () => {
  const down = (node: SimNode): SimNode => ({ ...dead(node), runtimeDown: true });

  test('containerd runs again, and kubelet with it', async () => {
    const machine = await changed(modern, down);
    verified(await machine.fix('container-runtime-down', 'start-container-runtime'));
  });

  test('that stops once it has started: the node does not come back', async () => {
    const machine = await changed(modern, down);
    const beforeStep = (index: number): void => {
      if (index === 1) living.cluster.living.edit((model) => withNode(model, machine.node, down));
    };
    const ended = await machine.fix('container-runtime-down', 'start-container-runtime', { beforeStep });
    expect([ended.state, ended.why]).toEqual(['failed', 'fix.wait-node']);
  });
});

describe('remove-kubelet-flag', () => {
  const FLAGS = '/var/lib/kubelet/kubeadm-flags.env';
  const flags =
    (more: string) =>
    (node: SimNode): SimNode => ({
      ...dead(node),
      files: {
        [FLAGS]: `KUBELET_KUBEADM_ARGS="--node-ip=10.0.0.1 --network-plugin=cni"\n`,
        ...(more === '' ? {} : { '/etc/sysconfig/kubelet': more }),
      },
    });

  test('the flag goes, every other one stays', async () => {
    const machine = await changed(modern, flags(''));
    verified(await machine.fix('kubelet-removed-flag', 'remove-kubelet-flag'));
    expect(living.node(machine.node).files?.[FLAGS]).toBe('KUBELET_KUBEADM_ARGS="--node-ip=10.0.0.1"\n');
  });

  test('that stands in a file of another distribution too: kubelet dies of it again', async () => {
    const machine = await changed(modern, flags('KUBELET_EXTRA_ARGS=--network-plugin=cni\n'));
    const ended = await machine.fix('kubelet-removed-flag', 'remove-kubelet-flag');
    expect([ended.state, ended.why]).toEqual(['failed', 'fix.node-failed']);
  });
});

describe('start-kube-proxy', () => {
  const unit = (node: SimNode): SimNode => ({ ...node, kubeProxyUnit: true, faults: { kubeProxyDown: true } });
  const start = async (): Promise<Machine> => {
    const made = worldWith('kube-proxy-down', modern);
    const node = made.expect.nodes[0] ?? '';
    const pods = made.model.pods.filter((pod) => pod.role !== 'kube-proxy' || pod.node !== node);
    return on(withNode({ ...made.model, pods }, node, unit), node, { words: [...made.words] });
  };

  test('a unit that was stopped', async () => {
    const machine = await start();
    verified(await machine.fix('kube-proxy-down', 'start-kube-proxy'));
  });

  test('that stops again: not verified', async () => {
    const machine = await start();
    const beforeVerify = async (): Promise<void> => {
      living.cluster.living.edit((model) => withNode(model, machine.node, unit));
      await settled();
    };
    expect(await machine.fix('kube-proxy-down', 'start-kube-proxy', { beforeVerify })).toMatchObject({
      state: 'not-verified',
    });
  });
});

describe('set-sysctl', () => {
  const FORWARD = { name: 'net.ipv4.ip_forward', value: 1 };
  const start = (): Promise<Machine> => {
    const made = worldWith('ip-forward-off');
    return on(made.model, made.expect.nodes[0] ?? '', { words: [...made.words], real: true });
  };

  test('forwarding on, also after a boot; and taken back', async () => {
    const machine = await start();
    const before = stateOf(machine.node);
    const done = await machine.fix('ip-forward-off', 'set-sysctl', {}, FORWARD);
    verified(done);
    await boot(machine.node);
    expect(await machine.causes()).toEqual([]);
    verified(await undoOn(living, done));
    expect(stateOf(machine.node)).toEqual(before);
  });

  test('that something switches off again: not verified', async () => {
    const machine = await start();
    const afterLook = (): void => {
      const path = '/proc/sys/net/ipv4/ip_forward';
      living.cluster.living.effect({ node: machine.node, op: 'write', path, content: '0\n', mode: 420 });
    };
    expect(await machine.fix('ip-forward-off', 'set-sysctl', { afterLook }, FORWARD)).toMatchObject({
      state: 'not-verified',
    });
  });
});

test('the rights that are declared are those that are used', () => {
  for (const id of [
    'keep-swap-off',
    'remove-kubelet-flag',
    'restart-kubelet',
    'set-sysctl',
    'start-container-runtime',
    'start-kube-proxy',
    'turn-swap-off',
  ])
    expect.soft([id, rightsCompared(id)]).toEqual([id, { unused: [], undeclared: [] }]);
});
