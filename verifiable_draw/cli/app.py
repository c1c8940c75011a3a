"""The program: all commands, and how errors end it."""

from __future__ import annotations

import sys

import typer

from verifiable_draw.cli import (
    archive,
    bureau,
    complaints,
    documents,
    explain,
    generate,
    inspect,
    keys,
    ledger,
    observer,
    office,
    plan,
    rosters,
    serve,
    site,
    slips,
    timestamp,
    witness,
    year,
)
from verifiable_draw.cli.common import OPENED, fail
from verifiable_draw.errors import DrawError

app = typer.Typer(
    name="vdraw",
    help="可验证的阳光分班 / Verifiable public draws. 例 / example: vdraw status --room bureau",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for name, command in (office.COMMANDS | bureau.COMMANDS).items():
    app.command(name)(command)
app.command("generate")(generate.generate)
app.command("inspect")(inspect.inspect_ledger)
app.command("serve")(serve.serve)
app.command("explain")(explain.command)
app.command("documents")(documents.command)
observer.app.command("attend")(serve.attend)
observer.app.command("check")(serve.check)
app.add_typer(plan.app, name="plan")
app.add_typer(bureau.close, name="close")
app.add_typer(rosters.app, name="rosters")
app.add_typer(observer.app, name="observer")
app.add_typer(ledger.app, name="ledger")
app.add_typer(site.app, name="site")
app.add_typer(slips.app, name="slips")
app.add_typer(keys.app, name="keys")
app.add_typer(complaints.app, name="complaint")
app.add_typer(archive.app, name="archive")
app.add_typer(timestamp.app, name="timestamp")
app.add_typer(witness.app, name="witness")
app.add_typer(year.app, name="year")


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; every error ends with one sentence, one hint and a non-zero exit code.

    Always raises SystemExit. `arguments` default to the program's own.
    """
    try:
        app(args=arguments)
    except DrawError as error:
        sys.exit(fail(error).exit_code)
    finally:
        OPENED.close()
