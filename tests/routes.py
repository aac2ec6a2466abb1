"""Every route of an application, however it is mounted: ``(method, path)``."""


def routes_of(routes, above=""):
    for route in routes:
        if hasattr(route, "original_router"):  # FastAPI's, of a router that was included
            context = route.include_context
            yield from routes_of(route.original_router.routes, above + (context.prefix or ""))
        elif getattr(route, "methods", None):
            yield from ((method, above + route.path) for method in route.methods)
        elif getattr(route, "routes", None):
            yield from routes_of(route.routes, above + route.path)
        else:
            yield "ANY", above + route.path
