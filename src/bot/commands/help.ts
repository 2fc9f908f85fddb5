/** `help`: made from the commands themselves. */
import { nearest } from '../../core/nearest.ts';
import { TEXTS } from '../texts.ts';
import type { Command, PlanContext } from './command.ts';

/** Makes the command that explains the others. `all` is asked late: help is one of them. */
export function helpOf(all: () => readonly Command[]): Command {
  return {
    name: 'help',
    aliases: ['?', '-h', '--help'],
    summary: { en: 'This list; with a name, more about one command.', 'zh-cn': '本列表；加命令名可查看详情。' },
    usage: '[command]',
    examples: ['help', 'help diagnose'],
    plan(words, context) {
      const [wanted] = words;
      const commands = all();
      const names = commands.flatMap((command) => [command.name, ...command.aliases]);
      const near = wanted === undefined ? undefined : nearest(wanted, names, 1)[0];
      const one = commands.find((command) => command.name === near || command.aliases.includes(near ?? ''));
      return { ack: one === undefined ? overview(commands, context) : details(one, context) };
    },
  };
}

function overview(commands: readonly Command[], context: PlanContext): string {
  const { settings, language, botUserId } = context;
  const texts = TEXTS[language];
  const lines = commands.map((command) => `• \`${typed(command, settings.command)}\`\n   ${command.summary[language]}`);
  const clusters = settings.clusters.length > 1 ? [texts.clusters(settings.clusters.join(', '))] : [];
  return [...lines, texts.helpIntro(`<@${botUserId}>`), ...clusters].join('\n');
}

function details(command: Command, { settings, language }: PlanContext): string {
  const examples = command.examples.map((example) => `• \`${settings.command} ${example}\``);
  return [`\`${typed(command, settings.command)}\``, command.summary[language], ...examples].join('\n');
}

/** `<` and `>` of a usage line are escaped: Slack would read them as links. */
function typed(command: Command, slash: string): string {
  const usage = command.usage === '' ? '' : ` ${command.usage}`;
  return `${slash} ${command.name}${usage}`.replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
