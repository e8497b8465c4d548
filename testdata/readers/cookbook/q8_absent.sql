-- The name cut at its own words: what follows NOT is absent. No name of the demo data holds such a word or parentheses.
WITH counted AS (SELECT molecularProfile.id AS id, count(*) AS items FROM evidenceItems WHERE status = 'ACCEPTED' GROUP BY 1 HAVING items > 1),
named AS (SELECT id, name, items, string_split_regex(replace(replace(name, '( ', ''), ' )', ''), ' (AND|OR) ') AS parts FROM molecularProfiles JOIN counted USING (id)
          WHERE (name LIKE 'NOT %' OR name LIKE '% NOT %')),
part AS (SELECT id, name, items, unnest(parts) AS part, generate_subscripts(parts, 1) AS i FROM named)
SELECT id, name, coalesce(list(part ORDER BY i) FILTER (WHERE part NOT LIKE 'NOT %'), []) AS present,
       list(part[5:] ORDER BY i) FILTER (WHERE part LIKE 'NOT %') AS absent, items
FROM part GROUP BY id, name, items
ORDER BY items DESC, id;
