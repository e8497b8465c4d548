-- From the assertions' side: each names the evidence it rests on.
WITH item AS (SELECT id, source FROM evidenceItems WHERE status = 'ACCEPTED' AND starts_with(source.retractionNature, 'Retract')),
link AS (SELECT id AS assertion, unnest([x.id FOR x IN evidenceItems]) AS item FROM assertions WHERE status = 'ACCEPTED')
SELECT source.id AS source_id, source.citation AS citation, source.retractionNature AS retraction, array_agg(id ORDER BY id) AS evidence_ids,
       list_sort(list_distinct(flatten(array_agg(coalesce((SELECT array_agg(assertion) FROM link WHERE link.item = i.id), []))))) AS assertion_ids
FROM item i GROUP BY 1, 2, 3
ORDER BY count(*) DESC, 1;
