/** What a shell reads once; it then asks `rotate completion SHELL -- WORDS…` at each key. */

/** The shells that there is a script for. */
export const shells = ["bash", "zsh", "fish"] as const;

/** One of them. */
export type Shell = (typeof shells)[number];

/** The line that stands for names of files. */
export const filesMark = ":files";

// bash parts words at `=` and `:` (COMP_WORDBREAKS): they are joined again, and only the end is given back.
const bash = `# Completion of rotate for bash: eval "$(rotate completion bash)", or a file in /etc/bash_completion.d
_rotate() {
  local current=\${COMP_WORDS[COMP_CWORD]} line word joined=''
  local -a words=() lines=()
  COMPREPLY=()
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD}"; do
    if [[ $word == '=' || ( $joined == '=' && \${#words[@]} -gt 0 ) ]]; then words[\${#words[@]}-1]+=$word; else words+=("$word"); fi
    joined=$word
  done
  [[ $current == '=' ]] && current=''
  mapfile -t lines < <("\${COMP_WORDS[0]}" completion bash -- "\${words[@]}" 2>/dev/null)
  for line in "\${lines[@]}"; do
    word=\${line%%$'\\t'*}
    if [[ $word == '${filesMark}' ]]; then
      compopt -o filenames 2>/dev/null
      mapfile -t -O "\${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "$current")
    elif [[ $word == --*=* && \${COMP_WORDS[COMP_CWORD]} != --* ]]; then COMPREPLY+=("\${word#*=}")
    else COMPREPLY+=("$word")
    fi
  done
}
complete -F _rotate rotate
`;

const zsh = `#compdef rotate
# Completion of rotate for zsh: eval "$(rotate completion zsh)" below compinit, or a file _rotate in a directory of $fpath
_rotate() {
  local line word
  local -a lines items
  lines=("\${(@f)$("\${words[1]}" completion zsh -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  for line in "\${lines[@]}"; do
    word=\${line%%$'\\t'*}
    [[ -z $word ]] && continue
    if [[ $word == '${filesMark}' ]]; then _files; continue; fi
    items+=("\${word//:/\\\\:}:\${\${line#*$'\\t'}#$word}")
  done
  (( \${#items} )) && _describe -t rotate rotate items
}
if [[ \${funcstack[1]} == _rotate ]]; then _rotate "$@"; else compdef _rotate rotate; fi
`;

const fish = `# Completion of rotate for fish: rotate completion fish | source, or a file rotate.fish in ~/.config/fish/completions
function __rotate_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    test (count $current) -eq 0; and set current ''
    for line in ($words[1] completion fish -- $words[2..-1] $current 2>/dev/null)
        if test "$line" = '${filesMark}'
            __fish_complete_path "$current"
        else
            printf '%s\\n' $line
        end
    end
end
complete -c rotate -f -a '(__rotate_complete)'
`;

/** The script of a shell. */
export const scripts: Readonly<Record<Shell, string>> = { bash, zsh, fish };
