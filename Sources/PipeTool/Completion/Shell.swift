/// A shell that can be told how to complete the words of a command line.
enum Shell: String, CaseIterable {
  case bash, zsh, fish

  /// The script that the shell reads.
  var script: String {
    switch self {
    case .bash: Shell.bashScript
    case .zsh: Shell.zshScript
    case .fish: Shell.fishScript
    }
  }

  /// Where the script goes, to be read by every new shell.
  var installation: String {
    switch self {
    case .bash: "pipe completions bash > ~/.local/share/bash-completion/completions/pipe"
    case .zsh: "pipe completions zsh > a folder of $fpath, as _pipe"
    case .fish: "pipe completions fish > ~/.config/fish/completions/pipe.fish"
    }
  }

  private static let bashScript = #"""
    # Completes the words of pipe's command lines in bash: source <(pipe completions bash)
    _pipe() {
      local line answer=() program=${COMP_WORDS[0]/#\~/$HOME}
      COMPREPLY=()
      while IFS= read -r line; do answer+=("$line"); done \
        < <("$program" --complete "$COMP_CWORD" "${COMP_WORDS[@]}" 2>/dev/null)
      for line in "${answer[@]:1}"; do
        line=${line%%$'\t'*}
        if [[ ${answer[0]} == files ]]; then line=${line%/}; fi
        COMPREPLY+=("$line")
      done
      if [[ ${answer[0]-} == files ]]; then compopt -o filenames 2>/dev/null || true; fi
    }
    complete -F _pipe pipe
    """#

  private static let zshScript = #"""
    #compdef pipe
    # Completes the words of pipe's command lines in zsh: source <(pipe completions zsh)
    _pipe() {
      local -a answer words_found texts folders
      local line word
      answer=("${(@f)$("${words[1]/#\~/$HOME}" --complete $((CURRENT - 1)) "${(@)words[1,CURRENT]}" 2>/dev/null)}")
      for line in "${(@)answer[2,-1]}"; do
        word=${line%%$'\t'*}
        if [[ $word == */ ]]; then
          folders+=("$word")
        else
          words_found+=("$word")
          texts+=("${line/$'\t'/  -- }")
        fi
      done
      (( $#folders )) && compadd -S '' -- "${folders[@]}"
      (( $#words_found )) && compadd -l -d texts -- "${words_found[@]}"
      return 0
    }
    if [[ $funcstack[1] == _pipe ]]; then _pipe "$@"; else compdef _pipe pipe; fi
    """#

  private static let fishScript = #"""
    # Completes the words of pipe's command lines in fish: pipe completions fish | source
    function __pipe_complete
      set -l line (commandline -opc) (commandline -ct)
      $line[1] --complete (math (count $line) - 1) $line 2>/dev/null | tail -n +2
    end
    complete -c pipe -f -a '(__pipe_complete)'
    """#
}
