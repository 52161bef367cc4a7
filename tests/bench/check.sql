-- Whether the counters agree with the appointments, by another recount than derived.sql's.
\set ON_ERROR_STOP on
\set QUIET on

SELECT count(*) AS counters, sum(compared.standing) AS standing,
       bool_and(compared.booked = compared.standing) AS agree
  FROM slot_day s
  FULL JOIN (SELECT lower(during)::date AS day, lower(during)::time AS start_time,
                    count(*) AS standing
               FROM appointment
              WHERE status <> 'cancelled'
              GROUP BY 1, 2) AS recounted USING (day, start_time)
 CROSS JOIN LATERAL (SELECT coalesce(s.booked, -1) AS booked,
                            coalesce(recounted.standing, 0) AS standing) AS compared \gset

\if :agree
    \echo :counters 'counters agree with' :standing 'appointments that stand'
\else
    \set VERBOSITY terse
    DO 'BEGIN RAISE ''the counters do not agree with the appointments''; END';
\endif
