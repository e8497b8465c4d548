"""Makes the eight official release files from the API by the server's own rules, and compares them with files of
civic-etl byte for byte.

    releases.py ENDPOINT FOLDER

It shares no code with civic-etl: it asks plain GraphQL, joins in memory and quotes by itself. It prints each
difference and ends with status 1 if there is one. The last line of its output counts what each rule decided.
"""

import json
import pathlib
import re
import sys
import urllib.request
from collections import Counter, defaultdict

LINK = "https://civicdb.org/links/"
decided = Counter()


class API:
    def __init__(self, endpoint):
        self.endpoint = endpoint

    def ask(self, query):
        request = urllib.request.Request(
            self.endpoint, json.dumps({"query": query}).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request) as response:
            answer = json.load(response)
        if answer.get("errors"):
            sys.exit(f"{query}\n{answer['errors']}")
        return answer["data"]

    def list(self, connection, fields, args="", size=100):
        """All nodes of a connection, page after page."""
        nodes, after = [], ""
        while True:
            page = self.ask(
                f"{{ {connection}(first: {size} {after} {args}) {{ pageInfo {{ endCursor hasNextPage }} "
                f"nodes {{ {fields} }} }} }}"
            )[connection]
            nodes += page["nodes"]
            if not page["pageInfo"]["hasNextPage"]:
                return nodes
            after = f'after: "{page["pageInfo"]["endCursor"]}"'

    def nested(self, single, id, connection, first):
        """Ids of a nested connection, whose first page is there."""
        ids, page = [n["id"] for n in first["nodes"]], first
        while page["pageInfo"]["hasNextPage"]:
            page = self.ask(
                f'{{ {single}(id: {id}) {{ {connection}(first: 100, after: "{page["pageInfo"]["endCursor"]}") '
                f"{{ pageInfo {{ endCursor hasNextPage }} nodes {{ id }} }} }} }}"
            )[single][connection]
            ids += [n["id"] for n in page["nodes"]]
        return ids


SPECIAL = {
    "SENSITIVITYRESPONSE": "Sensitivity/Response",
    "NA": "N/A",
    "PUBMED": "PubMed",
    "ASCO": "ASCO",
    "ASH": "ASH",
    "GAIN_OF_FUNCTION": "Gain of Function",
    "LOSS_OF_FUNCTION": "Loss of Function",
    "GRCH37": "GRCh37",
    "GRCH38": "GRCh38",
    "NCBI36": "NCBI36",
}


def label(name):
    if name is None:
        return None
    return SPECIAL.get(name) or " ".join(word.capitalize() for word in name.split("_"))


def amp(name):
    if name is None or name == "NA":
        return name and "Not Applicable"
    tier = re.fullmatch(r"TIER_(I+V?)(?:_LEVEL_([A-D]))?", name)
    return f"Tier {tier[1]}" + (f" - Level {tier[2]}" if tier[2] else "")


def at(value, *path):
    for key in path:
        value = None if value is None else value.get(key)
    return value


def names(values, key="name"):
    return ",".join(v[key] for v in values or [] if v[key] is not None)


def newest(node, *paths):
    times = [t for t in (at(node, *path.split(".")) for path in paths) if t]
    return re.sub(r"T(.{8}).*", r" \1 UTC", max(times)) if times else None


SPACE = re.compile("[ \t-\r\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+")


def field(value):
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = SPACE.sub(" ", str(value)).strip(" ")
    if re.search('[\t\r\n"]', text):
        return '"' + text.replace('"', '""') + '"'
    return text


def link(kind, id):
    return f"{LINK}{kind}/{id}"


EVENTS = (
    "submissionEvent { createdAt } acceptanceEvent { createdAt } rejectionEvent { createdAt } "
    "lastAcceptedRevisionEvent { createdAt }"
)
EVENT_PATHS = (
    "submissionEvent.createdAt",
    "acceptanceEvent.createdAt",
    "rejectionEvent.createdAt",
    "lastAcceptedRevisionEvent.createdAt",
)


def by_id(nodes):
    return sorted(nodes, key=lambda n: n["id"])


def evidence(items, statuses):
    for e in by_id(items):
        if e["status"] not in statuses:
            continue
        source = e["source"]
        yield {
            "molecular_profile": e["molecularProfile"]["name"],
            "molecular_profile_id": e["molecularProfile"]["id"],
            "disease": at(e, "disease", "name"),
            "doid": at(e, "disease", "doid"),
            "phenotypes": names(e["phenotypes"]),
            "therapies": names(e["therapies"]),
            "therapy_interaction_type": label(e["therapyInteractionType"]),
            "evidence_type": label(e["evidenceType"]),
            "evidence_direction": label(e["evidenceDirection"]),
            "evidence_level": e["evidenceLevel"],
            "significance": label(e["significance"]),
            "evidence_statement": e["description"],
            "citation_id": source["citationId"],
            "source_type": label(source["sourceType"]),
            "asco_abstract_id": source["ascoAbstractId"],
            "citation": source["citation"],
            "nct_ids": names(source["clinicalTrials"], "nctId"),
            "rating": e["evidenceRating"],
            "evidence_status": e["status"].lower(),
            "evidence_id": e["id"],
            "variant_origin": label(e["variantOrigin"]),
            "last_review_date": newest(e, *EVENT_PATHS),
            "evidence_civic_url": link("evidence_items", e["id"]),
            "molecular_profile_civic_url": link("molecular_profiles", e["molecularProfile"]["id"]),
            "is_flagged": e["flagged"],
        }


def assertions(list, statuses):
    for a in by_id(list):
        if a["status"] not in statuses:
            continue
        items = [e["id"] for e in a["evidenceItems"]]
        yield {
            "molecular_profile": at(a, "molecularProfile", "name"),
            "molecular_profile_id": at(a, "molecularProfile", "id"),
            "disease": at(a, "disease", "name"),
            "doid": at(a, "disease", "doid"),
            "phenotypes": names(a["phenotypes"]),
            "therapies": names(a["therapies"]),
            "assertion_type": label(a["assertionType"]),
            "assertion_direction": label(a["assertionDirection"]),
            "significance": label(a["significance"]),
            "acmg_codes": names(a["acmgCodes"], "code"),
            "amp_category": amp(a["ampLevel"]),
            "clingen_codes": names(a["clingenCodes"], "code"),
            "nccn_guideline": at(a, "nccnGuideline", "name"),
            "nccn_guideline_version": a["nccnGuidelineVersion"],
            "regulatory_approval": a["regulatoryApproval"],
            "fda_companion_test": a["fdaCompanionTest"],
            "assertion_summary": a["summary"],
            "assertion_description": a["description"],
            "assertion_id": a["id"],
            "evidence_item_ids": ",".join(map(str, items)),
            "last_review_date": newest(a, *EVENT_PATHS),
            "assertion_civic_url": link("assertions", a["id"]),
            "evidence_items_civic_url": ",".join(link("evidence_items", i) for i in items),
            "molecular_profile_civic_url": link("molecular_profiles", at(a, "molecularProfile", "id")),
            "is_flagged": a["flagged"],
        }


def features(api, items):
    used = {v["feature"]["id"] for e in items for v in e["molecularProfile"]["variants"]}
    fusion = "fivePrimePartnerStatus threePrimePartnerStatus fivePrimeGene { id name entrezId } threePrimeGene { id name entrezId }"
    fields = (
        "id featureType name featureAliases description flagged creationActivity { createdAt } "
        "lastAcceptedRevisionEvent { createdAt } "
        f"featureInstance {{ __typename ... on Gene {{ entrezId }} ... on Factor {{ ncitId }} ... on Fusion {{ {fusion} }} }}"
    )
    for connection in ["genes", "factors", "fusions", "regions"]:
        for f in api.list(connection, fields, "evidenceStatusFilter: ALL"):
            if f["id"] not in used:
                decided["features without evidence"] += 1
                continue
            instance = f["featureInstance"]
            yield {
                "feature_id": f["id"],
                "feature_civic_url": link("features", f["id"]),
                "feature_type": label(f["featureType"]),
                "name": f["name"],
                "feature_aliases": ",".join(f["featureAliases"]),
                "description": f["description"],
                "last_review_date": newest(f, "creationActivity.createdAt", "lastAcceptedRevisionEvent.createdAt"),
                "is_flagged": f["flagged"],
                "entrez_id": at(instance, "entrezId"),
                "ncit_id": at(instance, "ncitId"),
                "five_prime_partner_status": label(at(instance, "fivePrimePartnerStatus")),
                "three_prime_partner_status": label(at(instance, "threePrimePartnerStatus")),
                "five_prime_gene_id": at(instance, "fivePrimeGene", "id"),
                "five_prime_gene_name": at(instance, "fivePrimeGene", "name"),
                "five_prime_gene_entrez_id": at(instance, "fivePrimeGene", "entrezId"),
                "three_prime_gene_id": at(instance, "threePrimeGene", "id"),
                "three_prime_gene_name": at(instance, "threePrimeGene", "name"),
                "three_prime_gene_entrez_id": at(instance, "threePrimeGene", "entrezId"),
            }


def variants(api, items, claims, groups):
    accepted = {
        v["id"] for r in items + claims if r["status"] == "ACCEPTED" for v in at(r, "molecularProfile", "variants") or []
    }
    only_claims = accepted - {v["id"] for e in items if e["status"] == "ACCEPTED" for v in e["molecularProfile"]["variants"]}
    decided["variants by an assertion only"] = len(only_claims)
    of = defaultdict(list)
    for g in groups:
        for id in sorted(set(g["variant_ids"])):
            of[id].append(g["name"])
    exon = "exon exonOffset exonOffsetDirection representativeTranscript"
    coordinates = (
        "chromosome start stop referenceBases variantBases representativeTranscript ensemblVersion referenceBuild"
    )
    partners = "fivePrimePartnerStatus threePrimePartnerStatus fivePrimeGene { name } threePrimeGene { name }"
    fields = (
        "id name variantAliases flagged variantTypes { name } singleVariantMolecularProfileId "
        "creationActivity { createdAt } lastAcceptedRevisionEvent { createdAt } "
        f"feature {{ id name featureType featureInstance {{ ... on Gene {{ name entrezId }} ... on Fusion {{ {partners} }} }} }} "
        f"... on GeneVariant {{ coordinates {{ {coordinates} }} hgvsDescriptions alleleRegistryId clinvarIds }} "
        "... on FactorVariant { ncitId } ... on RegionVariant { iscnName } "
        f"... on FusionVariant {{ viccCompliantName fivePrimeEndExonCoordinates {{ {exon} }} "
        f"threePrimeStartExonCoordinates {{ {exon} }} }}"
    )
    lower = lambda name: name and label(name).lower()
    for v in by_id(api.list("variants", fields, size=300)):
        if v["id"] not in accepted:
            decided["variants without accepted"] += 1
            continue
        feature, place = v["feature"], v.get("coordinates")
        instance = feature["featureInstance"]
        five, three = v.get("fivePrimeEndExonCoordinates"), v.get("threePrimeStartExonCoordinates")
        isGene = feature["featureType"] == "GENE"
        decided["variants in several groups"] += len(of[v["id"]]) > 1
        decided["exon transcripts"] += at(five, "representativeTranscript") is not None
        yield {
            "variant_id": v["id"],
            "variant_civic_url": link("variants", v["id"]),
            "feature_type": label(feature["featureType"]),
            "feature_id": feature["id"],
            "feature_name": feature["name"],
            "feature_civic_url": link("features", feature["id"]),
            "variant": v["name"],
            "variant_aliases": ",".join(v["variantAliases"]),
            "is_flagged": v["flagged"],
            "variant_groups": ",".join(of[v["id"]]),
            "variant_types": names(v["variantTypes"]),
            "single_variant_molecular_profile_id": v["singleVariantMolecularProfileId"],
            "last_review_date": newest(v, "creationActivity.createdAt", "lastAcceptedRevisionEvent.createdAt"),
            "gene": at(instance, "name") if isGene else None,
            "entrez_id": at(instance, "entrezId") if isGene else None,
            "chromosome": at(place, "chromosome"),
            "start": at(place, "start"),
            "stop": at(place, "stop"),
            "reference_bases": at(place, "referenceBases"),
            "variant_bases": at(place, "variantBases"),
            "representative_transcript": at(place, "representativeTranscript"),
            "ensembl_version": at(place, "ensemblVersion"),
            "reference_build": label(at(place, "referenceBuild")),
            "hgvs_descriptions": ",".join(v.get("hgvsDescriptions") or []),
            "allele_registry_id": v.get("alleleRegistryId"),
            "clinvar_ids": ",".join(v.get("clinvarIds") or []),
            "ncit_id": v.get("ncitId"),
            "5_prime_partner_status": lower(at(instance, "fivePrimePartnerStatus")),
            "5_prime_partner": at(instance, "fivePrimeGene", "name"),
            "3_prime_partner_status": lower(at(instance, "threePrimePartnerStatus")),
            "3_prime_partner": at(instance, "threePrimeGene", "name"),
            "vicc_compliant_name": v.get("viccCompliantName"),
            "5_prime_transcript": at(five, "representativeTranscript"),
            "5_prime_end_exon": at(five, "exon"),
            "5_prime_exon_offset": at(five, "exonOffset"),
            "5_prime_exon_offset_direction": lower(at(five, "exonOffsetDirection")),
            "3_prime_transcript": at(three, "representativeTranscript"),
            "3_prime_start_exon": at(three, "exon"),
            "3_prime_exon_offset": at(three, "exonOffset"),
            "3_prime_exon_offset_direction": lower(at(three, "exonOffsetDirection")),
            "iscn_name": v.get("iscnName"),
        }


def profiles(api, items, claims):
    def of_profile(records):
        by = defaultdict(dict)
        for r in records:
            if r["molecularProfile"]:
                by[r["molecularProfile"]["id"]][r["id"]] = r["status"]
        return by

    items_of, claims_of = of_profile(items), of_profile(claims)
    page = "pageInfo { endCursor hasNextPage } nodes { id }"
    fields = (
        "id name description molecularProfileScore molecularProfileAliases flagged variants { id } "
        "lastAcceptedRevisionEvent { createdAt } complexMolecularProfileCreationActivity { createdAt } "
        "variantCreationActivity { createdAt } "
        f"evidenceItems(first: 100) {{ {page} }} assertions(first: 100) {{ {page} }}"
    )
    for p in by_id(api.list("molecularProfiles", fields, "evidenceStatusFilter: ALL", size=300)):
        mine, said = items_of[p["id"]], claims_of[p["id"]]
        # The pairs (item, assertion) of which at least one is accepted; without a partner, the other is null.
        pairs = [(i, a) for i in mine or [None] for a in said or [None]]
        kept = [(i, a) for i, a in pairs if mine.get(i) == "ACCEPTED" or said.get(a) == "ACCEPTED"]
        if not kept:
            decided["profiles without accepted"] += 1
            continue
        keep_items, keep_claims = {i for i, _ in kept}, {a for _, a in kept}
        decided["profiles with items of every status"] += any(mine.get(i) == "REJECTED" for i in keep_items)
        decided["profiles with assertions of every status"] += any(said.get(a) == "REJECTED" for a in keep_claims)
        decided["profiles with items left out"] += len(mine) > len(keep_items - {None})

        def ordered(connection, kept, status):
            listed = api.nested("molecularProfile", p["id"], connection, p[connection])
            rejected = sorted(id for id in kept - {None} if status[id] == "REJECTED")
            return [id for id in listed if id in kept] + rejected

        ids, aids = ordered("evidenceItems", keep_items, mine), ordered("assertions", keep_claims, said)
        variant_ids = [v["id"] for v in p["variants"]]
        yield {
            "name": p["name"],
            "molecular_profile_id": p["id"],
            "summary": p["description"],
            "variant_ids": ", ".join(map(str, variant_ids)),
            "variants_civic_url": ", ".join(link("variants", i) for i in variant_ids),
            "evidence_score": float(p["molecularProfileScore"]),
            "evidence_item_ids": ", ".join(map(str, ids)),
            "evidence_items_civic_url": ", ".join(link("evidence_items", i) for i in ids),
            "assertion_ids": ", ".join(map(str, aids)),
            "assertions_civic_url": ", ".join(link("assertions", i) for i in aids),
            "aliases": ", ".join(p["molecularProfileAliases"]),
            "last_review_date": newest(
                p,
                "lastAcceptedRevisionEvent.createdAt",
                "complexMolecularProfileCreationActivity.createdAt",
                "variantCreationActivity.createdAt",
            ),
            "is_flagged": p["flagged"],
        }


def variant_groups(groups):
    for g in by_id(groups):
        yield {
            "variant_group_id": g["id"],
            "variant_group_civic_url": link("variant_groups", g["id"]),
            "variant_group": g["name"],
            "description": g["description"],
            "last_review_date": newest(g, "lastAcceptedRevisionEvent.createdAt"),
            "is_flagged": g["flagged"],
        }


def compare(folder, name, rows):
    rows = list(rows)
    lines = ["\t".join(rows[0])] + ["\t".join(field(v) for v in row.values()) for row in rows]
    want = [line + "\n" for line in lines]
    with open(folder / name / f"{name}.tsv", encoding="utf-8", newline="") as file:
        got = re.findall("[^\n]*\n", file.read())
    if got == want:
        return True
    print(f"{name}: {len(got) - 1} rows, by the rules {len(want) - 1}")
    for mine, theirs in zip(want, got):
        if mine != theirs:
            print(f"  by the rules {mine!r}\n  in the file  {theirs!r}")
            break
    return False


def main(endpoint, folder):
    api, folder = API(endpoint), pathlib.Path(folder)
    profile = "molecularProfile { id name variants { id feature { id } } }"
    common = f"id status flagged {profile} disease {{ name doid }} phenotypes {{ name }} therapies {{ name }} description significance {EVENTS}"
    items = api.list(
        "evidenceItems",
        f"{common} evidenceType evidenceLevel evidenceDirection evidenceRating variantOrigin therapyInteractionType "
        "source { citationId sourceType ascoAbstractId citation clinicalTrials { nctId } }",
        "status: ALL, sortBy: {column: ID, direction: ASC}",
    )
    claims = api.list(
        "assertions",
        f"{common} summary assertionType assertionDirection ampLevel acmgCodes {{ code }} clingenCodes {{ code }} "
        "nccnGuideline { name } nccnGuidelineVersion regulatoryApproval fdaCompanionTest evidenceItems { id }",
        "status: ALL, sortBy: {column: ID, direction: ASC}",
    )
    page = "pageInfo { endCursor hasNextPage } nodes { id }"
    groups = by_id(
        api.list(
            "variantGroups",
            f"id name description flagged lastAcceptedRevisionEvent {{ createdAt }} variants(first: 100) {{ {page} }}",
        )
    )
    for g in groups:
        g["variant_ids"] = api.nested("variantGroup", g["id"], "variants", g["variants"])
        decided["groups beyond a page"] += len(g["variant_ids"]) > 100
    equal = [
        compare(folder, "accepted_clinical_evidence_summaries", evidence(items, ["ACCEPTED"])),
        compare(folder, "accepted_and_submitted_clinical_evidence_summaries", evidence(items, ["ACCEPTED", "SUBMITTED"])),
        compare(folder, "accepted_assertion_summaries", assertions(claims, ["ACCEPTED"])),
        compare(folder, "accepted_and_submitted_assertion_summaries", assertions(claims, ["ACCEPTED", "SUBMITTED"])),
        compare(folder, "feature_summaries", features(api, items)),
        compare(folder, "variant_summaries", variants(api, items, claims, groups)),
        compare(folder, "molecular_profile_summaries", profiles(api, items, claims)),
        compare(folder, "variant_group_summaries", variant_groups(groups)),
    ]
    print(json.dumps(decided))
    return 0 if all(equal) else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
