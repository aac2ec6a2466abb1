"""A reverse proxy that puts a server below a path, as nginx does."""

import threading
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field

import httpx
import uvicorn
from serving import HOST

from qa.web.listener import listen

# Of one connection, not of the request: RFC 9110, 7.6.1.
OF_A_CONNECTION = {
    b"connection",
    b"keep-alive",
    b"te",
    b"trailer",
    b"transfer-encoding",
    b"upgrade",
}


@dataclass
class Proxied:
    """Where the server is to be found, and the paths that were asked for elsewhere."""

    url: str
    outside: list = field(default_factory=list)


class Proxy:
    """ASGI application; ``strips`` is whether the path is taken off before it goes on."""

    def __init__(self, to, prefix, *, strips, outside):
        self.to, self.prefix, self.strips, self.outside = to, prefix, strips, outside

    async def __call__(self, scope, receive, send):
        if scope["type"] == "lifespan":
            async with self.living(receive, send):
                return
        path, query = scope["raw_path"].decode("ascii"), scope["query_string"].decode("ascii")
        if path != self.prefix and not path.startswith(f"{self.prefix}/"):
            if path != "/favicon.ico":  # a browser looks there by itself, before it has the page
                self.outside.append(path)
            await send({"type": "http.response.start", "status": 404, "headers": []})
            await send({"type": "http.response.body"})
            return
        if path == self.prefix and self.strips:  # nginx goes there itself
            headers = [(b"location", f"{path}/".encode())]
            await send({"type": "http.response.start", "status": 301, "headers": headers})
            await send({"type": "http.response.body"})
            return
        rest = path.removeprefix(self.prefix) if self.strips else path
        address = f"{self.to}{rest}?{query}" if query else f"{self.to}{rest}"
        headers = [pair for pair in scope["headers"] if pair[0] not in OF_A_CONNECTION]
        headers += [(b"x-forwarded-for", scope["client"][0].encode()), (b"via", b"1.1 proxy")]
        request = self.client.build_request(
            scope["method"], address, headers=headers, content=self.body(receive)
        )
        answer = await self.client.send(request, stream=True)
        kept = [pair for pair in answer.headers.raw if pair[0].lower() not in OF_A_CONNECTION]
        await send({"type": "http.response.start", "status": answer.status_code, "headers": kept})
        try:
            async for part in answer.aiter_raw():
                await send({"type": "http.response.body", "body": part, "more_body": True})
            await send({"type": "http.response.body"})
        finally:
            await answer.aclose()

    @staticmethod
    async def body(receive):
        while (message := await receive())["type"] == "http.request":
            yield message.get("body", b"")
            if not message.get("more_body"):
                return

    @asynccontextmanager
    async def living(self, receive, send):
        await receive()
        async with httpx.AsyncClient(timeout=120) as self.client:
            await send({"type": "lifespan.startup.complete"})
            await receive()
        await send({"type": "lifespan.shutdown.complete"})
        yield


@contextmanager
def proxied(to, prefix, *, strips=True):
    """Put a server below a path of another address, and stop that in the end."""
    with listen(HOST, 0) as listener:
        made = Proxied(f"http://{HOST}:{listener.getsockname()[1]}")
        app = Proxy(to, prefix, strips=strips, outside=made.outside)
        config = uvicorn.Config(
            app, log_level="critical", ws="none", timeout_graceful_shutdown=1, proxy_headers=False
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            while not server.started and thread.is_alive():
                thread.join(0.02)
            yield made
        finally:
            server.should_exit = True
            thread.join(60)
            assert not thread.is_alive()
