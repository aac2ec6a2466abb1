"""The command ``qa``: its sub-commands by section, and how each of them ends."""

from __future__ import annotations

import errno
import io
import os
import sys
import traceback
from collections.abc import Sequence

import click
from click.shell_completion import shell_complete

from qa.cli.ask import ask, search
from qa.cli.build import build, info, verify
from qa.cli.chat import chat
from qa.cli.evaluate import evaluate
from qa.cli.feedback import feedback
from qa.cli.mcp import mcp
from qa.cli.opening import open_last
from qa.cli.screen import screened
from qa.cli.serve import serve
from qa.cli.terminal import print_error
from qa.cli.user import user
from qa.errors import QAError
from qa.text import printable

SECTIONS: dict[str, tuple[click.Command, ...]] = {
    "Index": (build, info, verify),
    "Ask": (ask, chat, search, open_last),
    "Serve": (serve, user, mcp),
    "Measure": (evaluate, feedback),
}
COMPLETE = "_QA_COMPLETE"
DEFECT = 70  # EX_SOFTWARE of sysexits.h
EPILOG = f"""\b
Exit codes:
  0    done; qa ask: answered
  1    a check failed (qa verify --answer); a line was not asked (qa ask --jsonl)
  2    an error; its problem and its remedy are printed
  3    qa ask: possible answers, none of them certain enough
  4    qa ask: not found; of several questions, the highest of their codes
  70   a defect of Verbatim, with its traceback
  130  interrupted

\b
Completion, in the start-up file of your shell:
  bash  eval "$({COMPLETE}=bash_source qa)"
  zsh   eval "$({COMPLETE}=zsh_source qa)"
  fish  {COMPLETE}=fish_source qa | source
"""


class _Sections(click.Group):
    """Lists its commands by section."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write one list of commands per section, in columns of one width."""
        width = max(map(len, self.commands))
        for section, commands in SECTIONS.items():
            with formatter.section(section):
                formatter.write_dl(
                    [
                        (f"{command.name:{width}}", command.get_short_help_str(formatter.width))
                        for command in commands
                    ]
                )


@click.group(
    cls=_Sections,
    commands=[command for commands in SECTIONS.values() for command in commands],
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=EPILOG,
)
@click.version_option(package_name="verbatim-qa", prog_name="qa", message="%(prog)s %(version)s")
def root() -> None:
    """Answer questions about a folder of documents, in the documents' own words."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run ``qa`` with these arguments, by default those of the process; return its exit code."""
    if instruction := os.environ.get(COMPLETE):
        return shell_complete(root, {}, "qa", COMPLETE, instruction)
    given = list(sys.argv[1:] if arguments is None else arguments)
    # A character that the terminal's encoding lacks is printed as its escape.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(errors="replace")
    with screened():
        try:
            return _run(given)
        except Exception:  # a defect; as the interpreter would, but on the screen
            traceback.print_exc()
            return DEFECT


def _run(given: list[str]) -> int:
    try:
        with root.make_context("qa", given) as context:
            code: int | None = root.invoke(context)
            print(end="", flush=True)  # here, where a broken pipe is caught
            return code or 0
    except click.exceptions.Exit as end:  # of --help and --version
        return end.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return 2
    except click.UsageError as error:
        help_of = error.ctx.command_path if error.ctx else "qa"
        problem = error.format_message().removesuffix(".")
        print_error(QAError(problem, f"run `{help_of} --help`"))
        return 2
    except QAError as error:
        print_error(error)
        return 2
    except KeyboardInterrupt:
        is_build = given[:1] == ["build"]  # which keeps what it has encoded
        print_error(QAError("interrupted", "run the same command to resume" if is_build else ""))
        return 130
    except BrokenPipeError:  # as in `qa search … | head`
        _discard_output()
        return 0
    except OSError as error:
        if error.errno == errno.ENOSPC:
            _discard_output()
            told = QAError("the output cannot be written (no space left)", "free some space")
        elif error.filename is not None:
            problem = f"{printable(str(error.filename))} cannot be used ({error.strerror})"
            told = QAError(problem, "check that it is there, and that you may read or write it")
        else:
            raise
        print_error(told)
        return 2


def _discard_output() -> None:
    """Send what is still buffered, and would fail again at exit, to nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
