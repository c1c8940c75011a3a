"""`vdraw year …`: what is entered around the draw (spec/year.md)."""

from __future__ import annotations

import typer

from verifiable_draw.cli import registration

app = typer.Typer(help="学年：备案、补录、变动、学籍核对、投诉 / the year around the draw", no_args_is_help=True)


@app.callback()
def group() -> None:
    """学年：备案、补录、变动、学籍核对、投诉 / the year around the draw."""


app.command("registration")(registration.command)
