-- Accessions of GRCh38 by name, positions as the numbers after "g.".
WITH described AS (SELECT id, name, feature, singleVariantMolecularProfileId AS profile, unnest(hgvsDescriptions) AS hgvs FROM variants),
placed AS (SELECT *, CASE split_part(hgvs, ':', 1) WHEN 'NC_000001.11' THEN 'chr1' WHEN 'NC_000007.14' THEN 'chr7' WHEN 'NC_000017.11' THEN 'chr17'
                     WHEN 'NC_000023.11' THEN 'chrX' END AS chrom,
                  [CAST(n AS BIGINT) FOR n IN regexp_extract_all(split_part(hgvs, ':g.', 2), '[0-9]+')] AS numbers
           FROM described),
counted AS (SELECT molecularProfile.id AS profile, count(*) AS items FROM evidenceItems WHERE status = 'ACCEPTED' GROUP BY 1)
SELECT chrom, numbers[1] - 1 AS chrom_start, numbers[-1] AS chrom_end, feature.name || ' ' || name AS name, items AS score, '.' AS strand
FROM placed JOIN counted USING (profile)
WHERE chrom IS NOT NULL
ORDER BY chrom, chrom_start, chrom_end, id;
