WITH a AS (SELECT *, [x.id FOR x IN evidenceItems] AS ids FROM assertions WHERE status = 'ACCEPTED' AND ampLevel ^@ 'TIER_I_')
SELECT 'Tier I - Level ' || ampLevel[-1] AS category, 'AID' || id AS assertion, molecularProfile.name AS molecular_profile, disease.name AS disease,
       label(significance) AS significance,
       len(ids) AS items, len([x FOR x IN evidenceItems IF x.status = 'ACCEPTED']) AS accepted,
       (SELECT min(evidenceLevel) FROM evidenceItems i WHERE i.status = 'ACCEPTED' AND list_contains(ids, i.id)) AS best_level,
       (SELECT CAST(max(evidenceRating) AS INTEGER) FROM evidenceItems i WHERE i.status = 'ACCEPTED' AND list_contains(ids, i.id)) AS best_rating
FROM a
ORDER BY accepted, items, id;
