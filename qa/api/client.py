"""A server of Verbatim, asked as if its index were here."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote

from qa.answers.deserialize import prediction_from_dict, search_from_dict
from qa.answers.serialize import prediction_to_dict
from qa.errors import InvalidRequest, QAError, ServiceError
from qa.types import Document, Prediction, SearchResult

if TYPE_CHECKING:
    from qa.answers.quotations import Quotation, Validity
    from qa.index import DocumentSummary

TIMEOUT_S = 60.0
# Questions in one request: an answer is not far from its question then.
BATCH = 100
# Documents on one page of the list.
PAGE = 1_000


class Client:
    """Asks a server as :class:`~qa.pipeline.QA` asks an index: same methods, results and errors.

    ``url`` is the address of the page, ``token`` that of a program where there is a login. A
    server that is not reached, or not of Verbatim, is a :class:`~qa.errors.ServiceError`; one that
    is busy a :class:`~qa.errors.Busy`. Safe to share between threads; connections are kept open
    until :meth:`close`. The proxies that the environment names are not used.
    """

    def __init__(self, url: str, *, token: str = "", timeout_s: float = TIMEOUT_S) -> None:
        import httpx

        self.url = url.rstrip("/")
        headers = {"authorization": f"Bearer {token}"} if token else {}
        try:
            self._http = httpx.Client(
                base_url=f"{self.url}/api/",
                headers=headers,
                timeout=timeout_s,
                trust_env=False,
                verify=ssl.create_default_context(),
            )
        except (httpx.InvalidURL, ValueError) as error:
            raise ServiceError(
                f"{url!r} is no address ({error})", "give one such as http://127.0.0.1:7860"
            ) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def ask(
        self,
        question: str,
        *,
        top_k: int = 10,
        max_answers: int = 3,
        threshold: float | None = None,
        strict: float | None = None,
        only: str | Sequence[str] = (),
        since: str = "",
        until: str = "",
        language: str = "",
        history: Sequence[Prediction] = (),
        quick: bool = False,
        collection: str | Sequence[str] = (),
    ) -> Prediction:
        """Answer a question; the arguments are those of :meth:`qa.pipeline.QA.ask`.

        ``strict`` stands for the threshold that :meth:`qa.pipeline.QA.threshold_for` returns.
        ``collection`` names one or more where a server has several, as the ids of their documents
        do; by default all are asked. One that is not there, or not for you, is a
        :class:`~qa.errors.NoCollection`.
        """
        sent = {
            "question": question,
            "top_k": top_k,
            "max_answers": max_answers,
            "threshold": threshold,
            "strict": strict,
            **_filters(only, since, until, language),
            "history": [prediction_to_dict(each) for each in history],
            "quick": quick,
            **_chosen(collection),
        }
        return prediction_from_dict(self._post("ask", sent))

    def ask_each(self, questions: Iterable[str], **options: Any) -> Iterator[Prediction | QAError]:
        """Yield what :meth:`ask` returns or raises for each of many questions, in their order.

        They are sent in batches, with the same ``options``.
        """
        batch: list[str] = []
        for question in questions:
            batch.append(question)
            if len(batch) == BATCH:
                yield from self._batch(batch, options)
                batch = []
        if batch:
            yield from self._batch(batch, options)

    def search(
        self,
        question: str,
        *,
        top_k: int = 10,
        only: str | Sequence[str] = (),
        since: str = "",
        until: str = "",
        language: str = "",
        collection: str | Sequence[str] = (),
    ) -> SearchResult:
        """Return the nearest passages; the arguments are those of :meth:`qa.pipeline.QA.search`.

        ``collection`` is that of :meth:`ask`.
        """
        filters = {**_filters(only, since, until, language), **_chosen(collection)}
        return search_from_dict(
            self._post("search", {"question": question, "top_k": top_k, **filters})
        )

    def documents(self, *, collection: str | Sequence[str] = ()) -> list[DocumentSummary]:
        """Return one summary per document, in the order of ids; see :meth:`ask`."""
        from qa.index import DocumentSummary

        found: list[DocumentSummary] = []
        after = ""
        while True:
            page = self._get("documents", limit=PAGE, after=after, **_chosen(collection))
            found += [
                DocumentSummary(
                    id=each["id"],
                    title=each["title"],
                    date=each["date"],
                    source=each["id"],
                    characters=each["characters"],
                    passages=each["passages"],
                    author=each["author"],
                    language=each["language"],
                )
                for each in page["documents"]
            ]
            if page["next"] is None:
                return found
            after = page["next"]

    def document(self, document_id: str) -> Document:
        """Return a document with its text and no blocks; KeyError for an unknown id."""
        values = self._opened(document_id)
        text = values["text"]
        while len(text) < values["characters"]:
            part = self._opened(document_id, start=len(text))
            if part["sha256"] != values["sha256"]:  # built again meanwhile
                values, text = self._opened(document_id), ""
                part = values
            text += part["text"]
        return Document(
            id=values["id"],
            text=text,
            sha256=values["sha256"],
            title=values["title"],
            date=values["date"],
            source=values["id"],
            blocks=(),
            pages=tuple(values["pages"]),
            author=values["author"],
            language=values["language"],
            notes=tuple(values["notes"]),
        )

    def check(self, quotation: Quotation) -> tuple[Quotation, Validity]:
        """Return a quotation with its place, and whether the document's words stand there."""
        from dataclasses import asdict, replace

        (found,) = self._post("verify", {"quotations": [asdict(quotation)]})["places"]
        place = replace(quotation, start=found["start"], end=found["end"])
        return place, found["verdict"]

    def is_outdated(self, document_id: str) -> bool:
        """Return whether a document changed or vanished since the build; KeyError if unknown."""
        return bool(self._opened(document_id, end=0)["outdated"])

    def info(self, *, collection: str | Sequence[str] = ()) -> dict[str, Any]:
        """Return what is served: counts, the files that were skipped, and thresholds."""
        return self._get("info", **_chosen(collection))

    @property
    def collections(self) -> tuple[str, ...]:
        """The names of the collections; none where one folder is served."""
        return tuple(each["name"] for each in self.info().get("collections", ()))

    @property
    def generation(self) -> str:
        """The name of the generation of the index that answers now."""
        return str(self.info()["generation"])

    @property
    def threshold(self) -> float:
        """The lowest probability shown as an answer, unless a question says otherwise."""
        return float(self.info()["threshold"])

    @property
    def possible(self) -> float:
        """The lowest probability shown as a possible answer."""
        return float(self.info()["possible"])

    def _opened(self, document_id: str, **part: int) -> dict[str, Any]:
        """Return a part of a document; KeyError for an unknown id."""
        if {".", "..", ""} & set(document_id.split("/")):  # another address, and no document
            raise KeyError(document_id)
        try:
            return self._get(f"documents/{quote(document_id, errors='replace')}", **part)
        except InvalidRequest as error:
            raise KeyError(document_id) from error

    def _batch(
        self, questions: Sequence[str], options: dict[str, Any]
    ) -> Iterator[Prediction | QAError]:
        from qa.api.problems import error_of_members

        history = [prediction_to_dict(each) for each in options.get("history", ())]
        shared = {**options, "history": history}
        lines = [json.dumps({"question": question, **shared}).encode() for question in questions]
        body = self._sent(
            "POST",
            "ask",
            content=b"\n".join(lines),
            headers={"content-type": "application/x-ndjson"},
        )
        answered = [json.loads(line) for line in body.splitlines() if line]
        if len(answered) != len(questions):
            raise ServiceError("the server broke off", "ask again")
        for values in answered:
            yield prediction_from_dict(values) if "verdict" in values else error_of_members(values)

    def _post(self, path: str, sent: dict[str, Any]) -> dict[str, Any]:
        body = json.dumps(sent).encode()
        return self._values(
            self._sent("POST", path, content=body, headers={"content-type": "application/json"})
        )

    def _get(self, path: str, **query: Any) -> dict[str, Any]:
        return self._values(self._sent("GET", path, params=query))

    def _values(self, body: bytes) -> dict[str, Any]:
        try:
            values: dict[str, Any] = json.loads(body)
        except ValueError as error:
            raise self._is_other() from error
        return values

    def _sent(self, method: str, path: str, **options: Any) -> bytes:
        """Send a request; return the body of the response, or raise what it reports."""
        import httpx

        from qa.api.problems import error_of

        try:
            response = self._http.request(method, path, **options)
        except httpx.HTTPError as error:
            raise ServiceError(
                f"{self.url} does not answer ({error or type(error).__name__})",
                "start it with `qa serve`, or give the address of the page",
            ) from error
        if not response.is_success:
            raise error_of(response.status_code, response.content)
        return response.content

    def _is_other(self) -> ServiceError:
        return ServiceError(
            f"{self.url} is not a server of Verbatim", "give the address of the page"
        )


def _filters(only: str | Sequence[str], since: str, until: str, language: str) -> dict[str, Any]:
    patterns = only if isinstance(only, str) else list(only)
    return {"only": patterns or [], "since": since, "until": until, "language": language}


def _chosen(collection: str | Sequence[str]) -> dict[str, Any]:
    names = [collection] if isinstance(collection, str) else list(collection)
    return {"collection": names} if names else {}
