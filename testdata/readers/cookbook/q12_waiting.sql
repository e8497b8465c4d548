-- Both sides apart, then joined.
WITH f AS (SELECT flaggable AS about, count(*) AS n, min(createdAt) AS first, max(flaggable.name) AS name FROM flags WHERE state = 'OPEN' GROUP BY ALL),
r AS (SELECT subject AS about, count(*) AS n, min(createdAt) AS first FROM revisions WHERE status = 'NEW' GROUP BY ALL)
SELECT coalesce(f.about.__typename, r.about.__typename) AS subject_type, coalesce(f.about.id, r.about.id) AS subject_id,
       coalesce(f.about.name, r.about.name) AS subject, coalesce(f.n, 0) AS open_flags, coalesce(r.n, 0) AS open_revisions,
       CAST(least(f.first, r.first) AS TIMESTAMPTZ) AS waiting_since
FROM f FULL JOIN r ON f.about.__typename = r.about.__typename AND f.about.id = r.about.id
ORDER BY 4 DESC, 5 DESC, 6, 1, 2;
