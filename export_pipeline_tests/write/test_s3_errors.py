"""Every error that the drivers know is decided here: an error that a new version adds makes these tests fail."""

import errno
import inspect
import json
import os
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import botocore.session
import pytest
from botocore import exceptions as driver
from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError
from botocore.retries.standard import ThrottledRetryableChecker, TransientRetryableChecker
from fsspec.exceptions import FSTimeoutError
from s3fs.errors import ERROR_CODE_TO_EXCEPTION, translate_boto_error
from s3fs.utils import FileExpired

from export_pipeline.errors import (
    DestinationError,
    DestinationUnavailableError,
    OvertakenError,
    PermanentError,
    TransientError,
)
from export_pipeline.write.os_errors import UNAVAILABLE
from export_pipeline.write.s3_errors import ADVICE, EXPIRED, NOT_NOW, AbsentError, UploadGoneError, s3_error, s3_errors

WHERE = "s3://bucket/logs/data.parquet"

TRANSIENT_CODES = {
    *("409", "412", "429", "500", "502", "503", "504", "509"),
    *("BadDigest", "BandwidthLimitExceeded", "EC2ThrottledException", "ExpiredToken", "IncompleteBody"),
    *("InternalError", "InvalidPart", "LimitExceededException", "NoSuchUpload", "OperationAborted"),
    *("PreconditionFailed", "PriorRequestNotComplete", "ProvisionedThroughputExceededException"),
    *("RequestLimitExceeded", "RequestThrottled", "RequestThrottledException", "RequestTimeout"),
    *("RequestTimeoutException", "RestoreAlreadyInProgress", "ServiceUnavailable", "SlowDown", "ThrottledException"),
    *("Throttling", "ThrottlingException", "TokenRefreshRequired", "TooManyRequestsException"),
    "TransactionInProgressException",
}
PERMANENT_CODES = {
    *("301", "307", "400", "403", "404", "405", "416", "501", "AccessDenied", "AccountProblem", "AllAccessDisabled"),
    *("AmbiguousGrantByEmailAddress", "AnnotationLimitExceeded", "AnnotationNameTooLong"),
    *("AuthorizationHeaderMalformed", "BucketAlreadyExists", "BucketAlreadyOwnedByYou", "BucketNotEmpty"),
    *("CredentialsNotSupported", "CrossLocationLoggingProhibited", "EncryptionTypeMismatch", "EntityTooLarge"),
    *("EntityTooSmall", "IdempotencyParameterMismatch", "IllegalLocationConstraintException"),
    *("IllegalVersioningConfigurationException", "IncorrectNumberOfFilesInPostRequest", "InlineDataTooLarge"),
    *("InvalidAccessKeyId", "InvalidAddressingHeader", "InvalidAnnotationName", "InvalidArgument"),
    *("InvalidBucketName", "InvalidBucketState", "InvalidDigest", "InvalidEncryptionAlgorithmError"),
    *("InvalidLocationConstraint", "InvalidObjectState", "InvalidPartOrder", "InvalidPayer"),
    *("InvalidPolicyDocument", "InvalidPrefix", "InvalidRange", "InvalidRequest", "InvalidSOAPRequest"),
    *("InvalidSecurity", "InvalidStorageClass", "InvalidTargetBucketForLogging", "InvalidToken", "InvalidURI"),
    *("InvalidWriteOffset", "KeyTooLongError", "MalformedACLError", "MalformedPOSTRequest", "MalformedXML"),
    *("MaxMessageLengthExceeded", "MaxPostPreDataLengthExceededError", "MetadataTooLarge", "MethodNotAllowed"),
    *("MissingAttachment", "MissingContentLength", "MissingRequestBodyError", "MissingSecurityElement"),
    *("MissingSecurityHeader", "NoLoggingStatusForKey", "NoSuchAnnotation", "NoSuchBucket", "NoSuchBucketPolicy"),
    *("NoSuchKey", "NoSuchLifecycleConfiguration", "NoSuchVersion", "NotImplemented", "NotSignedUp"),
    *("ObjectAlreadyInActiveTierError", "ObjectNotInActiveTierError", "PermanentRedirect", "Redirect"),
    *("RequestIsNotMultiPartContent", "RequestTimeTooSkewed", "RequestTorrentOfBucketError"),
    *("SignatureDoesNotMatch", "TemporaryRedirect", "TooManyBuckets", "TooManyParts", "UnexpectedContent"),
    *("UnresolvableGrantByEmailAddress", "UnsupportedMediaType", "UserKeyMustBeSpecified"),
}

TRANSIENT_CLASSES = {
    *("CapacityNotAvailableError", "ChecksumError", "ConnectTimeoutError", "ConnectionClosedError"),
    *("ConnectionError", "CredentialRetrievalError", "EndpointConnectionError", "FlexibleChecksumError"),
    *("HTTPClientError", "IncompleteReadError", "MetadataRetrievalError", "ProxyConnectionError"),
    *("ReadTimeoutError", "ResponseStreamingError"),
}
PERMANENT_CLASSES = {
    *("AliasConflictParameterError", "ApiVersionNotFoundError", "AwsChunkedWrapperError"),
    *("BaseEndpointResolverError", "BotoCoreError", "ClientError", "ConfigNotFound", "ConfigParseError"),
    *("DataNotFoundError", "EndpointProviderError", "EndpointResolutionError", "EndpointVariantError"),
    *("EventStreamError", "InfiniteLoopConfigError", "InvalidChecksumConfigError", "InvalidConfigError"),
    *("InvalidDNSNameError", "InvalidDefaultsMode", "InvalidEndpointConfigurationError"),
    *("InvalidEndpointDiscoveryConfigurationError", "InvalidExpressionError", "InvalidHostLabelError"),
    *("InvalidIMDSEndpointError", "InvalidIMDSEndpointModeError", "InvalidMaxRetryAttemptsError"),
    *("InvalidProxiesConfigError", "InvalidRegionError", "InvalidRetryConfigurationError"),
    *("InvalidRetryModeError", "InvalidS3AddressingStyleError", "InvalidS3UsEast1RegionalEndpointConfigError"),
    *("InvalidSTSRegionalEndpointsConfigError", "LoginAuthorizationCodeError", "LoginError"),
    *("LoginInsufficientPermissions", "LoginRefreshRequired", "LoginTokenLoadError", "MD5UnavailableError"),
    *("MissingDependencyException", "MissingParametersError", "MissingServiceIdError", "NoAuthTokenError"),
    *("NoCredentialsError", "NoRegionError", "OperationNotPageableError", "PaginationError"),
    *("ParamValidationError", "PartialCredentialsError", "ProfileNotFound", "RangeError"),
    *("RefreshWithMFAUnsupportedError", "SSLError", "SSOError", "SSOTokenLoadError", "ServiceNotInRegionError"),
    *("StubAssertionError", "StubResponseError", "TokenRetrievalError", "UnStubbedResponseError"),
    *("UnauthorizedSSOTokenError", "UndefinedModelAttributeError", "UnknownClientMethodError"),
    *("UnknownCredentialError", "UnknownEndpointError", "UnknownEndpointResolutionBuiltInName"),
    *("UnknownFIPSEndpointError", "UnknownKeyError", "UnknownParameterError", "UnknownRegionError"),
    *("UnknownServiceError", "UnknownServiceStyle", "UnknownSignatureVersionError", "UnknownTokenProviderError"),
    *("UnseekableStreamError", "UnsupportedOutpostResourceError", "UnsupportedS3AccesspointConfigurationError"),
    *("UnsupportedS3ArnError", "UnsupportedS3ConfigurationError", "UnsupportedS3ControlArnError"),
    *("UnsupportedS3ControlConfigurationError", "UnsupportedServiceProtocolsError"),
    *("UnsupportedSignatureVersionError", "ValidationError", "WaiterConfigError", "WaiterError"),
}


def drivers_codes() -> Iterator[str]:
    """Yield every error code that botocore and s3fs know of S3."""
    session = botocore.session.Session()
    for shape in session.get_service_model("s3").error_shapes:
        yield shape.metadata.get("error", {}).get("code", shape.name)
    yield from TransientRetryableChecker._TRANSIENT_ERROR_CODES  # noqa: SLF001 - the list that botocore keeps
    yield from map(str, TransientRetryableChecker._TRANSIENT_STATUS_CODES)  # noqa: SLF001 - likewise
    yield from ThrottledRetryableChecker._THROTTLED_ERROR_CODES  # noqa: SLF001 - likewise
    yield from ERROR_CODE_TO_EXCEPTION
    retried = session.get_component("data_loader").load_data("_retry")
    for kept in json.dumps([retried["definitions"], retried["retry"]["s3"]]).split('"service_error_code": "')[1:]:
        yield kept.split('"')[0]
    yield from (
        str(one["applies_when"]["response"]["http_status_code"])
        for name, one in retried["definitions"].items()
        if "service_error_code" not in json.dumps(one) and "response" in one["applies_when"]
    )


def drivers_classes() -> dict[str, type[Exception]]:
    """Return every exception of botocore by its name."""
    found = inspect.getmembers(driver, inspect.isclass)
    return {
        name: kind
        for name, kind in found
        if kind.__module__ == driver.__name__ and issubclass(kind, Exception) and not issubclass(kind, Warning)
    }


def refused(code: str, status: int = 400, message: str = "because") -> ClientError:
    """Return botocore's error for a server's answer."""
    answer = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, "PutObject")


def test_every_code_that_the_drivers_know_is_decided() -> None:
    assert not TRANSIENT_CODES & PERMANENT_CODES
    assert set(drivers_codes()) == TRANSIENT_CODES | PERMANENT_CODES


def test_every_class_of_botocore_is_decided() -> None:
    assert not TRANSIENT_CLASSES & PERMANENT_CLASSES
    assert set(drivers_classes()) == TRANSIENT_CLASSES | PERMANENT_CLASSES


@pytest.mark.parametrize("code", sorted(TRANSIENT_CODES | PERMANENT_CODES))
def test_a_code_becomes_what_was_decided_and_says_what_where_next(code: str) -> None:
    error = s3_error(translate_boto_error(refused(code)), "writing", WHERE)
    assert isinstance(error, TransientError if code in TRANSIENT_CODES else PermanentError)
    assert str(error).startswith(f"writing {WHERE}: because ({code}); ")


@pytest.mark.parametrize("name", sorted(TRANSIENT_CLASSES | PERMANENT_CLASSES))
def test_a_class_of_botocore_becomes_what_was_decided(name: str) -> None:
    kind = drivers_classes()[name]
    error = s3_error(kind.__new__(kind), "writing", WHERE)
    assert isinstance(error, TransientError if name in TRANSIENT_CLASSES else PermanentError)
    assert f"writing {WHERE}: {name}; " in str(error)


@pytest.mark.parametrize("code", sorted(errno.errorcode))
def test_every_errno_becomes_what_it_is_for_a_disk(code: int) -> None:
    error = s3_error(OSError(code, os.strerror(code)), "reading", WHERE)
    assert isinstance(error, DestinationUnavailableError if code in UNAVAILABLE else DestinationError)


@pytest.mark.parametrize(
    "error",
    [
        aiohttp.ClientPayloadError("cut"),
        aiohttp.ServerDisconnectedError(),
        TimeoutError(),
        FSTimeoutError(),
        ResponseParserError("no XML"),
        refused("NobodyKnowsIt", 500),
    ],
)
def test_a_broken_connection_or_server_is_worth_a_retry(error: Exception) -> None:
    assert isinstance(s3_error(error, "reading", WHERE), DestinationUnavailableError)


def test_an_answer_that_nobody_knows_is_permanent_unless_the_server_is_to_blame() -> None:
    assert isinstance(s3_error(refused("NobodyKnowsIt", 403), "reading", WHERE), DestinationError)


def test_a_condition_that_failed_is_known_through_all_that_s3fs_wraps_around_it() -> None:
    expired = FileExpired(filename="x", e_tag="y")
    expired.__cause__ = translate_boto_error(refused("PreconditionFailed", 412))
    assert isinstance(s3_error(expired, "reading", WHERE), OvertakenError)


def test_what_is_not_there_has_a_class_of_its_own() -> None:
    assert isinstance(s3_error(translate_boto_error(refused("NoSuchKey")), "reading", WHERE), AbsentError)
    assert isinstance(s3_error(FileNotFoundError("bucket/key"), "reading", WHERE), AbsentError)
    assert isinstance(s3_error(translate_boto_error(refused("NoSuchUpload")), "aborting", WHERE), UploadGoneError)


def test_no_code_is_decided_twice() -> None:
    assert not NOT_NOW & EXPIRED
    assert not (NOT_NOW | EXPIRED) & set(ADVICE)


def test_ours_pass_unchanged_and_others_are_chained() -> None:
    with pytest.raises(DestinationError, match=r"^ours$"), s3_errors("reading", WHERE):
        raise DestinationError("ours")
    with pytest.raises(DestinationError) as caught, s3_errors("reading", WHERE):
        raise KeyError
    assert isinstance(caught.value.__cause__, KeyError)


def test_the_advice_names_a_page_that_exists() -> None:
    assert "docs/published-files.md" in ADVICE["AccessDenied"]
    assert (Path(__file__).parents[2] / "docs/published-files.md").is_file()
