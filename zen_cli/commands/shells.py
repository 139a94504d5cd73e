"""click's completion in the shells, with keys that go on: no space is put behind what ends in `=`, `.` or `/`.

Each shell hands over its line up to the cursor, and we take it apart: bash would do it at every `=`.
"""

import os
import re
from collections.abc import Iterator

from click.shell_completion import CompletionItem, ShellComplete, add_completion_class, split_arg_string

from zen_cli.commands.completing import folders, paths


class _Shell(ShellComplete):
    """A shell gets a line for each choice: what to put in the place of the word, a tab, what it means."""

    def get_completion_args(self) -> tuple[list[str], str]:
        *words, last = split_arg_string(os.environ["_ZEN_LINE"] + "\0")  # so that there is a last word, if an empty one
        return words[1:], last.removesuffix("\0")

    def complete(self) -> str:
        arguments, incomplete = self.get_completion_args()
        option, equals, beginning = incomplete.rpartition("=") if incomplete.startswith("-") else ("", "", incomplete)
        choices = _choices(self.get_completions(arguments, incomplete), beginning)
        return "\n".join(self.line(f"{option}{equals}{value}", meaning, incomplete) for value, meaning in choices)

    def line(self, value: str, meaning: str, incomplete: str) -> str:  # noqa: ARG002 - for bash
        return f"{value}\t{' '.join(meaning.split())}"


def _choices(items: list[CompletionItem], incomplete: str) -> Iterator[tuple[str, str]]:
    for item in items:
        if item.type == "plain":
            yield item.value, item.help or ""
        else:  # "file" or "dir", which click leaves to the shell
            yield from ((path, "") for path in (paths(incomplete) if item.type == "file" else folders(incomplete)))


@add_completion_class
class Bash(_Shell):
    name = "bash"
    source_template = """\
%(complete_func)s() {
    local line
    COMPREPLY=()
    while IFS= read -r line; do
        COMPREPLY+=("$line")
    done < <(_ZEN_LINE="${COMP_LINE:0:COMP_POINT}" _ZEN_BREAKS="$COMP_WORDBREAKS" \\
        %(complete_var)s=bash_complete "$1" 2>/dev/null)
    [[ ${COMPREPLY[*]} == *[=./] ]] && compopt -o nospace 2>/dev/null
}

complete -o nosort -F %(complete_func)s %(prog_name)s 2>/dev/null || complete -F %(complete_func)s %(prog_name)s
"""

    def line(self, value: str, meaning: str, incomplete: str) -> str:  # noqa: ARG002 - bash shows values alone
        """The value from where bash begins a word, which is behind a `=` or `:` too."""
        breaks = [i for i, letter in enumerate(incomplete) if letter in "=:" and letter in os.environ["_ZEN_BREAKS"]]
        return re.sub(r"([^\w@%+=:,./~-])", r"\\\1", value[breaks[-1] + 1 if breaks else 0 :])


@add_completion_class
class Zsh(_Shell):
    name = "zsh"
    source_template = """\
#compdef %(prog_name)s

%(complete_func)s() {
    local value meaning entry
    local -a open closed
    while IFS=$'\\t' read -r value meaning; do
        entry="${value//:/\\\\:}${meaning:+:$meaning}"
        if [[ $value == *[=./] ]]; then open+=("$entry"); else closed+=("$entry"); fi
    done < <(_ZEN_LINE="${words[1,CURRENT]}" %(complete_var)s=zsh_complete "${words[1]}" 2>/dev/null)
    _describe -V 'zen' open -S '' -- closed
}

if [[ $zsh_eval_context[-1] == *func ]]; then  # the file is a function, as one in fpath is: loadautofunc, then shfunc
    %(complete_func)s "$@"
else
    compdef %(complete_func)s %(prog_name)s
fi
"""


@add_completion_class
class Fish(_Shell):
    name = "fish"
    source_template = """\
function %(complete_func)s
    _ZEN_LINE=(commandline -cp | string collect) %(complete_var)s=fish_complete zen 2>/dev/null
end

complete --no-files --keep-order --command %(prog_name)s --arguments "(%(complete_func)s)"
"""
