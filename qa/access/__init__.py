"""Who may see the page: users, sessions, tokens, and the guard in front of every route."""

from qa.access.credentials import User
from qa.access.events import Events
from qa.access.guard import METRICS, Guard
from qa.access.origin import Access, is_loopback, path_of
from qa.access.turns import Turns
from qa.access.users import ROLES, Users, checked_name
from qa.access.visitor import SEEN, Visitor, turn_of, visitor_of

__all__ = [
    "METRICS",
    "ROLES",
    "SEEN",
    "Access",
    "Events",
    "Guard",
    "Turns",
    "User",
    "Users",
    "Visitor",
    "checked_name",
    "is_loopback",
    "path_of",
    "turn_of",
    "visitor_of",
]
