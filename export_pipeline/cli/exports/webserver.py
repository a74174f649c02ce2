"""Asks a Dagster webserver by GraphQL, as its pages do. A login is taken from the URL or from `~/.netrc`."""

from typing import Any, Final
from urllib.parse import urlsplit

from gql import Client, GraphQLRequest
from gql.transport.exceptions import (
    TransportConnectionFailed,
    TransportError,
    TransportQueryError,
    TransportServerError,
)
from gql.transport.requests import RequestsHTTPTransport

from export_pipeline.errors import ConfigError, TransientError

Answer = Any
"""Whatever shape the query asked for."""

_TIMEOUT_S: Final = 60
_SERVER_ERROR: Final = 500


def _address(url: str) -> str:
    """Return the address without the account and the password that it may hold. Raises: ConfigError."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:  # a port beyond 65535, half of a bracket
        parts, port = urlsplit(""), None
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ConfigError("--url: it is no address of a webserver; write http://host:3000") from None
    return f"{parts.scheme}://{parts.hostname}{f':{port}' if port else ''}"


class Webserver:
    """The webserver at `url`: that of its start page, or of its `/graphql`."""

    def __init__(self, url: str) -> None:
        self.where = _address(url)
        endpoint = url.rstrip("/").removesuffix("/graphql") + "/graphql"
        transport = RequestsHTTPTransport(endpoint, timeout=_TIMEOUT_S)
        self._client = Client(transport=transport, fetch_schema_from_transport=False)

    def ask(self, query: str, **variables: object) -> Answer:
        """Return the answer's data. Raises: TransientError when it does not answer, ConfigError when it refuses."""
        try:
            return self._client.execute(GraphQLRequest(query, variable_values=variables))
        except TransportConnectionFailed as error:
            raise TransientError(
                f"{self.where}: does not answer ({type(error.__cause__).__name__}); see that it runs and can be reached"
            ) from error
        except TransportServerError as error:
            if error.code is not None and error.code >= _SERVER_ERROR:
                raise TransientError(f"{self.where}: has trouble ({error.code}); try again later") from error
            raise ConfigError(
                f"{self.where}: refuses the request ({error.code}); behind a login, write https://name:password@host "
                "or have the account in ~/.netrc"
            ) from error
        except TransportQueryError as error:
            said = "; ".join(str(one.get("message")) for one in error.errors or ())
            raise ConfigError(f"{self.where}: refuses the query ({said}); is it Dagster of this version?") from error
        except TransportError as error:
            raise ConfigError(
                f"{self.where}: answers, but not as a Dagster webserver; check the address, and what stands before it"
            ) from error
