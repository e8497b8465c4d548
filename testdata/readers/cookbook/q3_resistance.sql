WITH item AS (
  SELECT * FROM evidenceItems
  WHERE status = 'ACCEPTED' AND evidenceDirection = 'SUPPORTS' AND list_contains([x.name FOR x IN therapies], 'Demociclib-486')
),
profile AS (
  SELECT molecularProfile.id AS id, any_value(molecularProfile.name) AS name, list(significance) AS said,
         list_min([x[2] FOR x IN list([significance, evidenceLevel]) IF x[1] = 'RESISTANCE' OR x[1] = 'REDUCED_SENSITIVITY']) AS best_resist,
         list_sort(list_distinct(list(disease.name))) AS diseases
  FROM item GROUP BY 1
)
SELECT id AS molecular_profile_id, name AS molecular_profile,
       len([s FOR s IN said IF s = 'RESISTANCE' OR s = 'REDUCED_SENSITIVITY']) AS resist,
       len([s FOR s IN said IF s = 'SENSITIVITYRESPONSE']) AS respond, best_resist, diseases
FROM profile WHERE resist > 0
ORDER BY resist DESC, best_resist, id;
