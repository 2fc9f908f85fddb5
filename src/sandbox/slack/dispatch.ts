/** Sends commands, interactions and events to the app over a transport, with deadlines, retries and the record of both. */
import { startTimer } from './clock.ts';
import type { Delivery, Envelope, Failure, Transport } from './transport.ts';
import type { DispatchOutcome, Json } from './types.ts';
import type { Dispatcher, EnvelopeType, World } from './world.ts';

const REASONS: Record<Failure, string> = {
  timeout: 'http_timeout',
  'no-connection': 'connection_failed',
  'connection-lost': 'connection_failed',
  'http-error': 'http_error',
};

/** The dispatcher as the workspace holds it. */
export interface DispatchHub extends Dispatcher {
  /** Sends the last envelope once more, the same id and payload; an event counts it as a retry. */
  redeliverLast(): Promise<Delivery>;
  /** Resolves once nothing is under way. */
  close(): void;
}

/** Makes the dispatcher; `transport` gives the way in use. `retryDelays` are the waits before the retries of an event, in milliseconds. */
export function makeDispatcher(world: World, transport: () => Transport, retryDelays: readonly number[]): DispatchHub {
  let last: Envelope | undefined;
  let closed = false;
  const timers = new Set<() => void>();

  const nameOf = (envelope: Envelope): string => {
    const event = envelope.payload['event'] as Json | undefined;
    const names = [event?.['type'], envelope.payload['type'], envelope.payload['command']];
    return names.find((n) => typeof n === 'string') ?? envelope.type;
  };

  const deliver = async (envelope: Envelope): Promise<Delivery> => {
    last = envelope;
    const name = nameOf(envelope);
    world.ledger.add({ kind: 'dispatch', name, id: envelope.id, detail: envelope });
    const result = await transport().deliver(envelope, world.ackDeadlineMs);
    if (result.acked)
      world.ledger.add({ kind: 'ack', name, id: envelope.id, ok: true, ackMs: result.ackMs, detail: result.body });
    else world.ledger.add({ kind: 'ack', name, id: envelope.id, ok: false, error: result.failure });
    return result;
  };

  const retryLater = (envelope: Envelope, num: number, failure: Failure): void => {
    const delay = retryDelays[num - 1];
    if (closed || delay === undefined) return;
    const cancel = startTimer(world.clock, delay, () => {
      timers.delete(cancel);
      attempt({ ...envelope, retry: { num, reason: REASONS[failure] } });
    });
    timers.add(cancel);
  };

  const attempt = (envelope: Envelope): void => {
    void deliver(envelope).then((result) => {
      if (!result.acked && result.noRetry !== true)
        retryLater(envelope, (envelope.retry?.num ?? 0) + 1, result.failure);
    });
  };

  return {
    async send(type: EnvelopeType, payload): Promise<DispatchOutcome> {
      const envelope: Envelope = { id: world.ids.uuid(), type, payload };
      const result = await deliver(envelope);
      if (result.acked) return { ackMs: result.ackMs, ...(result.body === undefined ? {} : { body: result.body }) };
      const visibleError = result.failure === 'timeout' ? 'operation_timeout' : 'dispatch_failed';
      world.ledger.add({ kind: 'visible-error', name: nameOf(envelope), id: envelope.id, error: visibleError });
      return { visibleError };
    },
    event(payload) {
      if (!closed) attempt({ id: world.ids.uuid(), type: 'events_api', payload });
    },
    redeliverLast() {
      if (!last) throw new Error('Nothing was sent to the app yet, so nothing can be sent again.');
      const again =
        last.type === 'events_api'
          ? { ...last, retry: { num: (last.retry?.num ?? 0) + 1, reason: 'http_timeout' } }
          : last;
      return deliver(again);
    },
    close() {
      closed = true;
      for (const cancel of timers) cancel();
      timers.clear();
    },
  };
}
