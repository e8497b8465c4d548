-- The name cut at its own words: what follows NOT is absent. No name of the demo data holds such a word.
WITH counted AS (SELECT molecularProfile.id AS id, count(*) AS items FROM evidenceItems WHERE status = 'ACCEPTED' GROUP BY 1 HAVING items > 1),
part AS (SELECT id, name, items, unnest(string_split_regex(name, ' (AND|OR) ')) AS part, generate_subscripts(string_split_regex(name, ' (AND|OR) '), 1) AS i
         FROM molecularProfiles JOIN counted USING (id) WHERE name LIKE 'NOT %' OR name LIKE '% NOT %')
SELECT id, name, coalesce(list(part ORDER BY i) FILTER (WHERE part NOT LIKE 'NOT %'), []) AS present,
       list(part[5:] ORDER BY i) FILTER (WHERE part LIKE 'NOT %') AS absent, items
FROM part GROUP BY id, name, items
ORDER BY items DESC, id;
