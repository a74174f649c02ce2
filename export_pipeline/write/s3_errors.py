"""The one place where the errors of S3 and of its drivers become the project's: refused, overtaken, or not now.

botocore, aiohttp and s3fs sit on top of each other; s3fs hands on an OSError whose cause is the server's answer. That
answer's code decides, then the driver's class, then the operating system's number. No message quotes a request: its
headers are signed.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any, Final

from export_pipeline.errors import DestinationError, DestinationUnavailableError, ExportError, OvertakenError
from export_pipeline.write.os_errors import UNAVAILABLE

EXPIRED: Final = frozenset({"ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired", "RequestExpired"})
"""The credentials were good once: read them again."""

OVERTAKEN: Final = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "412"})
"""The object is not the one that was looked at: somebody else put another one there."""

ABSENT: Final = frozenset({"NoSuchKey", "NoSuchVersion", "404"})
"""There is no such object."""

GONE: Final = "NoSuchUpload"
"""Somebody aborted the upload, or it is an object by now."""

NOT_NOW: Final = frozenset(
    {
        *("SlowDown", "Throttling", "ThrottlingException", "ThrottledException", "RequestThrottledException"),
        *("RequestThrottled", "TooManyRequestsException", "ProvisionedThroughputExceededException"),
        *("RequestLimitExceeded", "BandwidthLimitExceeded", "LimitExceededException", "EC2ThrottledException"),
        *("TransactionInProgressException", "PriorRequestNotComplete", "ServiceUnavailable"),
        *("RequestTimeout", "RequestTimeoutException", "InternalError", "InternalFailure", "OperationAborted"),
        *("RestoreAlreadyInProgress", "409", "429", "500", "502", "503", "504", "509"),
        *("BadDigest", "IncompleteBody", "XAmzContentSHA256Mismatch"),  # damaged or cut on its way
        "InvalidPart",  # it was sent, and is not there
    }
)
"""The server has trouble, or too much to do: a retry may help."""

_RIGHTS = "give this account the right to do so in the bucket's policy (docs/published-files.md lists the actions)"
_KEYS = "check the access key and its secret"
_REGION = "check the region and the endpoint"

ADVICE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "AccessDenied": _RIGHTS,
        "AllAccessDisabled": _RIGHTS,
        "403": _RIGHTS,
        "InvalidAccessKeyId": _KEYS,
        "SignatureDoesNotMatch": _KEYS,
        "InvalidToken": "check the session token",
        "RequestTimeTooSkewed": "set this machine's clock",
        "NoSuchBucket": "create the bucket, or mend its name",
        "InvalidBucketName": "mend the bucket's name",
        "PermanentRedirect": _REGION,
        "TemporaryRedirect": _REGION,
        "Redirect": _REGION,
        "301": _REGION,
        "307": _REGION,
        "AuthorizationHeaderMalformed": _REGION,
        "IllegalLocationConstraintException": _REGION,
        "InvalidObjectState": "it was moved to an archive: restore it first",
        "KeyTooLongError": "choose a shorter prefix",
        "NotImplemented": "this server lacks what a safe publish needs: `export-pipeline check` says what",
        "501": "this server lacks what a safe publish needs: `export-pipeline check` says what",
        "EntityTooLarge": "export smaller partitions",
        "InvalidRange": "it changed while it was read: run again",
    }
)
_MEND = "mend the bucket or the settings of S3, then run again"
_GONE = "it is not there: if something removed it, keep that out of there and run again"
_LATER = "the storage may come back: run again later"
_MESSAGE_CHARS = 300
_SERVER_ERROR = 500


class AbsentError(DestinationError):
    """There is no such object."""


class UploadGoneError(DestinationUnavailableError):
    """There is no such upload: somebody aborted it, or it is an object by now."""


@contextmanager
def s3_errors(doing: str, where: str) -> Iterator[None]:
    """Turn whatever S3 and its drivers raise in the block into ours; `doing` and `where` say what was being done.

    Raises: OvertakenError, DestinationUnavailableError where a retry may help, else DestinationError.
    """
    try:
        yield
    except ExportError:
        raise
    except Exception as exc:
        raise s3_error(exc, doing, where) from exc


def s3_error(exc: BaseException, doing: str, where: str) -> ExportError:  # noqa: PLR0911 - a branch a kind
    """Return our error for one of S3's, botocore's, aiohttp's, s3fs's or the operating system's."""
    code = code_of(exc)
    fact = f"{doing} {where}: {_said(exc, code)}"
    if code in OVERTAKEN:
        return OvertakenError(f"{fact}; another export put something else there meanwhile: run again")
    if code in EXPIRED:
        return DestinationUnavailableError(f"{fact}; the credentials have expired, also when read anew: renew them")
    if code in ABSENT:
        return AbsentError(f"{fact}; {_GONE}")
    if code == GONE:
        return UploadGoneError(f"{fact}; something aborted it: run again, and keep that out of there")
    if code in NOT_NOW or (code is not None and code not in ADVICE and _status(exc) >= _SERVER_ERROR):
        return DestinationUnavailableError(f"{fact}; {_LATER}")
    if code is not None:
        return DestinationError(f"{fact}; {ADVICE.get(code, _MEND)}")
    return _driver_error(exc, fact)


def code_of(exc: BaseException) -> str | None:
    """Return the server's error code behind `exc`, if the server answered."""
    answer = _answer(exc)
    return None if answer is None else str(answer.get("Error", {}).get("Code", ""))


def _driver_error(exc: BaseException, fact: str) -> ExportError:
    """Judge what never was an answer of the server."""
    import aiohttp  # noqa: PLC0415 - 0.2 s that only those who use a bucket pay
    from botocore import exceptions as driver  # noqa: PLC0415
    from botocore.parsers import ResponseParserError  # noqa: PLC0415

    if isinstance(exc, FileNotFoundError):  # s3fs looked for it itself
        return AbsentError(f"{fact}; {_GONE}")
    if isinstance(exc, driver.NoCredentialsError | driver.PartialCredentialsError):
        return DestinationError(f"{fact}; give an access key, a profile, or a role to this machine")
    if isinstance(exc, driver.SSLError):
        return DestinationError(f"{fact}; check the endpoint's certificate, or trust it with AWS_CA_BUNDLE")
    if isinstance(exc, driver.EndpointConnectionError):
        return DestinationUnavailableError(f"{fact}; check EXPORT_S3_ENDPOINT_URL, and that it can be reached")
    passing = (
        *(
            driver.ConnectionError,
            driver.HTTPClientError,
            driver.ResponseStreamingError,
            driver.IncompleteReadError,
            ResponseParserError,
        ),
        *(driver.CredentialRetrievalError, driver.MetadataRetrievalError, driver.CapacityNotAvailableError),
        *(driver.ChecksumError, driver.FlexibleChecksumError, aiohttp.ClientError, TimeoutError),
    )
    if isinstance(exc, passing) or (isinstance(exc, OSError) and exc.errno in UNAVAILABLE):
        return DestinationUnavailableError(f"{fact}; {_LATER}")
    return DestinationError(f"{fact}; {_MEND}")


def _said(exc: BaseException, code: str | None) -> str:
    """Return what happened in one line: the server's own words, or the driver's class."""
    answer = _answer(exc)
    if answer is None:
        return type(exc.__cause__ or exc).__name__
    words = " ".join(str(answer.get("Error", {}).get("Message", "")).split())[:_MESSAGE_CHARS]
    return f"{words or 'no reason given'} ({code or _status(exc)})"


def _status(exc: BaseException) -> int:
    return int((_answer(exc) or {}).get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def _answer(exc: BaseException | None) -> Mapping[str, Any] | None:
    """Return the server's answer behind `exc`, which s3fs may have wrapped more than once."""
    while exc is not None:
        if isinstance(answer := getattr(exc, "response", None), dict):
            return answer
        exc = exc.__cause__
    return None
