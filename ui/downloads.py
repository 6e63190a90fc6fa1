"""The whole tables of an answer as files of the page's server: CSV and SDF.

An address names an answer and a number; the page shows only the first rows of a table, however
long it is. Knows no Gradio.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from retort.tools.tables import Table

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

FORMATS = {"csv": "text/csv; charset=utf-8", "sdf": "chemical/x-mdl-sdfile"}


def address(answer_id: str, number: int, format: str) -> str:
    """Where a table is to be had.

    Args:
        answer_id: of the answer that it belongs to.
        number: 1-based, in the order of the answer's tables.
        format: a key of ``FORMATS``.
    """
    return f"/tables/{answer_id}/{number}.{format}"


def route(tables: Callable[[str], Sequence[Table]]) -> Route:
    """The route of all downloads.

    Args:
        tables: the tables of an answer by its id; none for an answer that is not known.
    """
    from starlette.responses import PlainTextResponse, Response
    from starlette.routing import Route

    def download(request: Request) -> Response:
        found = tables(request.path_params["answer"])
        number, format = request.path_params["number"], request.path_params["format"]
        if format not in FORMATS or not 1 <= number <= len(found):
            return PlainTextResponse("There is no such table.", 404)
        table = found[number - 1]
        text = table.csv() if format == "csv" else table.sdf()[0]
        name = f"retort-{request.path_params['answer'][:12]}-{number}.{format}"
        return Response(
            text.encode("utf-8", "replace"),
            media_type=FORMATS[format],
            headers={"content-disposition": f'attachment; filename="{name}"'},
        )

    return Route("/tables/{answer:str}/{number:int}.{format:str}", download, methods=["GET"])
