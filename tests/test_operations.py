"""What whoever runs a server needs: logs, numbers, an end without harm, and deployment."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
import yaml
from fastapi import FastAPI
from serving import gradio_warnings, write_documents
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient
from waiting import until

from qa.access import Access, Guard, Users
from qa.access.metrics import Metrics
from qa.access.traffic import Log, Traffic
from qa.pipeline import QA
from qa.web.server import Server

pytestmark = [gradio_warnings, pytest.mark.usefixtures("networks")]

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / ".deploy"
HOME = "http://127.0.0.1:7860"
QUESTION = "Who designed the lighthouse of Rerik?"


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    base = tmp_path_factory.mktemp("operations")
    folder = write_documents(base / "documents")
    QA.build(folder, base / "index")
    return base


def watched(app, *, access=None, client=("127.0.0.1", 1), **options):
    traffic = Traffic(Guard(app, access=access or Access()), **options)
    return traffic, TestClient(traffic, base_url=HOME, client=client)


def hello(*methods):
    return Starlette(
        routes=[Route("/{path:path}", lambda _: PlainTextResponse("hello"), methods=methods)]
    )


def test_each_request_is_a_line_without_its_query_or_secrets(tmp_path):
    lines = []
    users = Users(tmp_path / "users.sqlite")
    users.add("ada", "correct horse battery")
    token = users.tokens.add("ada")
    access = Access(users=users)
    _, client = watched(hello("GET", "POST"), access=access, log=Log(lines.append))
    headers = {"authorization": f"Bearer {token}", "cookie": "a=secret"}
    client.get(f"/x?q={QUESTION}", headers=headers)
    client.get("/a%0a%1b[31mb")
    client.get("/x", headers={"host": "evil.example"})
    first, second, third = map(json.loads, lines)
    assert {key: first[key] for key in ("event", "method", "path", "status", "user", "client")} == {
        "event": "request",
        "method": "GET",
        "path": "/x",
        "status": 200,
        "user": "ada",
        "client": "127.0.0.1",
    }
    assert (second["status"], second["path"]) == (401, "/a\n\x1b[31mb")
    assert third["status"] == 403
    text = "".join(lines)
    assert text.isascii()
    assert text.isprintable()
    for secret in ("lighthouse", token, "secret"):
        assert secret not in text


def test_a_proxy_that_is_believed_names_the_client():
    lines = []
    access = Access.of("127.0.0.1", proxies=["10.0.0.0/8"])
    _, client = watched(hello("GET"), access=access, client=("10.0.0.1", 1), log=Log(lines.append))
    client.get("/x", headers={"x-forwarded-for": "9.9.9.9"})
    assert json.loads(lines[0])["client"] == "9.9.9.9"


@pytest.mark.parametrize("with_questions", [False, True])
def test_questions_are_logged_only_where_that_was_asked_for(place, with_questions):
    lines, metrics = [], Metrics()
    log = Log(lines.append, with_questions=with_questions)
    qa = QA.open(place / "index").observed(log.prediction).observed(metrics.prediction)
    prediction = qa.ask(QUESTION)
    line = json.loads(lines[0])
    assert (line["event"], line["verdict"]) == ("question", prediction.verdict)
    assert line.get("question") == (QUESTION if with_questions else None)
    assert ("lighthouse" in lines[0]) == with_questions
    _, client = watched(metrics)
    told = client.get("/metrics").text
    assert f'verbatim_questions_total{{verdict="{prediction.verdict}"}} 1.0' in told
    assert "lighthouse" not in told


def test_numbers_have_no_word_of_a_visitor():
    metrics = Metrics()
    _, client = watched(hello("GET", "POST"), metrics=metrics)
    for path in ("/x", "/secret", "/metrics"):
        client.get(path)
    client.request("SECRET", "/x")
    _, asking = watched(metrics)
    told = asking.get("/metrics").text
    assert 'verbatim_requests_total{method="GET",status="200"} 2.0' in told
    assert 'method="other"' in told
    assert "secret" not in told.lower()
    assert "process_resident_memory_bytes" in told or sys.platform != "linux"


@pytest.mark.parametrize(
    ("host", "client", "headers", "status"),
    [
        ("127.0.0.1", "127.0.0.1", {}, 200),
        ("0.0.0.0", "127.0.0.1", {}, 200),
        ("0.0.0.0", "10.0.0.9", {}, 403),
        ("0.0.0.0", "127.0.0.1", {"x-forwarded-for": "127.0.0.1"}, 403),
        ("0.0.0.0", "127.0.0.1", {"forwarded": "for=127.0.0.1"}, 403),
        ("0.0.0.0", "127.0.0.1", {"via": "1.1 proxy"}, 403),
    ],
)
def test_without_users_numbers_are_for_this_machine(host, client, headers, status):
    _, visitor = watched(Metrics(), access=Access(host), client=(client, 1))
    assert visitor.get("/metrics", headers=headers).status_code == status


def test_with_users_numbers_want_a_token(tmp_path):
    users = Users(tmp_path / "users.sqlite")
    users.add("ada", "correct horse battery")
    _, client = watched(Metrics(), access=Access(users=users))
    assert client.get("/metrics").status_code == 401
    token = {"authorization": f"Bearer {users.tokens.add('ada')}"}
    assert client.get("/metrics", headers=token).status_code == 200


def test_a_server_that_is_closing_begins_nothing_new():
    traffic, client = watched(hello("GET", "POST"))
    traffic.is_closing = True
    refused = client.post("/api/ask", headers={"origin": HOME})
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "10")
    assert client.get("/gradio_api/queue/data").status_code == 200  # the answer to an older one
    assert client.get("/api/health/ready").status_code == 503


def test_a_proxy_may_keep_a_connection_for_its_next_request():
    proxy_keeps_s = 60  # nginx, unless told otherwise
    assert Server(lambda: FastAPI()).config.timeout_keep_alive > proxy_keeps_s


class Held:
    """A server in a process of its own, where a question waits for ``let_go``."""

    def __init__(self, process):
        self.process = process
        self.url = re.search(r"http://\S+", process.stderr.readline())[0]
        self.told, self.answers = [], []
        self._reading = threading.Thread(target=lambda: self.told.extend(process.stderr))
        self._reading.start()
        until(lambda: httpx.get(f"{self.url}/api/health/ready").status_code == 200)

    def ask(self, **options):
        """Ask in a thread, and wait until the question is being answered."""

        def ask():
            try:
                self.answers.append(httpx.post(f"{self.url}/api/ask", timeout=300, **options))
            except httpx.HTTPError as error:
                self.answers.append(error)

        self._asking = threading.Thread(target=ask)
        self._asking.start()
        while self.process.stdout.readline() != "asked\n":
            assert self.process.poll() is None

    def let_go(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def end(self):
        """Wait until it has ended; return its status and all that it printed."""
        self._asking.join(300)
        status = self.process.wait(300)
        self._reading.join(300)
        return status, "".join(self.told)


@contextmanager
def held(place, more=""):
    code = f"""
import sys, time
from qa import pipeline
from qa.web import server, serving
{more}
asked = pipeline.QA.ask
def slow(self, question, **options):
    if {QUESTION!r} == question and options.get("quick"):  # the page looks for examples, too
        print("asked", flush=True)
        sys.stdin.readline()
    return asked(self, question, **options)
pipeline.QA.ask = slow
from qa.cli import main
sys.exit(main(["serve", {str(place / "documents")!r}, "--index", {str(place / "index")!r},
               "--port", "0", "--log", "--no-watch"]))
"""
    with subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "NO_COLOR": "1"},
    ) as process:
        try:
            yield Held(process)
        finally:
            process.kill()


@pytest.mark.posix
def test_a_running_answer_is_finished_on_sigterm(place):
    """Begin a question, ask the server to end, and still get the answer."""
    with held(place) as running:
        running.ask(json={"question": QUESTION, "quick": True})
        running.process.send_signal(signal.SIGTERM)
        other = {"question": "Who founded the library?"}
        until(lambda: httpx.post(f"{running.url}/api/ask", json=other).status_code == 503)
        running.let_go()
        status, told = running.end()
    assert running.answers[0].json()["answers"][0]["text"].startswith("Ada Blum")
    assert status == 0
    lines = [json.loads(line) for line in running.told if line.startswith("{")]
    assert {"request", "question"} <= {line["event"] for line in lines}
    assert "lighthouse" not in told
    assert "Traceback" not in told


@pytest.mark.posix
@pytest.mark.parametrize("first", [signal.SIGINT, signal.SIGTERM])
def test_who_does_not_wait_gets_a_whole_answer_and_an_end_in_order(place, first):
    """The question that runs is answered, the rest of its batch refused, line by line."""
    lines = [json.dumps({"question": QUESTION, "quick": True})] * 3
    headers = {"content-type": "application/x-ndjson"}
    with held(place) as running:
        running.ask(content="\n".join(lines), headers=headers)
        running.process.send_signal(first)
        until(lambda: is_refused(f"{running.url}/api/health/ready"))
        if first == signal.SIGTERM:
            running.process.send_signal(first)
        until(lambda: is_refused(f"{running.url}/api/health"))
        running.let_go()
        status, told = running.end()
    first, *rest = map(json.loads, running.answers[0].text.splitlines())
    assert first["answers"][0]["text"].startswith("Ada Blum")
    assert [each["problem"] for each in rest] == ["the server is stopping"] * 2
    assert (status, "Traceback" in told) == (0, False)


@pytest.mark.posix
def test_a_server_ends_in_order_although_an_answer_does_not(place):
    short = "server.LEAVE_S, server.CANCEL_S, serving.END_S, server.GRACE_S = 0.5, 2, 1, 1"
    with held(place, short) as running:
        running.ask(json={"question": QUESTION, "quick": True})
        running.process.send_signal(signal.SIGTERM)
        status, told = running.end()
    assert isinstance(running.answers[0], httpx.RemoteProtocolError)
    assert (status, "Traceback" in told) == (0, False)


def is_refused(url):
    try:
        return httpx.get(url).status_code != 200
    except httpx.TransportError:  # as it closes, or since it has
        return True


# Root may write whatever a file's permissions say, unless these rights are taken from it.
BOUND = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]


def status_of(running):
    return httpx.get(f"{running.url}/library/status").json()


def all_below(place):
    return {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in place.rglob("*")}


@pytest.mark.posix
def test_a_read_only_index_is_served_without_the_documents_that_changed(tmp_path):
    """What cannot be built anew is left out and said so, the rest is answered from."""
    bound = BOUND if os.getuid() == 0 else []
    if bound and not shutil.which("setpriv"):
        pytest.skip("setpriv, of util-linux, is not installed: root may write everywhere")
    folder, index = write_documents(tmp_path / "documents"), tmp_path / "index"
    QA.build(folder, index)  # and opened, which leaves a lock in it
    (folder / "library.txt").write_text("The library of Kassel\n\nIt is closed.\n", "utf-8")
    (folder / "engineers.txt").unlink()
    for path in (*index.rglob("*"), index, tmp_path):
        path.chmod(0o500 if path.is_dir() else 0o400)
    before = all_below(index)
    command = [*bound, sys.executable, "-m", "qa", "serve", folder, "--index", index]
    with subprocess.Popen(
        [*command, "--port", "0", "--quick"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "NO_COLOR": "1"},
    ) as process:
        try:
            running = Held(process)
            until(lambda: status_of(running)["trouble"])
            said = status_of(running)["trouble"]
            questions = QUESTION, "Who founded the library of Kassel?"
            known, changed = (
                httpx.post(
                    f"{running.url}/api/ask", json={"question": question, "strict": 0}
                ).json()
                for question in questions
            )
        finally:
            process.terminate()
            process.wait(300)
            for place, _, _ in os.walk(tmp_path):
                Path(place).chmod(0o700)
    assert "cannot be written" in said
    assert known["answers"][0]["document"] == "lighthouse.txt"
    assert known["outdated"] == changed["outdated"] == ["engineers.txt", "library.txt"]
    quoted = [each["document"] for each in (*changed["answers"], *changed["candidates"])]
    assert not {"engineers.txt", "library.txt"} & set(quoted)
    assert (all_below(index), "Traceback" in "".join(running.told)) == (before, False)


# What deploys it: the image is built by the workflow, the unit checked by systemd where that is.


def test_the_image_runs_as_nobody_in_particular_and_takes_only_what_it_needs():
    steps = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    final = steps[steps.rindex("FROM ") :]
    assert re.search(r"^USER 10001$", final, re.MULTILINE)
    assert final.index("USER ") < final.index("ENTRYPOINT")
    assert "http://127.0.0.1:7860/api/health" in final
    assert not re.search(r"ADD |curl|wget|sudo", steps)
    kept = (ROOT / ".dockerignore").read_text().splitlines()
    assert kept[0] == "*"
    for name in kept[1:]:
        if name.startswith("!"):
            assert (ROOT / name[1:]).exists(), name
    named = set(re.findall(r"[\w./]+", " ".join(kept)))
    assert {"pyproject.toml", "constraints.txt", "qa", "LICENSES", "NOTICE"} <= named


def commands():
    """Every command line of `qa serve` in the files that deploy it."""
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
    yield compose["services"]["verbatim"]["command"].replace("${NAME:-localhost}", "docs.example")
    steps = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    yield " ".join(json.loads(steps[steps.index('CMD ["serve') + 4 :]))
    unit = (DEPLOY / "verbatim.service").read_text(encoding="utf-8")
    name = re.search(r"^Environment=NAME=(\S+)$", unit, re.MULTILINE)[1]
    yield re.search(r"ExecStart=\S+/qa (.*)", unit)[1].replace("${NAME}", name)


@pytest.mark.parametrize("command", list(commands()))
def test_every_option_in_them_exists(command):
    from qa.cli.serve import serve

    name, *arguments = command.split()
    assert name == "serve"
    context = serve.make_context("serve", arguments)
    assert context.params["log"]


def test_the_container_may_do_nothing_but_serve():
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
    service = compose["services"]["verbatim"]
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert service["networks"] == ["inside"]
    assert compose["networks"]["inside"]["internal"]
    assert "ports" not in service
    subnet = compose["networks"]["inside"]["ipam"]["config"][0]["subnet"]
    assert f"--trust-proxy {subnet}" in service["command"]
    assert service["mem_limit"]
    assert service["pids_limit"]


needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd is not installed"
)


@pytest.fixture
def unit(tmp_path):
    """The unit with a program that is on this machine, too."""
    words = (DEPLOY / "verbatim.service").read_text(encoding="utf-8")
    assert words.count("/opt/verbatim/bin/qa serve") == 1
    path = tmp_path / "verbatim.service"
    path.write_text(words.replace("/opt/verbatim/bin/qa serve", f"{sys.executable} serve"))
    return path


def analyzed(*arguments):
    environment = {**os.environ, "SYSTEMD_LOG_COLOR": "0", "LC_ALL": "C.UTF-8"}
    return subprocess.run(
        ["systemd-analyze", *map(str, arguments)], capture_output=True, text=True, env=environment
    )


@needs_systemd
def test_systemd_understands_every_line_of_the_unit(unit):
    done = analyzed("verify", "--man=no", unit)
    assert (done.returncode, done.stderr) == (0, "")
    unit.write_text(unit.read_text().replace("ProtectSystem=strict", "ProtectSystems=strict"))
    assert "ProtectSystems" in analyzed("verify", "--man=no", unit).stderr


@needs_systemd
def test_the_unit_may_do_little(unit):
    """Of ten points of exposure it has at most three and a half; what has no walls has nine."""
    assert analyzed("security", "--offline=true", "--threshold=35", unit).returncode == 0
    bare = re.sub(r"(?m)^(Protect|Restrict|Private|NoNew|Capab|IPAdd).*$", "", unit.read_text())
    unit.write_text(bare)
    assert analyzed("security", "--offline=true", "--threshold=35", unit).returncode != 0


def test_the_unit_tells_visitors_behind_a_proxy_apart():
    from qa.access import Access
    from qa.access.origin import without_proxy
    from qa.cli.serve import serve

    *_, command = commands()
    given = serve.make_context("serve", command.split()[1:]).params
    access = Access.of(
        given["host"] or "127.0.0.1", hosts=given["allow_host"], proxies=given["trust_proxy"]
    )
    assert access.knows("docs.example.org")
    for visitor in ("192.0.2.1", "192.0.2.2"):
        headers = [(b"host", b"docs.example.org"), (b"x-forwarded-for", visitor.encode())]
        scope = {"client": ("127.0.0.1", 1), "headers": headers, "scheme": "http"}
        assert without_proxy(scope, access.proxies)["client"][0] == visitor
    unit = (DEPLOY / "verbatim.service").read_text(encoding="utf-8")
    for limit in ("MemoryMax", "TasksMax"):
        assert re.search(rf"^{limit}=\w+$", unit, re.MULTILINE), limit
