-- All places first, then the evidence of their variants.
WITH accession(accession, chromosome) AS (VALUES ('NC_000001.10', '1'), ('NC_000002.11', '2'), ('NC_000003.11', '3'), ('NC_000004.11', '4'), ('NC_000005.9', '5'), ('NC_000006.11', '6'), ('NC_000007.13', '7'), ('NC_000008.10', '8'),
    ('NC_000009.11', '9'), ('NC_000010.10', '10'), ('NC_000011.9', '11'), ('NC_000012.11', '12'), ('NC_000013.10', '13'), ('NC_000014.8', '14'), ('NC_000015.9', '15'), ('NC_000016.9', '16'),
    ('NC_000017.10', '17'), ('NC_000018.9', '18'), ('NC_000019.9', '19'), ('NC_000020.10', '20'), ('NC_000021.8', '21'), ('NC_000022.10', '22'), ('NC_000023.10', 'X'), ('NC_000024.9', 'Y')),
described AS (
  SELECT id, split_part(hgvs, ':', 1) AS accession, [CAST(n AS BIGINT) FOR n IN regexp_extract_all(split_part(hgvs, ':g.', 2), '[0-9]+')] AS numbers
  FROM (SELECT id, regexp_replace(unnest(hgvsDescriptions), '^[\s\x{a0}]+|[\s\x{a0}]+$', '', 'g') AS hgvs FROM variants)),
placed AS (
  SELECT id, chromosome, start, stop FROM (
    SELECT id, unnest([coordinates, fivePrimeCoordinates, threePrimeCoordinates, fivePrimeStartExonCoordinates, fivePrimeEndExonCoordinates, threePrimeStartExonCoordinates, threePrimeEndExonCoordinates], recursive := true) FROM variants)
  WHERE referenceBuild = 'GRCH37'
  UNION ALL
  SELECT id, chromosome, numbers[1], numbers[-1] FROM described JOIN accession USING (accession)),
named AS (SELECT id, molecularProfile.name AS profile, evidenceLevel, significance, disease.name AS disease, molecularProfile.parsedName AS s
          FROM evidenceItems WHERE status = 'ACCEPTED'),
about AS (SELECT *, s[i].id AS variant FROM (SELECT *, unnest(generate_series(2, len(s))) AS i FROM named)
          WHERE s[i].__typename = 'Variant' AND NOT coalesce(s[i - 2].text LIKE '%NOT', false))
SELECT about.id AS evidence_id, profile AS molecular_profile, min(start) AS start, max(stop) AS stop, evidenceLevel AS evidence_level,
       label(significance) AS significance, disease
FROM placed JOIN about ON about.variant = placed.id
WHERE chromosome = '7' AND NOT (stop < 55086714 OR start > 55324313)
GROUP BY ALL
ORDER BY evidence_level, evidence_id;
