/** The types of Kubernetes objects as evidence keeps them, in one import for rules. */
export type { Condition, Endpoint, NodeObject, ServiceObject, ServicePort } from './cluster.ts';
export type { PersistentVolume, PersistentVolumeClaim, StorageClass } from './storage.ts';
export type { Container, ContainerProbe, ContainerStatus, EventObject, PodObject, Workload } from './workload.ts';
