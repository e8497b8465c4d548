-- From the segments of the names; levels as lists, then counted.
WITH item AS (SELECT id, evidenceLevel, molecularProfile.parsedName AS s FROM evidenceItems
              WHERE status = 'ACCEPTED' AND evidenceType = 'PREDICTIVE'),
feature AS (SELECT id, evidenceLevel, unnest(CASE s[i].featureType WHEN 'GENE' THEN [s[i].name]
                                                  ELSE [s[i].featureInstance.fivePrimeGene.name, s[i].featureInstance.threePrimeGene.name] END) AS gene
            FROM (SELECT *, unnest(generate_series(1, len(s))) AS i FROM item)
            WHERE s[i].__typename = 'Feature' AND NOT coalesce(s[i - 1].text LIKE '%NOT', false)),
gene AS (SELECT gene, list(evidenceLevel) AS levels FROM (SELECT DISTINCT id, evidenceLevel, gene FROM feature WHERE gene IS NOT NULL) GROUP BY gene)
SELECT gene, len([l FOR l IN levels IF l = 'A']) AS a, len([l FOR l IN levels IF l = 'B']) AS b, len([l FOR l IN levels IF l = 'C']) AS c,
       len([l FOR l IN levels IF l = 'D']) AS d, len([l FOR l IN levels IF l = 'E']) AS e, len(levels) AS items
FROM gene
ORDER BY items DESC, gene;
