"""The system's own programs take our files: systemd the units, nginx the login in front of both webservers."""

import base64
import json
import re
import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from http.client import HTTPSConnection
from pathlib import Path

import pytest

from export_pipeline_tests.processes import free_port, wait_until
from export_pipeline_tests.project.conftest import MakeMachine
from export_pipeline_tests.project.services import (
    DEPLOY,
    ROOT,
    Machine,
    Service,
    compose_services,
    is_healthy,
    run_service,
)

pytestmark = [pytest.mark.system, pytest.mark.timeout(300)]

_MAIN = """
daemon off;
user root;
pid {folder}/nginx.pid;
error_log stderr;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/export-pipeline.conf;
}}
"""
_TERMINATE = json.dumps({"query": 'mutation {terminateRun(runId: "none") {__typename}}'})


@dataclass(frozen=True, slots=True)
class Proxy:
    """An nginx with our configuration; `port` is its TLS port."""

    port: int
    certificate: Path

    def ask(self, host: str, login: str | None, **headers: str) -> str:
        """Ask a host to end a run, as a browser does; return what the webserver says, or nginx's status."""
        status, body = self._request("POST", host, login, headers)
        return str(json.loads(body)["data"]["terminateRun"]["__typename"]) if status == HTTPStatus.OK else str(status)

    def upgrade(self, host: str, login: str | None) -> int:
        """Ask for a WebSocket, as the pages do; return the status."""
        headers = {
            "Connection": "Upgrade",
            "Upgrade": "websocket",
            "Sec-WebSocket-Key": base64.b64encode(b"0123456789abcdef").decode(),
            "Sec-WebSocket-Protocol": "graphql-ws",
            "Sec-WebSocket-Version": "13",
        }
        return self._request("GET", host, login, headers)[0]

    def _request(self, method: str, host: str, login: str | None, headers: Mapping[str, str]) -> tuple[int, bytes]:
        trusted = ssl.create_default_context(cafile=self.certificate)
        trusted.check_hostname = False
        given = {"Host": host, "Content-Type": "application/json"} | dict(headers)
        if login:
            given["Authorization"] = f"Basic {base64.b64encode(login.encode()).decode()}"
        with closing(HTTPSConnection("127.0.0.1", self.port, context=trusted, timeout=30)) as connection:
            connection.request(method, "/graphql", _TERMINATE if method == "POST" else None, given)
            with connection.getresponse() as answer:
                return answer.status, b"" if answer.status == HTTPStatus.SWITCHING_PROTOCOLS else answer.read()


def configuration(page: str, machine: Machine, folder: Path, tls: int) -> str:
    """Return the page's configuration with this machine's ports and files."""
    local = {"443": str(tls), "listen 80": f"listen {free_port()}", "/etc/ssl/exports.example.com": str(folder)}
    local |= {"/etc/nginx": str(folder), "127.0.0.1:4180": f"127.0.0.1:{free_port()}"}
    for name, value in local.items():
        page = page.replace(name, value)
    return machine.local(page)


@pytest.fixture(scope="module")
def machine(make_machine: MakeMachine) -> Machine:
    return make_machine()


@pytest.fixture(scope="module")
def files(machine: Machine) -> Path:
    """Give a folder with a certificate and the two lists of people: ann may change things, bob may look."""
    folder = machine.folder
    certificate = "openssl req -x509 -nodes -newkey rsa:2048 -subj /CN=localhost -keyout privkey.pem -out fullchain.pem"
    subprocess.run(certificate.split(), cwd=folder, check=True, capture_output=True)
    for people, who in (("editors", "ann"), ("viewers", "bob")):
        word = subprocess.run(["openssl", "passwd", "-apr1", f"{who}s"], check=True, capture_output=True, text=True)
        (folder / f"exports-{people}.htpasswd").write_text(f"{who}:{word.stdout}", encoding="utf-8")
    (folder / "nginx.conf").write_text(_MAIN.format(folder=folder), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def proxy(machine: Machine, files: Path) -> Iterator[Proxy]:
    """Run nginx before both webservers."""
    tls = free_port()
    page = (DEPLOY / "nginx" / "export-pipeline.conf").read_text(encoding="utf-8")
    (files / "export-pipeline.conf").write_text(configuration(page, machine, files, tls), encoding="utf-8")
    services = {service.name: service for service in compose_services(machine)}
    nginx = Service("nginx", _nginx(files), {})
    with (
        run_service(services["webserver"], files),
        run_service(services["viewer"], files),
        run_service(nginx, files),
    ):
        for name in ("webserver", "viewer"):
            wait_until(partial(is_healthy, services[name]), 120, name)
        wait_until(lambda: _listens(tls), 30, lambda: (files / "nginx.log").read_text(encoding="utf-8"))
        yield Proxy(tls, files / "fullchain.pem")


def _nginx(folder: Path) -> list[str]:
    program = shutil.which("nginx")
    assert program, "nginx is missing: apt-get install nginx"
    return [program, "-p", str(folder), "-c", str(folder / "nginx.conf")]


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.parametrize("host", ["exports.example.com", "view.exports.example.com"])
@pytest.mark.parametrize("login", [None, "ann:wrong", "eve:anns"])
def test_nobody_comes_in_without_a_login(proxy: Proxy, host: str, login: str | None) -> None:
    assert proxy.ask(host, login) == "401"
    assert proxy.upgrade(host, login) == 401


def test_editors_reach_the_webserver_that_changes_things(proxy: Proxy) -> None:
    assert proxy.ask("exports.example.com", "ann:anns") == "RunNotFoundError"
    assert proxy.upgrade("exports.example.com", "ann:anns") == 101


def test_viewers_reach_the_one_that_refuses_changes_and_no_other(proxy: Proxy) -> None:
    assert proxy.ask("view.exports.example.com", "bob:bobs") == "UnauthorizedError"
    assert proxy.upgrade("view.exports.example.com", "bob:bobs") == 101
    assert proxy.ask("exports.example.com", "bob:bobs") == "401"


def test_a_page_of_another_site_does_nothing_in_an_editors_name(proxy: Proxy) -> None:
    assert proxy.ask("exports.example.com", "ann:anns", Origin="https://evil.example.com") == "403"
    assert proxy.ask("exports.example.com", "ann:anns", Origin="https://exports.example.com") == "RunNotFoundError"


def test_nginx_takes_the_page_with_single_sign_on(machine: Machine, files: Path, tmp_path: Path) -> None:
    page = (DEPLOY / "nginx" / "export-pipeline.conf").read_text(encoding="utf-8")
    (lines,) = re.findall(r"```nginx oauth2\n(.*?)```", (ROOT / "docs/behind-a-login.md").read_text(), re.DOTALL)
    signed_on, replaced = re.subn(r"    auth_basic .*\n    auth_basic_user_file .*\n", lambda _: lines, page)
    assert replaced == 2
    local = configuration(signed_on, machine, files, free_port())
    (tmp_path / "export-pipeline.conf").write_text(local, encoding="utf-8")
    (tmp_path / "nginx.conf").write_text(_MAIN.format(folder=tmp_path), encoding="utf-8")
    done = subprocess.run([*_nginx(tmp_path), "-t"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_systemd_takes_the_units(tmp_path: Path) -> None:
    for unit in (DEPLOY / "systemd").iterdir():
        text = re.sub(r"/opt/export-pipeline/.venv/bin/\S+", "/bin/true", unit.read_text(encoding="utf-8"))
        (tmp_path / unit.name).write_text(text, encoding="utf-8")
    units = [str(path) for path in tmp_path.iterdir()]
    verify = ["systemd-analyze", "verify", "--recursive-errors=no", *units]
    done = subprocess.run(verify, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
