"""The slider that moves the operating point, in plain terms."""

from __future__ import annotations

from markupsafe import Markup

# At 100 nothing would be answered.
STRICTEST = 99


def strictness_html(strict: float) -> str:
    """Return the slider at a share of absent answers refused; the page's script moves the words."""
    stands = min(int(100 * strict + 1e-9), STRICTEST)  # down: what is promised has to hold
    words = Markup("At most <b>{}</b> in 100 questions without an answer here get one").format(
        100 - stands
    )
    return Markup(
        '<div class="strictness"><label for="strict">Strictness</label>'
        '<input id="strict" type="range" min="0" max="{}" value="{}" aria-valuetext="{}">'
        '<output for="strict">{}</output></div>'
    ).format(STRICTEST, stands, words.striptags(), words)
