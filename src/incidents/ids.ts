/** Ids by hash from what they are made of: the same events give the same ids on every machine, and a step that is run twice makes nothing twice. */
import { digestOf } from '../core/canonical-json.ts';

function hash(...parts: readonly (string | number)[]): string {
  return digestOf(parts).slice(0, 16);
}

/** Gives an incident's id. `opened` is the time of its opening, so that a fault that comes back later is another one. */
export function incidentId(cluster: string, route: string, key: string, opened: string): string {
  return `in-${hash('incident', cluster, route, key, opened)}`;
}

/** Gives the id of an incident's diagnosis; `tries` counts from 1. */
export function diagnosisId(incident: string, tries: number): string {
  return `dx-${hash('diagnosis', incident, tries)}`;
}

/** Gives a storm's id. */
export function stormId(cluster: string, route: string, since: string): string {
  return `st-${hash('storm', cluster, route, since)}`;
}
