"""What a browser is told before the page is there, and before any script of it runs."""

from qa.web.front.head import Head
from qa.web.front.waiting import Front

__all__ = ["Front", "Head"]
