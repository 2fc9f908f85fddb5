import { describe, expect, it } from 'vitest';
import { nodeRef } from '../../../src/core/object-ref.ts';
import { containerRuntimeDown } from '../../../src/rules/node/container-runtime-down.ts';
import { said, unknown } from '../../support/evidence.ts';
import {
  attempt,
  cluster,
  DIAGNOSE_N1,
  journal,
  LOOPING,
  node,
  RUNNING,
  SWAP_FATAL,
  silent,
  unit,
  units,
} from './kit.ts';

const FAILED = { activeState: 'failed', subState: 'failed', result: 'exit-code' };
const CRI =
  'E0110 run.go:74] "command failed" err="failed to run Kubelet: validate service connection: validate CRI v1 runtime API for endpoint \\"unix:///run/containerd/containerd.sock\\": rpc error: code = Unavailable desc = connection error: desc = \\"transport: Error while dialing: dial unix /run/containerd/containerd.sock: connect: no such file or directory\\""';
const DOCKER =
  'F0526 05:33:01.9 88 server.go:274] failed to run Kubelet: failed to get docker version: Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?';
const OLD =
  'E0110 run.go:74] "command failed" err="failed to run Kubelet: unable to determine runtime API version: rpc error: code = Unavailable desc = connection error: dial unix: missing address: connect: connection refused"';
const say = (...items: Parameters<typeof said>[2]) => said(containerRuntimeDown, DIAGNOSE_N1, items);
const loop = (...others: ReturnType<typeof unit>[]) => units('n1', unit('kubelet.service', LOOPING), ...others);

describe('container-runtime-down', () => {
  it.each([
    ['containerd', 'containerd://1.7.2', 'containerd.service', CRI],
    ['docker', 'docker://18.9.7', 'docker.service', DOCKER],
    ['cri-o, in the words of v1.24', 'cri-o://1.24.1', 'crio.service', OLD],
  ])('finds %s down, by kubelet’s last line and by systemd', (_, runtime, name, line) => {
    const sick = { ...silent('n1'), containerRuntime: runtime };
    expect(say(...cluster(sick), loop(unit(name, FAILED)), journal('n1', ...attempt(line)))).toEqual([
      'finding found Node/n1',
    ]);
  });

  it('finds it by systemd alone where there is no journal', () => {
    expect(say(...cluster(silent('n1')), loop(unit('containerd.service', FAILED)))).toEqual(['finding found Node/n1']);
  });

  it('finds it by the word of a kubelet that runs', () => {
    const sick = node('n1', { status: 'False', message: 'container runtime is down' });
    expect(say(...cluster(sick))).toEqual(['finding no-answer Node/n1']);
  });

  it('suspects the socket where the runtime runs and kubelet gets no answer', () => {
    expect(
      say(...cluster(silent('n1')), loop(unit('containerd.service', RUNNING)), journal('n1', ...attempt(CRI))),
    ).toEqual(['finding wrong-socket Node/n1 (likely)']);
  });

  it('without systemd’s word the line is only likely', () => {
    const items = [...cluster(silent('n1')), unknown('node-units', nodeRef('n1')), journal('n1', ...attempt(CRI))];
    expect(say(...items)).toEqual(['finding no-answer Node/n1 (likely)']);
  });

  it.each([
    [
      'another fatal line, whatever the runtime does',
      [...cluster(silent('n1')), loop(unit('containerd.service', FAILED)), journal('n1', ...attempt(SWAP_FATAL))],
    ],
    ['a runtime that runs', [...cluster(silent('n1')), loop(unit('containerd.service', RUNNING))]],
    [
      'another runtime that is installed and not used',
      [...cluster(silent('n1')), loop(unit('containerd.service', RUNNING), unit('docker.service', FAILED))],
    ],
    ['a ready node', [...cluster(node('n1')), units('n1', unit('containerd.service', FAILED))]],
    [
      'a node whose own word is about something else',
      cluster(node('n1', { status: 'False', message: 'PLEG is not healthy' })),
    ],
  ])('is silent about %s', (_, items) => {
    expect(say(...items)).toEqual([]);
  });
});
