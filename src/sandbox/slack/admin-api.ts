/** The loopback admin API (`/_kubewhy/…`): lets another process drive the workspace and read what stands in it. */
import type { ServerResponse } from 'node:http';
import { z } from 'zod';
import type { AdminHandler } from './server.ts';
import type { SlackWorkspace } from './workspace-types.ts';

const name = z.string().min(1).max(80);
const id = z.string().min(1).max(64);
const text = z.string().max(40_000);

const COMMANDS = z.discriminatedUnion('do', [
  z.object({
    do: z.literal('add-user'),
    name,
    locale: name.optional(),
    kind: z.enum(['member', 'guest', 'external']).optional(),
  }),
  z.object({
    do: z.literal('add-channel'),
    name,
    members: z.array(id).max(1000),
    kind: z.enum(['public', 'private']).optional(),
  }),
  z.object({ do: z.literal('slash'), user: id, channel: id, command: name, text }),
  z.object({ do: z.literal('click'), user: id, channel: id, ts: id, action: z.string().min(1).max(255) }),
  z.object({ do: z.literal('mention'), user: id, channel: id, text, threadTs: id.optional() }),
  z.object({ do: z.literal('messages'), channel: id }),
  z.object({ do: z.literal('thread'), channel: id, ts: id }),
  z.object({ do: z.literal('ephemerals'), user: id }),
  z.object({ do: z.literal('check') }),
]);

type Command = z.infer<typeof COMMANDS>;

function defined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, v]) => v !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}

function obey(w: SlackWorkspace, command: Command): unknown {
  switch (command.do) {
    case 'add-user':
      return w.addUser(defined({ name: command.name, locale: command.locale, kind: command.kind }));
    case 'add-channel':
      return w.addChannel(defined({ name: command.name, members: command.members, kind: command.kind }));
    case 'slash':
      return w.asUser(command.user).slash(command.channel, command.command, command.text);
    case 'click':
      return w.asUser(command.user).click(command.channel, command.ts, command.action);
    case 'mention':
      return w.asUser(command.user).mention(command.channel, command.text, command.threadTs);
    case 'messages':
      return w.messages(command.channel);
    case 'thread':
      return w.thread(command.channel, command.ts);
    case 'ephemerals':
      return w.ephemerals(command.user);
    case 'check':
      return w.checkInvariants();
  }
}

function answer(res: ServerResponse, status: number, body: unknown): void {
  res.writeHead(status, { 'content-type': 'application/json; charset=utf-8' });
  res.end(JSON.stringify(body));
}

/** Handles `POST /_kubewhy/run` with one command as JSON; answers `{result}` or status 400 with `{error}`. */
export function makeAdmin(workspace: () => SlackWorkspace): AdminHandler {
  return async (path, body, res) => {
    if (path !== 'run') {
      answer(res, 404, { error: `No admin call "${path}"; post a command to /_kubewhy/run.` });
      return;
    }
    try {
      const command = COMMANDS.parse(JSON.parse(body.toString('utf8')));
      answer(res, 200, { result: (await obey(workspace(), command)) ?? null });
    } catch (error) {
      const said =
        error instanceof z.ZodError ? z.prettifyError(error) : error instanceof Error ? error.message : String(error);
      answer(res, 400, { error: said });
    }
  };
}
