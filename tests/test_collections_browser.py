"""Collections on the page: chosen beside the question, in the address, and named with answers."""

import pytest
from argon2 import PasswordHasher
from browsing import CONTRAST, ask, keep
from serving import gradio_warnings, serving_collections
from sparing import keeping, light_work

from qa.access import Access, Users
from qa.builder import build

pytestmark = [pytest.mark.browser, gradio_warnings]

QUESTION = "Who designed the lighthouse of Rerik?"
ADDRESS = "?q=Who+designed+the+lighthouse+of+Rerik%3F&collection="
PASSWORD = "correct horse battery"
TEXTS = {
    "press": "The lighthouse\n\n2 May 2020\n\nThe lighthouse of Rerik was designed by Ada Blum.\n",
    "case-law": "Blum v. Falk\n\nThe lighthouse of Rerik was designed by Ida Falk, it says.\n",
    "sport": "The race\n\nThe race around the lighthouse was won by Rosa Thal.\n",
}


@pytest.fixture(scope="module")
def served(tmp_path_factory, encoder):
    base = tmp_path_factory.mktemp("collections")
    cheap = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("qa.access.users._hasher", lambda: cheap)
        users = Users(base / "users.sqlite")
        for name, role in (("ada", "edits"), ("ben", "reads")):
            users.add(name, PASSWORD, role)
    folders = {name: base / f"{name}-documents" for name in TEXTS}
    for name, folder in folders.items():
        folder.mkdir()
        (folder / "notes.txt").write_text(TEXTS[name])
        build(folder, base / "index" / name, encoder=encoder)
    readers = {"case-law": frozenset({"ada"})}
    access = Access(users=users)
    with (
        light_work(),
        serving_collections(folders, base / "index", access=access, readers=readers) as running,
    ):
        yield running, users


@pytest.fixture(scope="module")
def pages(chromium, served):
    with keeping(chromium, served[0].url) as kept:
        yield kept


@pytest.fixture
def visit(pages, served):
    """Open the page as a user: ``visit(name, address, **options)``."""
    running, users = served

    with pages.lent() as open_page:

        def opened(name, address="", **options):
            headers = {"authorization": f"Bearer {users.tokens.add(name)}"}
            url = f"{running.url}/{address}"
            page = open_page(url=url, headers=headers, **options)
            page.wait_for_selector("#collections .chip")
            return page

        yield opened


def chips(page):
    shown = page.locator("#collections .chip")
    return {each.inner_text(): each.get_attribute("aria-pressed") == "true" for each in shown.all()}


def named(page):
    return set(page.locator(".turn:last-child .collection").all_inner_texts())


def test_a_collection_is_chosen_asked_and_its_evidence_opened(visit):
    page = visit("ada")
    assert chips(page) == {"All": True, "case-law": False, "press": False, "sport": False}
    page.click("#collections >> text=press")
    assert chips(page) == {"All": False, "case-law": False, "press": True, "sport": False}
    assert page.locator("#only").is_hidden()  # the choice is seen beside the question already
    ask(page, QUESTION)
    assert named(page) == {"press"}
    assert "Only in the collection press" in page.inner_text(".turn:last-child .asked-only")
    page.click(".turn:last-child [data-view]")
    page.wait_for_selector("[data-document='press/notes.txt'] .viewer mark")
    assert "Ada Blum" in page.inner_text("#evidence .document")
    assert "collection=press&doc=press%2Fnotes.txt#" in page.url
    keep(page, "collections-wide-light")
    page.click("#collections >> text=case-law")
    ask(page, QUESTION)
    assert named(page) <= {"press", "case-law"}
    page.click("#collections >> text=All")
    assert chips(page)["All"]
    for chip in page.locator("#collections .chip").all():
        assert chip.evaluate(CONTRAST) >= 4.5


def test_an_address_names_a_collection(visit):
    page = visit("ada", ADDRESS + "case-law", size="narrow", scheme="dark", wait=".turn .footnote")
    assert named(page) == {"case-law"}
    assert chips(page)["case-law"]
    page.wait_for_selector("[data-document='case-law/notes.txt']")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for chip in page.locator("#collections .chip").all():
        assert chip.bounding_box()["height"] >= 44
        assert chip.evaluate(CONTRAST) >= 4.5
    keep(page, "collections-narrow-dark")


def test_an_address_of_a_hidden_collection_leads_where_one_of_none_does(visit):
    shown = []
    for name in ("case-law", "wals-ecs"):
        page = visit("ben", ADDRESS + name, wait=".turn .trouble")
        assert chips(page) == {"All": False, "press": False, "sport": False}
        assert "Falk" not in page.content()
        shown.append(page.inner_text("body").replace(name, "NAME"))
        keep(page, f"collections-none-{name}")
    assert shown[0] == shown[1]


def test_files_are_added_to_the_collection_that_is_chosen(visit, served, tmp_path):
    (tmp_path / "cup.txt").write_text("The cup was won by Rosa Thal.\n")
    page = visit("ada", scheme="dark")
    page.set_input_files(".pick-files", tmp_path / "cup.txt")
    page.wait_for_selector(".library-note >> text=Choose one collection")
    keep(page, "collections-wide-dark")
    page.click("#collections >> text=sport")
    page.set_input_files(".pick-files", tmp_path / "cup.txt")
    page.wait_for_selector(".library-note >> text=1 file added")
    corpora = {name: each.corpus for name, each in served[0].corpus._collections.items()}
    assert (corpora["sport"].folder / "cup.txt").exists()
    assert not page.locator("[data-rename='sport']").count()  # a collection has its name
