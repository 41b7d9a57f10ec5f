"""The files of the page: the same for everyone, and without anything of the service in them."""

from __future__ import annotations

import hashlib
from importlib import resources

from starlette.requests import Request
from starlette.responses import Response

TYPES = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}
# Nothing is loaded from elsewhere, no script but these files runs, and no other site may frame the page.
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class Shell:
    """The files by their paths, read once."""

    def __init__(self) -> None:
        folder = resources.files("warmfit_server.page") / "shell"
        content = {f"/{file.name}": file.read_bytes() for file in folder.iterdir()}
        content["/"] = content.pop("/index.html")
        self._files = {path: (data, _tag(data), _type(path)) for path, data in content.items()}

    def answer(self, request: Request) -> Response:
        """The file of a request; a browser that has it is told that it is the same."""
        found = self._files.get(request.url.path)
        if found is None:
            return Response("no such page\n", 404, HEADERS, "text/plain; charset=utf-8")
        if request.method not in ("GET", "HEAD"):
            return Response("read this with GET\n", 405, {**HEADERS, "Allow": "GET, HEAD"}, "text/plain")
        data, tag, kind = found
        headers = {**HEADERS, "Cache-Control": "no-cache", "ETag": tag}
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers=headers)
        return Response(data, headers=headers, media_type=kind)


def _tag(data: bytes) -> str:
    return f'"{hashlib.blake2b(data, digest_size=12).hexdigest()}"'


def _type(path: str) -> str:
    return TYPES["html" if path == "/" else path.rpartition(".")[2]]
