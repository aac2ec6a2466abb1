"""The small parts that the conversation and the evidence have in common."""

from __future__ import annotations

from datetime import date

from markupsafe import Markup

from qa.types import Place
from qa.web.likelihood import likelihood, percentage
from qa.web.text import verbatim
from qa.web.views import View

THUMB = Markup(
    '<svg viewBox="0 0 24 24" width="18" height="18" aria-hidden="true" fill="none" '
    'stroke="currentColor" stroke-width="1.7" stroke-linejoin="round"><path d="M7.5 11v9.5h-4V11z'
    'M7.5 11l4-8.2a2.3 2.3 0 0 1 2.3 2.3v4h5a2 2 0 0 1 2 2.3l-1.1 7.3a2 2 0 0 1-2 1.8H7.5z"/></svg>'
)


def button(view: View, content: str | Markup, *, style: str, current: View | None = None) -> Markup:
    """Return a button that moves the evidence to a view; the current one says so."""
    return Markup('<button type="button" class="{}" data-view="{}"{}>{}</button>').format(
        style,
        view.address,
        Markup(' aria-current="true"') if view == current else "",
        content,
    )


def ask_button(question: str, content: str | Markup, *, style: str, guess: bool = False) -> Markup:
    """Return a button that asks a question; with ``guess`` the best answer is shown regardless."""
    return Markup('<button type="button" class="{}" data-ask="{}"{}>{}</button>').format(
        style, verbatim(question), Markup(' data-guess="true"') if guess else "", content
    )


def thumbs(turn: int, item: int, good: bool | None, *, what: str) -> Markup:
    """Return two buttons that call something right or wrong; the vote given is pressed.

    Which stands in ``good``, None where none was given; ``what`` names the thing.
    """
    words = Markup(
        '<button type="button" class="thumb {0}" data-vote="{1}/{2}/{0}" aria-pressed="{3}" '
        'aria-label="{4} is {5}" title="{4} is {5}">{6}</button>'
    )
    buttons = [
        words.format(name, turn, item, "true" if good is is_good else "false", what, said, THUMB)
        for name, is_good, said in (("up", True, "right"), ("down", False, "wrong"))
    ]
    return Markup(
        '<span class="thumbs">{}<span class="kept">Stays on this machine</span></span>'
    ).format(Markup("").join(buttons))


def quotation(text: str) -> Markup:
    """Return the words of an answer in quotation marks that are not part of them."""
    return Markup(
        '<span class="quote-mark">“</span><q class="words">{}</q><span class="quote-mark">”</span>'
    ).format(verbatim(text))


def chance(probability: float, *, bar: bool = True) -> Markup:
    """Return a probability in words and figures, after a bar unless told otherwise."""
    shown = percentage(probability)
    drawn = Markup('<span class="bar" aria-hidden="true"><span style="width: {}%"></span></span>')
    return Markup('<span class="chance">{}{} · {} %</span>').format(
        drawn.format(shown) if bar else "", likelihood(probability), shown
    )


def where(place: Place) -> str:
    """Return a place within its document: its page, or its offsets."""
    if place.page is not None:
        return f"page {place.page}"
    return f"characters {place.start:,}–{place.end:,}"


def day(iso: str) -> str:
    """Return a date as people write it; what is no full date is left as it is."""
    try:
        found = date.fromisoformat(iso[:10])
    except ValueError:
        return iso
    return f"{found.day} {found:%B %Y}"
