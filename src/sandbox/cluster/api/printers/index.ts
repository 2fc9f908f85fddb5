/** Which printer a kind has. */
import { eventPrinter } from './event.ts';
import {
  endpointSlicePrinter,
  endpointsPrinter,
  ingressPrinter,
  networkPolicyPrinter,
  servicePrinter,
} from './network.ts';
import { nodePrinter } from './node.ts';
import { podPrinter } from './pod.ts';
import type { Printer } from './printer.ts';
import * as small from './small.ts';
import { claimPrinter, storageClassPrinter, volumePrinter } from './storage.ts';
import * as workloads from './workloads.ts';

type PrinterOfVersion = Printer | ((minor: number) => Printer);

const PRINTERS: Record<string, PrinterOfVersion> = {
  '/ComponentStatus': small.componentStatusPrinter,
  '/ConfigMap': small.configMapPrinter,
  '/Endpoints': endpointsPrinter,
  '/Event': eventPrinter,
  '/Namespace': small.namespacePrinter,
  '/Node': nodePrinter,
  '/PersistentVolume': volumePrinter,
  '/PersistentVolumeClaim': claimPrinter,
  '/Pod': podPrinter,
  '/ReplicationController': workloads.replicationControllerPrinter,
  '/Secret': small.secretPrinter,
  '/Service': servicePrinter,
  '/ServiceAccount': small.serviceAccountPrinter,
  'apiextensions.k8s.io/CustomResourceDefinition': small.definitionPrinter,
  'apps/DaemonSet': workloads.daemonSetPrinter,
  'apps/Deployment': workloads.deploymentPrinter,
  'apps/ReplicaSet': workloads.replicaSetPrinter,
  'apps/StatefulSet': workloads.statefulSetPrinter,
  'batch/CronJob': workloads.cronJobPrinter,
  'batch/Job': workloads.jobPrinter,
  'certificates.k8s.io/CertificateSigningRequest': small.signingRequestPrinter,
  'coordination.k8s.io/Lease': small.leasePrinter,
  'discovery.k8s.io/EndpointSlice': endpointSlicePrinter,
  'events.k8s.io/Event': eventPrinter,
  'extensions/Ingress': ingressPrinter,
  'networking.k8s.io/Ingress': ingressPrinter,
  'networking.k8s.io/NetworkPolicy': networkPolicyPrinter,
  'policy/PodDisruptionBudget': small.budgetPrinter,
  'scheduling.k8s.io/PriorityClass': small.priorityClassPrinter,
  'storage.k8s.io/StorageClass': storageClassPrinter,
};

/** The printer of a built-in kind on a server of this minor version; Name and Age where there is none. */
export function printerFor(group: string, kind: string, minor: number): Printer {
  const found = PRINTERS[`${group}/${kind}`] ?? small.genericPrinter;
  return typeof found === 'function' ? found(minor) : found;
}
