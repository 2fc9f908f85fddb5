/** Commands that agents name for their facts: people copy them into root shells, and a node that was broken into would name its own. */

/** Each part of a command that only reads. */
const PARTS: readonly RegExp[] = [
  /^(?:ss|cat|ls|df|stat|uptime|grep|lsblk|iptables-save|ip6tables-save)(?: |$)/,
  /^ip (?:-o )?(?:link|address|route|rule|neighbour) (?:show|get)(?: |$)/,
  /^(?:timedatectl|conntrack -S|date --iso-8601=seconds|swapon --show)$/,
  /^sysctl [\w.][\w. ]*$/,
  /^journalctl --unit [\w@.:-]+ --lines \d+ --no-pager$/,
  /^systemctl (?:status|is-active|list-units|cat) /,
  /^(?:nft list|ipvsadm -Ln?|birdcl -r)(?: |$)/,
  /^nc -vz -w \d+ [\w.:]+ \w+$/,
  /^curl -s http:\/\/127\.0\.0\.1:\d+\//,
  /^kubectl exec -n [\w.-]+ [\w.-]+ -- ss -lnt$/,
];

/** Gives the agent's command where it is one that only reads, without redirection or substitution; else the one that asks the agent. */
export function agentCommand(given: string, kind: string): string {
  if (given === '') return given;
  const plain = /^[\w .,:;|/*=%@[\]-]+$/.test(given);
  const parts = given.split(/[;|]/).map((part) => part.trim());
  return plain && parts.every((part) => PARTS.some((known) => known.test(part))) ? given : ownCommand(kind);
}

/** Gives the command that shows a person the same fact, on the node. */
export function ownCommand(kind: string): string {
  return `kubewhy agent --once --kind ${kind}`;
}
