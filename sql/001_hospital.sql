-- The hospital, the people in it, and what it offers.

CREATE EXTENSION IF NOT EXISTS btree_gist;

-- One row: how this hospital keeps its time.
CREATE TABLE hospital (
    id                    smallint PRIMARY KEY DEFAULT 1,
    name                  text     NOT NULL DEFAULT 'Hospital',
    time_zone             text     NOT NULL DEFAULT 'Asia/Seoul',
    opens_at              time     NOT NULL DEFAULT '09:00',
    closes_at             time     NOT NULL DEFAULT '18:00',
    lunch_start           time     NOT NULL DEFAULT '12:00',
    lunch_end             time     NOT NULL DEFAULT '13:00',
    min_notice_minutes    integer  NOT NULL DEFAULT 0,
    max_days_ahead        integer  NOT NULL DEFAULT 180,
    cancel_notice_minutes integer  NOT NULL DEFAULT 0,
    CONSTRAINT hospital_is_one        CHECK (id = 1),
    CONSTRAINT hospital_on_the_quarter_hour
        CHECK (0 = ALL (ARRAY[extract(epoch FROM opens_at)::integer % 900,
                              extract(epoch FROM closes_at)::integer % 900,
                              extract(epoch FROM lunch_start)::integer % 900,
                              extract(epoch FROM lunch_end)::integer % 900])),
    CONSTRAINT hospital_opens_first   CHECK (opens_at < closes_at),
    CONSTRAINT hospital_lunch_in_order CHECK (lunch_start <= lunch_end),
    CONSTRAINT hospital_notices_within_a_year
        CHECK (min_notice_minutes BETWEEN 0 AND 525600
               AND cancel_notice_minutes BETWEEN 0 AND 525600),
    CONSTRAINT hospital_looks_ahead CHECK (max_days_ahead BETWEEN 0 AND 3660)
);

INSERT INTO hospital DEFAULT VALUES;

-- The hospital's wall clock.
CREATE FUNCTION hospital_now() RETURNS timestamp
LANGUAGE sql STABLE
RETURN (SELECT now() AT TIME ZONE time_zone FROM hospital);

-- A local time as the API writes it: RFC 3339 with the offset that the zone has at that time.
CREATE FUNCTION local_text(local timestamp, zone text) RETURNS text
LANGUAGE sql STABLE
RETURN to_char(local, 'YYYY-MM-DD"T"HH24:MI:SS')
    || CASE WHEN local < local AT TIME ZONE zone AT TIME ZONE 'UTC' THEN '-' ELSE '+' END
    || to_char(greatest(local - (local AT TIME ZONE zone AT TIME ZONE 'UTC'),
                        (local AT TIME ZONE zone AT TIME ZONE 'UTC') - local), 'HH24:MI');

CREATE TABLE doctor (
    id         bigint  PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    name       text    NOT NULL,
    department text    NOT NULL,
    is_active  boolean NOT NULL DEFAULT true
);

CREATE TABLE treatment (
    id               bigint  PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    name             text    NOT NULL,
    duration_minutes integer NOT NULL,
    price            bigint  NOT NULL,
    description      text,
    is_active        boolean NOT NULL DEFAULT true,
    CONSTRAINT treatment_takes_half_an_hour CHECK (duration_minutes BETWEEN 30 AND 1440),
    CONSTRAINT treatment_price_not_negative CHECK (price >= 0)
);

CREATE UNIQUE INDEX treatment_name_once ON treatment (name) WHERE is_active;

-- A half-hour in which the hospital takes up to max_capacity people: on every day, or, with a
-- day_of_week (ISO: 1 is Monday), on that weekday, where it replaces the every-day row.
CREATE TABLE hospital_slot (
    id           bigint   PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    start_time   time     NOT NULL,
    end_time     time     NOT NULL,
    max_capacity integer  NOT NULL,
    day_of_week  smallint,
    is_active    boolean  NOT NULL DEFAULT true,
    CONSTRAINT hospital_slot_once UNIQUE NULLS NOT DISTINCT (start_time, day_of_week),
    CONSTRAINT hospital_slot_on_the_half_hour
        CHECK (extract(minute FROM start_time) IN (0, 30) AND extract(second FROM start_time) = 0),
    CONSTRAINT hospital_slot_takes_half_an_hour
        CHECK (end_time - start_time = interval '30 minutes'),
    CONSTRAINT hospital_slot_holds_somebody CHECK (max_capacity >= 1),
    CONSTRAINT hospital_slot_on_a_weekday   CHECK (day_of_week BETWEEN 1 AND 7)
);

CREATE TABLE patient (
    id            bigint      PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    name          text        NOT NULL,
    phone         text        NOT NULL,
    password_hash text,       -- NULL: cannot log in
    created_at    timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT patient_phone_once        UNIQUE (phone),
    CONSTRAINT patient_phone_normal_form CHECK (phone ~ '^[+]?[0-9]{7,15}$')
);

CREATE TYPE staff_role AS ENUM ('viewer', 'desk', 'admin');

CREATE TABLE staff (
    id            bigint     PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    name          text       NOT NULL,
    email         text       NOT NULL,
    role          staff_role NOT NULL,
    password_hash text       NOT NULL,
    is_active     boolean    NOT NULL DEFAULT true,
    CONSTRAINT staff_email_once       UNIQUE (email),
    CONSTRAINT staff_email_lower_case CHECK (email = lower(email))
);
