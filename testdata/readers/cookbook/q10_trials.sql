-- Trial by trial: the items whose source names it.
WITH item AS (SELECT id, evidenceLevel, source.id AS source, [x.nctId FOR x IN source.clinicalTrials] AS trials, [x.name FOR x IN therapies] AS therapies
              FROM evidenceItems WHERE status = 'ACCEPTED' AND evidenceType = 'PREDICTIVE' AND evidenceLevel < 'C'),
trial AS (SELECT DISTINCT unnest(trials) AS nct FROM item)
SELECT nct AS nct_id, count(*) AS items, count(DISTINCT source) AS sources, min(evidenceLevel) AS best_level,
       (SELECT coalesce(list(DISTINCT name ORDER BY name), []) FROM (SELECT unnest(therapies) AS name FROM item WHERE list_contains(trials, nct))) AS therapies
FROM trial JOIN item ON list_contains(trials, nct)
GROUP BY nct
ORDER BY items DESC, nct;
