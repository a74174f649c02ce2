"""A private PostgreSQL for trying things out and for the tests, and the generated sample data that fills it.

Two halves that meet only in a connection URL:

* the server: `server` (start, join, stop) over `home` (the folder on disk), `cluster` (initdb, command line),
  `guardian` and `lifeline` (it dies with its owner), `binaries` and `account` (what runs, and as whom);
* the sample: `source_tables` (the tables), `sample` (all rows of one seed), `sample_logs` and its neighbours.

Production talks to a server of its own and needs nothing from here. This package imports only `errors`.
"""
