-- The years as they stand in the moment's text; each cell counted by itself.
WITH item AS (SELECT CAST(CAST(acceptanceEvent.createdAt AS VARCHAR)[1:4] AS INTEGER) AS y, evidenceLevel AS l FROM evidenceItems WHERE status = 'ACCEPTED')
SELECT y AS accepted_in,
       (SELECT count(*) FROM item i WHERE i.y = years.y AND l = 'A') AS a, (SELECT count(*) FROM item i WHERE i.y = years.y AND l = 'B') AS b,
       (SELECT count(*) FROM item i WHERE i.y = years.y AND l = 'C') AS c, (SELECT count(*) FROM item i WHERE i.y = years.y AND l = 'D') AS d,
       (SELECT count(*) FROM item i WHERE i.y = years.y AND l = 'E') AS e, (SELECT count(*) FROM item i WHERE i.y = years.y) AS items,
       (SELECT count(*) FROM item i WHERE i.y <= years.y) AS so_far
FROM (SELECT DISTINCT y FROM item) years
ORDER BY y DESC;
