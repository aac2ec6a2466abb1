"""The page's layout, and which event calls which handler."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr
from gradio.events import api

from qa.access.visits import SESSIONS
from qa.api.pool import WAITING
from qa.collections import Served
from qa.web.blocks import without_applications
from qa.web.handlers import Handlers
from qa.web.render import render

HERE = Path(__file__).parent
# Questions that wait in Gradio's own queue, and those that have a thread: the others of its 40 are
# for what is clicked. How many are answered at a time, and whose turn it is, is for the pool.
MAX_WAITING = WAITING
ASKING = 24
# Conversations that are opened: each asks up to a hundred questions, and keeps no other waiting.
OPENING = 6
# Tells the scripts (asking.js) that Gradio is ready for another question.
DONE = "() => { delete document.getElementById('talk').dataset.asking; }"


@without_applications()
def create_page(served: Served, *, for_owner: bool) -> gr.Blocks:
    """Return the page over what is served: the conversation left, the evidence on the right.

    Both are HTML of our own: Gradio's chatbot changes white space and Markdown, and
    cannot contain buttons that lead to the evidence. ``for_owner`` is that of
    :class:`~qa.web.handlers.Handlers`.
    """
    handlers = Handlers(served, for_owner=for_owner)
    pane = _scripts("asking", "page")
    page = gr.Blocks(title="Verbatim", analytics_enabled=False, fill_width=True)
    with page:
        turns, strict = gr.State(()), gr.State(None)
        with gr.Row(elem_id="masthead"):
            gr.HTML(render("masthead.html"), js_on_load=None, apply_default_css=False)
        with gr.Row(elem_id="desk"):
            with gr.Column(elem_id="talk"):
                bar = gr.HTML(
                    render("bar.html"),
                    elem_id="bar",
                    js_on_load=_scripts(
                        "rights", "asking", "history", "draft", "address", "copying", "keys"
                    ),
                    apply_default_css=False,
                )
                talk = gr.HTML(elem_id="conversation", js_on_load=pane, apply_default_css=False)
                gr.HTML(
                    render("only.html", several=served.has_collections),
                    elem_id="filter",
                    js_on_load=None,
                    apply_default_css=False,
                )
                question = gr.Textbox(
                    elem_id="question",
                    label="Your question",
                    placeholder="What do you want to know?",
                    submit_btn="Ask",
                    autofocus=True,
                    max_lines=4,
                )
                strictness = gr.HTML(elem_id="strictness", js_on_load=pane, apply_default_css=False)
                position, only = gr.Textbox(visible=False), gr.Textbox(visible=False)
                download = gr.HTML(
                    elem_id="download", js_on_load=_scripts("download"), apply_default_css=False
                )
            with gr.Column(elem_id="source"):
                evidence = gr.HTML(
                    elem_id="evidence",
                    js_on_load=f"{pane}\n{_scripts('viewer', 'rights', 'library', 'uploads')}",
                    apply_default_css=False,
                )
        with gr.Row(elem_id="status"):
            gr.HTML(
                render("status.html"),
                js_on_load=_scripts("rights", "status"),
                apply_default_css=False,
            )

        gr.on(
            page.load,
            handlers.on_load,
            outputs=[talk, evidence, strictness],
            queue=False,
            show_progress="hidden",
            api_visibility="private",
        )
        asking: dict[str, Any] = {
            "outputs": [turns, talk, evidence, question],
            "concurrency_limit": ASKING,
            "concurrency_id": "ask",
            "show_progress": "hidden",
            "api_visibility": "private",
        }
        # The choice of documents is in the page: read when a question is asked.
        chosen = "document.getElementById('only').dataset.patterns"
        on_question = question.submit(
            handlers.on_question,
            [question, turns, strict, only],
            js=f"(question, turns, strict) => [question, turns, strict, {chosen}]",
            **asking,
        )
        on_button = talk.submit(
            handlers.on_button,
            [turns, strict, only],
            js=f"(turns, strict) => [turns, strict, {chosen}]",
            **asking,
        )
        on_open = bar.submit(
            handlers.on_open,
            [turns, strict],
            **{
                **asking,
                "outputs": [turns, talk, evidence],
                "concurrency_limit": OPENING,
                "concurrency_id": "open",
            },
        )
        for event in (on_question, on_button, on_open):
            for ended in (event.then, event.failure):  # `then` is not for an error
                ended(
                    _nothing, js=DONE, queue=False, show_progress="hidden", api_visibility="private"
                )
        bar.select(
            handlers.on_export,
            [turns, strict],
            download,
            queue=False,
            show_progress="hidden",
            api_visibility="private",
        )
        gr.on(
            [talk.select, evidence.select],
            handlers.on_view,
            [turns, strict],
            [talk, evidence],
            queue=False,
            trigger_mode="multiple",  # or a quick second click is lost while the first is answered
            show_progress="hidden",
            api_visibility="private",
        )
        strictness.input(
            handlers.on_strict,
            [turns, strict, position],
            [strict, talk, evidence],
            queue=False,
            # Gradio delays a request while another runs, and then sends the data of that other:
            # so the script reads the slider when the request is made.
            trigger_mode="always_last",
            js="(turns, strict) => [turns, strict, document.getElementById('strict').value / 100]",
            show_progress="hidden",
            api_visibility="private",
        )
        gr.on(
            [talk.like, evidence.like],
            handlers.on_vote,
            [turns, strict],
            [talk, evidence],
            queue=False,  # a vote is kept however many questions wait
            trigger_mode="multiple",  # or a quick second vote is lost while the first is stored
            show_progress="hidden",
            api_visibility="private",
        )
        api(
            handlers.ask,
            concurrency_limit=ASKING,
            concurrency_id="ask",
        )
    page.state_session_capacity = SESSIONS
    # The route that goes around the queue is closed.
    page.queue(max_size=MAX_WAITING, api_open=False)
    return page


def _nothing() -> None:
    """Do nothing: Gradio answers a request for an event without a function with an error."""


def _scripts(*names: str) -> str:
    """Return scripts of this folder as one; they see each other's names."""
    return "\n".join((HERE / f"{name}.js").read_text(encoding="utf-8") for name in names)
