-- The source tables of a network monitoring system, as deployed: what the exports read out of the box.
-- Real systems keep no CHECK on severity, confidence or risk_score: what is out of range arrives, and is reported.

CREATE TABLE IF NOT EXISTS devices (
    id integer PRIMARY KEY,
    name varchar(255),
    ip_address varchar(45),
    description text,
    created_at timestamp,
    updated_at timestamp
);

CREATE TABLE IF NOT EXISTS log_entries (
    id integer PRIMARY KEY,
    device_id integer REFERENCES devices (id),
    device_ip varchar(45),
    "timestamp" timestamp,           -- naive, UTC
    log_level varchar(50),           -- a syslog word, in any case
    process_name varchar(128),
    message text NOT NULL,
    raw_message text,
    structured_data json,
    pushed_to_ai boolean DEFAULT false,
    pushed_at timestamp,
    push_attempts integer DEFAULT 0,
    last_push_error text
);

CREATE INDEX IF NOT EXISTS log_entries_timestamp_idx ON log_entries ("timestamp");
CREATE INDEX IF NOT EXISTS log_entries_device_id_idx ON log_entries (device_id);
CREATE INDEX IF NOT EXISTS log_entries_log_level_idx ON log_entries (log_level);
CREATE INDEX IF NOT EXISTS log_entries_process_name_idx ON log_entries (process_name);

CREATE TABLE IF NOT EXISTS anomaly_records (
    id serial PRIMARY KEY,
    log_entry_id integer REFERENCES log_entries (id),
    device_id integer,
    "timestamp" timestamp,           -- naive, UTC
    anomaly_type varchar(50),
    severity integer,                -- 1-5, 5 is worst
    confidence double precision,     -- 0-1
    description text,
    metadata jsonb,
    status varchar(20) DEFAULT 'new', -- new, acknowledged, resolved, false_positive
    created_at timestamp,
    updated_at timestamp
);

CREATE INDEX IF NOT EXISTS anomaly_records_timestamp_idx ON anomaly_records ("timestamp");

CREATE TABLE IF NOT EXISTS ip_addresses (
    address inet PRIMARY KEY,
    first_seen timestamptz,
    last_seen timestamptz,
    risk_score numeric(5, 2),        -- 0-100
    country char(2),
    tags text[],
    request_count bigint
);

CREATE INDEX IF NOT EXISTS ip_addresses_first_seen_idx ON ip_addresses (first_seen);
