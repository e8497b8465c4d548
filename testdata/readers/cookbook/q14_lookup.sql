-- The texts of HGVS as they are, with whatever stands around them.
WITH wanted AS (SELECT id, feature.name || ' ' || name AS variant_name, alleleRegistryId FROM variants
                WHERE alleleRegistryId = 'CA9000024' OR len([h FOR h IN hgvsDescriptions IF contains(h, 'NM_004333.4:c.1799T>A') OR contains(h, 'NC_000007.14:g.140753336A>T')]) > 0),
named AS (SELECT id, molecularProfile.name AS profile, evidenceLevel, significance, disease.name AS disease, molecularProfile.parsedName AS s
          FROM evidenceItems WHERE status = 'ACCEPTED'),
about AS (SELECT *, s[i].id AS variant FROM (SELECT *, unnest(generate_series(2, len(s))) AS i FROM named)
          WHERE s[i].__typename = 'Variant' AND NOT coalesce(s[i - 2].text LIKE '%NOT', false))
SELECT about.id AS evidence_id, variant_name AS variant, CASE WHEN alleleRegistryId LIKE 'CA%' THEN alleleRegistryId END AS allele_registry_id,
       evidenceLevel AS evidence_level, label(significance) AS significance, disease
FROM wanted JOIN about ON about.variant = wanted.id
ORDER BY evidence_level, evidence_id;
