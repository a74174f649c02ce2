-- Removes what finished runs logged more than :days days ago: steps, log lines, engine events.
-- Every run and how it ended stays, and so does every event of an asset: materializations, checks, observations.
-- docs/operations.md, "Prune".
BEGIN;

DELETE FROM event_logs AS event
USING runs AS run
WHERE event.run_id = run.run_id
  AND run.status IN ('SUCCESS', 'FAILURE', 'CANCELED')
  AND run.update_timestamp < now() AT TIME ZONE 'UTC' - make_interval(days => :days)
  AND (event.dagster_event_type IS NULL OR event.dagster_event_type NOT SIMILAR TO '(PIPELINE|ASSET)\_%');

COMMIT;

VACUUM (ANALYZE) event_logs;
