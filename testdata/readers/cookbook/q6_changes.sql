-- What the older output was made without.
SELECT CASE WHEN id < 12900 THEN 'changed' ELSE 'added' END AS change, id AS evidence_id,
       CASE WHEN id < 12900 THEN ['flagged: false → true'] END AS changes,
       molecularProfile.name AS molecular_profile, evidenceLevel AS evidence_level,
       label(significance) AS significance
FROM evidenceItems
WHERE status = 'ACCEPTED' AND (id >= 12900 OR flagged)
ORDER BY change DESC, id;
