"""The GraphQL that is sent to a webserver."""

from typing import Final

RUNS: Final = """
query ($filter: RunsFilter!, $cursor: String, $limit: Int!) {
  runsOrError(filter: $filter, cursor: $cursor, limit: $limit) {
    __typename
    ... on Runs {results {runId status creationTime startTime endTime runConfig tags {key value}}}
    ... on PythonError {message}
    ... on InvalidPipelineRunsFilterError {message}
  }
}
"""

EVENTS: Final = """
query ($id: ID!, $cursor: String) {
  runOrError(runId: $id) {... on Run {eventConnection(afterCursor: $cursor, limit: 1000) {
    cursor
    hasMore
    events {
      __typename
      ... on MessageEvent {message}
      ... on ExecutionStepFailureEvent {error {message}}
      ... on DisplayableEvent {metadataEntries {
        label
        ... on JsonMetadataEntry {jsonString}
      }}
    }
  }}}
}
"""

STATUS: Final = "query ($id: ID!) {runOrError(runId: $id) {... on Run {status}}}"

CANCEL: Final = """
mutation ($id: String!) {
  terminateRun(runId: $id) {
    __typename
    ... on TerminateRunFailure {message}
    ... on RunNotFoundError {message}
    ... on UnauthorizedError {message}
    ... on PythonError {message}
  }
}
"""

JOBS: Final = """
{repositoriesOrError {... on RepositoryConnection {nodes {name location {name} jobs {name}}}}}
"""

LAUNCH: Final = """
mutation ($run: ExecutionParams!) {
  launchRun(executionParams: $run) {
    __typename
    ... on LaunchRunSuccess {run {runId}}
    ... on UnauthorizedError {message}
    ... on PythonError {message}
    ... on InvalidSubsetError {message}
    ... on RunConfigValidationInvalid {errors {message}}
    ... on PipelineNotFoundError {message}
  }
}
"""
