/** Shell completion: words and flags, made from the same tables as the help. */
import { UserError } from '../core/errors.ts';
import { FLAGS } from './arguments.ts';
import { COMMANDS } from './help.ts';

const KINDS = [
  'node',
  'pod',
  'service',
  'deployment',
  'replicaset',
  'statefulset',
  'daemonset',
  'job',
  'namespace',
  'pvc',
  'pv',
  'calico',
  'control-plane',
  'cluster',
];

/** Gives the script for a shell. @throws UserError for a shell that is none of bash, zsh, fish. */
export function completionScript(shell: string | undefined): string {
  const flags = FLAGS.map((flag) => `--${flag.name}`).join(' ');
  const commands = COMMANDS.join(' ');
  const kinds = KINDS.join(' ');
  if (shell === 'bash') {
    return `_kubewhy() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" first="\${COMP_WORDS[1]}"
  if [[ "$cur" == -* ]]; then COMPREPLY=($(compgen -W "${flags}" -- "$cur"))
  elif [[ $COMP_CWORD -eq 1 ]]; then COMPREPLY=($(compgen -W "${commands}" -- "$cur"))
  elif [[ "$first" == diagnose && $COMP_CWORD -eq 2 ]]; then COMPREPLY=($(compgen -W "${kinds}" -- "$cur"))
  elif [[ "$first" == schema ]]; then COMPREPLY=($(compgen -W "evidence report agent fix" -- "$cur"))
  elif [[ "$first" == audit ]]; then COMPREPLY=($(compgen -W "verify" -- "$cur"))
  else COMPREPLY=($(compgen -f -- "$cur")); fi
}
complete -F _kubewhy kubewhy
`;
  }
  if (shell === 'zsh') {
    return `#compdef kubewhy
_kubewhy() {
  if [[ "$PREFIX" == -* ]]; then compadd -- ${flags}
  elif (( CURRENT == 2 )); then compadd -- ${commands}
  elif [[ "\${words[2]}" == diagnose ]] && (( CURRENT == 3 )); then compadd -- ${kinds}
  elif [[ "\${words[2]}" == schema ]]; then compadd -- evidence report agent fix
  elif [[ "\${words[2]}" == audit ]]; then compadd -- verify
  else _files; fi
}
compdef _kubewhy kubewhy
`;
  }
  if (shell === 'fish') {
    const words = COMMANDS.map((command) => `complete -c kubewhy -n __fish_use_subcommand -a ${command}`);
    const long = FLAGS.map(
      (flag) =>
        `complete -c kubewhy -l ${flag.name}${flag.letter === undefined ? '' : ` -s ${flag.letter}`}${flag.value === undefined ? '' : ' -r'} -d '${flag.about.replaceAll("'", "\\'")}'`,
    );
    return `${[...words, `complete -c kubewhy -n '__fish_seen_subcommand_from diagnose' -a '${kinds}'`, "complete -c kubewhy -n '__fish_seen_subcommand_from audit' -a verify", ...long].join('\n')}\n`;
  }
  throw new UserError('shell-unknown', `completion takes bash, zsh or fish, not "${(shell ?? '').slice(0, 40)}".`);
}
