"""Parses commands with az's own parser and executes none.

Reads a JSON list of argument lists from standard input, without `az`. Writes a JSON list with one text for each: empty where az
takes the command, else what it says.
"""
import io
import json
import logging
import sys
from contextlib import redirect_stderr

from azure.cli.core import get_default_cli
from azure.cli.core.parser import AzCliCommandParser
from knack.events import EVENT_INVOKER_POST_PARSE_ARGS


class Parsed(Exception):
    """The parser has taken the command."""


class Refused(Exception):
    """The parser has refused the command."""


def stop(_cli, **_event):
    raise Parsed


def refuse(_parser, message):
    raise Refused(message)


def problem_of(arguments):
    cli = get_default_cli()
    cli.register_event(EVENT_INVOKER_POST_PARSE_ARGS, stop)
    said = io.StringIO()
    handler = logging.StreamHandler(said)
    logging.getLogger("cli").addHandler(handler)
    try:
        with redirect_stderr(said):
            cli.invocation = cli.invocation_cls(
                cli_ctx=cli, parser_cls=cli.parser_cls, commands_loader_cls=cli.commands_loader_cls, help_cls=cli.help_cls
            )
            cli.invocation.execute(list(arguments))
    except Parsed:
        return ""
    except Refused as refusal:
        return str(refusal)
    except SystemExit:
        return said.getvalue().strip() or "az ends without a word"
    finally:
        logging.getLogger("cli").removeHandler(handler)
    return "az ran the command"


AzCliCommandParser.error = refuse
print(json.dumps([problem_of(arguments) for arguments in json.load(sys.stdin)]))
