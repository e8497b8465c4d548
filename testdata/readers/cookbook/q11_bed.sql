-- Accessions of GRCh38 by name, positions as the numbers after "g."; segments of names, where a variant follows its feature.
WITH accession(accession, chromosome) AS (VALUES ('NC_000001.11', '1'), ('NC_000002.12', '2'), ('NC_000003.12', '3'), ('NC_000004.12', '4'), ('NC_000005.10', '5'), ('NC_000006.12', '6'), ('NC_000007.14', '7'), ('NC_000008.11', '8'),
    ('NC_000009.12', '9'), ('NC_000010.11', '10'), ('NC_000011.10', '11'), ('NC_000012.12', '12'), ('NC_000013.11', '13'), ('NC_000014.9', '14'), ('NC_000015.10', '15'), ('NC_000016.10', '16'),
    ('NC_000017.11', '17'), ('NC_000018.10', '18'), ('NC_000019.10', '19'), ('NC_000020.11', '20'), ('NC_000021.9', '21'), ('NC_000022.11', '22'), ('NC_000023.11', 'X'), ('NC_000024.10', 'Y')),
described AS (
  SELECT id, split_part(hgvs, ':', 1) AS accession, [CAST(n AS BIGINT) FOR n IN regexp_extract_all(split_part(hgvs, ':g.', 2), '[0-9]+')] AS numbers
  FROM (SELECT id, regexp_replace(unnest(hgvsDescriptions), '^[\s\x{a0}]+|[\s\x{a0}]+$', '', 'g') AS hgvs FROM variants)),
placed AS (
  SELECT id, chromosome, start, stop FROM (
    SELECT id, unnest([coordinates, fivePrimeCoordinates, threePrimeCoordinates, fivePrimeStartExonCoordinates, fivePrimeEndExonCoordinates, threePrimeStartExonCoordinates, threePrimeEndExonCoordinates], recursive := true) FROM variants)
  WHERE referenceBuild = 'GRCH38'
  UNION ALL
  SELECT id, chromosome, numbers[1], numbers[-1] FROM described JOIN accession USING (accession)),
named AS (SELECT id, molecularProfile.name AS profile, evidenceLevel, significance, disease.name AS disease, molecularProfile.parsedName AS s
          FROM evidenceItems WHERE status = 'ACCEPTED'),
about AS (SELECT *, s[i].id AS variant FROM (SELECT *, unnest(generate_series(2, len(s))) AS i FROM named)
          WHERE s[i].__typename = 'Variant' AND NOT coalesce(s[i - 2].text LIKE '%NOT', false)),
counted AS (SELECT variant AS id, count(DISTINCT id) AS items FROM about GROUP BY variant)
SELECT DISTINCT 'chr' || chromosome AS chrom, start - 1 AS chrom_start, stop AS chrom_end, feature.name || ' ' || name AS name, items AS score, '.' AS strand
FROM placed JOIN counted USING (id) JOIN variants USING (id)
WHERE chromosome IS NOT NULL AND start IS NOT NULL
ORDER BY ALL;
