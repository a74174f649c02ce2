create type mood as enum ('ok', 'it''s sad');
create type pair as (a int, b text);
create domain positive as int check (value > 0);
create domain price as numeric(6, 2);
create domain net_price as price check (value >= 0);
create domain numbers as int[];
create schema other;
create type other.date as (year int);
create domain other.int4 as text;
create table every_type (
    a_bool bool, an_int2 int2, an_int4 int4, an_int8 int8, a_float4 float4, a_float8 float8,
    a_numeric numeric, a_decimal numeric(20, 4), a_long_decimal numeric(50, 2), a_rounded_decimal numeric(3, -1),
    a_text text, a_varchar varchar(9), a_char char(3), a_letter "char", a_name name, a_bytea bytea,
    a_date date, a_time time, a_timetz timetz, a_timestamp timestamp, a_timestamptz timestamptz, an_interval interval,
    a_json json, a_jsonb jsonb, a_path_in_json jsonpath,
    an_inet inet, a_cidr cidr, a_macaddr macaddr, a_macaddr8 macaddr8, a_uuid uuid, some_money money,
    an_oid oid, a_class regclass, an_xid8 xid8, a_position pg_lsn, a_bit bit(3), a_varbit bit varying(5),
    a_vector tsvector, a_query tsquery, a_point point, a_line line, a_segment lseg, a_box box, a_path path,
    a_polygon polygon, a_circle circle,
    a_range int4range, a_time_range tstzrange, a_multirange int4multirange,
    an_enum mood, a_composite pair, a_domain positive, a_price net_price, a_list_domain numbers,
    a_misleading_type other.date,
    some_bools bool[], some_numbers int8[], some_floats float8[], some_text text[], some_times timestamptz[],
    some_decimals numeric(5, 2)[], some_addresses inet[], some_moods mood[], some_pairs pair[], some_json jsonb[],
    some_misleading other.int4[],
    a_sum int8 generated always as (an_int8 + 1) stored, a_product int8 generated always as (an_int8 / 2) virtual,
    to_drop int
);
alter table every_type drop column to_drop;
insert into every_type values (
    true, -32768, 7, -9223372036854775807, 1.5, 0.1,
    12345678901234567890123456789012345678901234567890.123, 1234567890.1234, 123456789012345678901234567890.12, 1230,
    'line
 "quoted", ''it''', 'äöü🙂', 'ab', 'x', 'a name', '\x00ff',
    '2026-11-20', '05:00:00.000001', '05:00:00+02', '2026-11-20 05:00:00.123456', '2026-11-20 05:00:00.123456+01',
    '1 year -2 days 03:04:05.000006',
    '{"b": 1.10,  "a": null}', '{"a": [1, null]}', '$.a[*] ? (@ > 1)',
    '10.0.0.1', '10.0.0.0/8', '08:00:2b:01:02:03', '08:00:2b:01:02:03:04:05', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11',
    -12.34, 4294967295, 'log_entries', '18446744073709551615', '16/B374D848', '101', '10101',
    'a fat cat', 'fat & !rat', '(1.5,2)', '{1,2,3}', '[(0,0),(1,1)]', '(1,1),(0,0)', '[(0,0),(1,1),(2,0)]',
    '((0,0),(1,1),(2,0))', '<(0,0),2>',
    '[1,5)', '["2026-11-20 00:00+00",)', '{[1,3),[5,8)}',
    'it''s sad', row (1, 'a "b", c'), 5, 12.34, '{1,2}',
    row (2026),
    '{t,f,NULL}', '{1,-9223372036854775808,NULL}', '{NaN,-Infinity,1e300}', '{a,NULL,""}', '{"2026-11-20 05:00+00"}',
    '{1.10,NULL}', '{10.0.0.1,10.0.0.0/8}', '{ok,"it''s sad"}', array[row (1, 'x')::pair], array['{"a": 1}'::jsonb],
    '{12,"a b"}'
);
insert into every_type
    (a_bool, an_int4, an_int8, a_float8, a_float4, a_text, a_varchar, some_text, some_numbers, a_range, a_numeric)
values (false, 8, 0, 'NaN', '-Infinity', '', 'null', '{}', '{}', 'empty', 'NaN');
insert into every_type (a_bool) values (null);
