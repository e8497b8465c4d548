-- The segments of a profile's name, walked by hand: a variant follows its
-- feature, and what stands before the feature ends in NOT where it is unwanted.
WITH item AS (
  SELECT *, molecularProfile.parsedName AS segments FROM evidenceItems
  WHERE status = 'ACCEPTED' AND evidenceType = 'PREDICTIVE' AND evidenceDirection = 'SUPPORTS' AND contains(disease.name, 'Glioma')
),
wanted AS (
  SELECT id FROM (SELECT id, segments, unnest(generate_series(2, len(segments))) AS i FROM item)
  WHERE segments[i].__typename = 'Variant' AND segments[i].name = 'Mutation' AND segments[i - 1].name = 'SYN2'
    AND NOT coalesce(segments[i - 2].text LIKE '%NOT', false)
)
SELECT list_aggregate(list_sort([x.name FOR x IN therapies]), 'string_agg', ' + ') AS regimen,
       label(therapyInteractionType) AS given_as, label(significance) AS significance,
       min(evidenceLevel) AS best_level, CAST(max(evidenceRating) AS INTEGER) AS best_rating, count(*) AS items, array_agg(id ORDER BY id) AS evidence_ids
FROM item SEMI JOIN wanted USING (id)
GROUP BY 1, 2, 3
ORDER BY 4, 5 DESC NULLS LAST, 1, 3;
